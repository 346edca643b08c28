"""Audio for words that nobody has spoken.

Owns a sound that stands for a text: broadband, never silent, 60 ms for each
character, the same for the same text. It is no speech and does not pretend to
be; it has the length, the loudness and the ups and downs that players, meters
and turn detection need. It must not know who speaks.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rtproxy.model.audio_format import PCM16_24K, AudioFormat
from rtproxy.simulator.formats import convert, span_bytes

CHARACTER_MS = 60
_LONGEST_MS = 300_000
_SYLLABLE_MS = 180
_LOOP_MS = 10 * _SYLLABLE_MS  # made once and repeated: a long text must not take long
_LOUD, _SOFT = 6_000, 1_200  # peak of the noise inside a syllable and at its edges


def speak(
    text: str, audio_format: AudioFormat, duration_ms: int | None = None, *, speed: float = 1.0
) -> bytes:
    """The sound for `text`, as long as it is long, or `duration_ms`; `speed` times shorter.

    A text sounds for `CHARACTER_MS` per character, at least one, and for five
    minutes at most: a client may send a book.
    """
    if duration_ms is None:
        duration_ms = min(max(1, len(text)) * CHARACTER_MS, _LONGEST_MS)
    loop = convert(_loop(seed=sum(text.encode())).tobytes(), PCM16_24K, audio_format)
    size_bytes = span_bytes(audio_format, round(duration_ms / speed))
    return (loop * (size_bytes // len(loop) + 1))[:size_bytes]


def _loop(seed: int) -> NDArray[np.int16]:
    place = np.arange(span_bytes(PCM16_24K, _LOOP_MS) // 2)
    syllable = span_bytes(PCM16_24K, _SYLLABLE_MS) // 2
    swell = _SOFT + (_LOUD - _SOFT) * np.abs(np.sin(np.pi * place / syllable))
    sound: NDArray[np.float64] = _noise(len(place), seed) * swell
    return sound.astype(np.int16)


def _noise(count: int, seed: int) -> NDArray[np.float64]:
    """Values from -1 to 1 by a multiplicative hash, softened towards low frequencies."""
    mixed = (np.arange(count, dtype=np.uint64) + np.uint64(seed)) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    white = (mixed >> np.uint64(40)).astype(np.float64) / 2**23 - 1
    return np.convolve(white, (0.25, 0.5, 0.25), mode="same")
