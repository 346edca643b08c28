"""What the audio tests share: formats to choose from, and audio in them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from rtproxy import AudioFormat, AudioPath, Encoding
from rtproxy.model.audio_format import CHANNELS, PCM16_24K, RATES_HZ

UPSTREAM = PCM16_24K

formats = st.builds(
    AudioFormat, st.sampled_from(Encoding), st.sampled_from(RATES_HZ), st.sampled_from(CHANNELS)
)


def noise(frames: int, channels: int = 1, seed: int = 7) -> NDArray[np.float32]:
    """White noise that clips now and then, of shape (frames, channels)."""
    dice = np.random.default_rng(seed)
    return (dice.standard_normal((frames, channels)) * 0.4).astype(np.float32)


def audio(form: AudioFormat, ms: float, seed: int = 7) -> bytes:
    """Noise of so many milliseconds, in that format."""
    floats = AudioFormat(Encoding.F32, form.rate_hz, form.channels)
    samples = noise(round(form.rate_hz * ms / 1000), form.channels, seed)
    return AudioPath(floats, form).process(samples)


def in_pieces(path: AudioPath, data: bytes, cuts: list[int]) -> bytes:
    """All that comes of `data`, cut at `cuts`, and of the end."""
    places = sorted({0, *(cut % (len(data) + 1) for cut in cuts), len(data)})
    pieces = [path.process(data[start:end]) for start, end in pairwise(places)]
    return b"".join([*pieces, path.flush()])
