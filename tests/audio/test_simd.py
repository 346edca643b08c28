"""Instruction sets: each does the same, and a limit chooses among them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.streams import audio, formats
from rtproxy import AudioFormat, AudioPath, Encoding
from rtproxy._audio_core import limit_simd, simd

NAMES = ("portable", "avx2", "avx512")


@pytest.fixture(autouse=True)
def _lifted():
    yield
    limit_simd("auto")


def here() -> list[str]:
    limit_simd("auto")
    return list(NAMES[: NAMES.index(simd()) + 1])


def test_a_limit_chooses_and_no_limit_is_the_best():
    best = simd()
    for name in NAMES:
        limit_simd(name)
        assert simd() == min(name, best, key=NAMES.index)
    limit_simd("auto")
    assert simd() == best
    with pytest.raises(ValueError, match='"sse9" are not one of auto, portable, avx2, avx512'):
        limit_simd("sse9")  # type: ignore[arg-type] # that is the fault


@given(formats, formats, st.integers(1, 60))
def test_all_agree(source, target, ms):
    """Within one step of PCM16; in G.711, whose steps are coarse, within one of those."""
    target = AudioFormat(
        Encoding.PCM16 if target.encoding is Encoding.F32 else target.encoding,
        target.rate_hz,
        target.channels,
    )
    data, made = audio(source, ms), []
    for name in here():
        limit_simd(name)  # type: ignore[arg-type] # one of its literals
        path = AudioPath(source, target)
        made.append(linear(path.process(data) + path.flush(), target))
    limit_simd("auto")
    for other in made[1:]:
        apart = np.abs(other - made[0])
        coarse = np.abs(made[0]) / 8 + 16 if target.encoding is not Encoding.PCM16 else 1
        assert (apart <= coarse).all()


def linear(data: bytes, form: AudioFormat) -> np.ndarray:
    pcm16 = AudioFormat(Encoding.PCM16, form.rate_hz, form.channels)
    return np.frombuffer(AudioPath(form, pcm16).process(data), "<i2").astype(np.int32)
