"""Audio formats: base64, G.711 by its definition, and rates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtproxy.model.audio_format import PCM16_24K, AudioFormat
from rtproxy.simulator.errors import Refusal
from rtproxy.simulator.formats import (
    FORMATS,
    convert,
    read_audio,
    span_bytes,
    to_samples,
    wire_format,
    write_audio,
)

ULAW, ALAW = FORMATS["audio/pcmu"], FORMATS["audio/pcma"]


@given(st.binary().filter(lambda audio: len(audio) % 2 == 0))
def test_base64_there_and_back(audio: bytes) -> None:
    assert read_audio(write_audio(audio), PCM16_24K, "audio") == audio


def test_a_byte_of_telephone_audio_is_a_whole_sample() -> None:
    assert read_audio("AA==", ULAW, "audio") == b"\0"
    with pytest.raises(Refusal, match="24kHz"):
        read_audio("AA==", PCM16_24K, "audio")


@pytest.mark.parametrize(
    ("audio_format", "codes"), [(ULAW, b"\x00\x80\xff"), (ALAW, b"\x2a\xaa\xd5")]
)
def test_telephone_audio_is_linear_inside(audio_format: AudioFormat, codes: bytes) -> None:
    lowest, highest, quiet = to_samples(codes, audio_format).tolist()
    assert lowest == -highest < -32_000
    assert 0 <= quiet <= 8


def test_the_same_format_is_not_touched() -> None:
    audio = b"\x01\x02" * 10
    assert convert(audio, PCM16_24K, PCM16_24K) is audio


@pytest.mark.parametrize("telephone", [ULAW, ALAW])
def test_a_converted_recording_keeps_its_length_and_its_place(telephone: AudioFormat) -> None:
    time_s = np.arange(24_000) / 24_000
    tone = (np.sin(2 * np.pi * 300 * time_s) * 8_000).astype("<i2")
    coded = convert(tone.tobytes(), PCM16_24K, telephone)
    assert len(coded) == 8_000
    back = to_samples(convert(coded, telephone, PCM16_24K), PCM16_24K)
    assert len(back) == 24_000
    inside = slice(240, -240)  # a tone that begins and ends at once is no tone there
    error = back[inside].astype(float) - tone[inside]
    assert np.sqrt(np.mean(error**2)) < 400  # half of it is G.711's own


def test_no_audio_stays_no_audio() -> None:
    assert convert(b"", ULAW, PCM16_24K) == b""


def test_the_wire_names_the_rate_of_pcm_only() -> None:
    assert wire_format(PCM16_24K) == {"type": "audio/pcm", "rate": 24_000}
    assert wire_format(ALAW) == {"type": "audio/pcma"}


def test_a_span_ends_with_a_whole_sample() -> None:
    assert span_bytes(PCM16_24K, 0.05) == 2
    assert span_bytes(ULAW, 1) == 8
