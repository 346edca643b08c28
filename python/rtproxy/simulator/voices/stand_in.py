"""Audio for words that nobody has spoken.

Owns a sound that stands for a text: broadband, never silent, 60 ms for each
character, the same for the same text. It is no speech and does not pretend to
be; it has the length, the loudness and the ups and downs that players, meters
and turn detection need.
"""

from __future__ import annotations

import numpy as np

from rtproxy.model.audio_format import PCM16_24K, AudioFormat
from rtproxy.simulator.formats import convert

CHARACTER_MS = 60
_LOUD, _SOFT = 6_000, 1_200  # peak of the noise inside a syllable and at its edges
_SYLLABLE_CHARACTERS = 3


def speak(text: str, audio_format: AudioFormat) -> bytes:
    """The sound for `text`, `CHARACTER_MS` per character, at least one."""
    count = max(1, len(text)) * CHARACTER_MS * PCM16_24K.rate_hz // 1000
    syllable = _SYLLABLE_CHARACTERS * CHARACTER_MS * PCM16_24K.rate_hz // 1000
    place = np.arange(count)
    swell = _SOFT + (_LOUD - _SOFT) * np.abs(np.sin(np.pi * place / syllable))
    samples = (_noise(count, seed=sum(text.encode())) * swell).astype(np.int16)
    return convert(samples.tobytes(), PCM16_24K, audio_format)


def _noise(count: int, seed: int) -> np.typing.NDArray[np.float64]:
    """Values from -1 to 1 by a multiplicative hash, softened towards low frequencies."""
    mixed = (np.arange(count, dtype=np.uint64) + np.uint64(seed)) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    white = (mixed >> np.uint64(40)).astype(np.float64) / 2**23 - 1
    return np.convolve(white, (0.25, 0.5, 0.25), mode="same")
