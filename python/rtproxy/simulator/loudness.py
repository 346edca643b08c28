"""How loud the audio is, every 10 ms.

Owns the cutting into frames and their level in dBFS. Must not know what level
is speech.
"""

from __future__ import annotations

import numpy as np

from rtproxy.model.audio_format import AudioFormat
from rtproxy.simulator.formats import span_bytes, to_samples

FRAME_MS = 10
SILENCE_DB = -96.0  # what digital silence counts as: 16 bits have no lower level


class Loudness:
    """Levels of a stream of audio, however it is cut into chunks."""

    def __init__(self, audio_format: AudioFormat) -> None:
        self._format = audio_format
        self._rest = b""

    def levels(self, audio: bytes) -> list[float]:
        """The level (RMS, dBFS) of each frame that this audio completes."""
        audio = self._rest + audio
        frame_bytes = span_bytes(self._format, FRAME_MS)
        whole = len(audio) // frame_bytes * frame_bytes
        self._rest = audio[whole:]
        if not whole:
            return []
        samples = to_samples(audio[:whole], self._format).astype(np.float64) / 32_768
        samples = samples.reshape(whole // frame_bytes, -1)
        samples -= samples.mean(axis=1, keepdims=True)  # a constant offset is no sound
        power = np.square(samples).mean(axis=1)
        levels: list[float] = (10 * np.log10(np.maximum(power, 10 ** (SILENCE_DB / 10)))).tolist()
        return levels
