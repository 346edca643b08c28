"""The question as a microphone would hear it: a chunk at a time, then silence.

Owns the conversion from the file's format to the wire's, one unbroken stream.
Must not know the connection, nor when a chunk is due.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rtproxy._audio_core import AudioPath
from rtproxy.audio.wav import Recording
from rtproxy.model.audio_format import AudioFormat

CHUNK_MS = 40


class Chunk(NamedTuple):
    """Audio in the wire's format, and how much of the file it stands for."""

    audio: bytes
    duration_ms: float


class Microphone:
    """A recording in another format, streamed."""

    def __init__(self, recording: Recording, audio_format: AudioFormat) -> None:
        self._recording = recording
        self._path = AudioPath(recording.audio_format, audio_format)

    def chunks(self) -> Iterator[Chunk]:
        """All of it, 40 ms at a time; the last may be shorter.

        What the conversion holds back (a few milliseconds) comes with the silence
        that follows.
        """
        source, data = self._recording.audio_format, self._recording.data
        size_bytes = len(source.silence(CHUNK_MS))
        for start in range(0, len(data), size_bytes):
            chunk = data[start : start + size_bytes]
            yield Chunk(self._path.process(chunk), source.milliseconds(len(chunk)))

    def silence(self) -> bytes:
        """40 ms in which nobody speaks."""
        return self._path.process(self._recording.audio_format.silence(CHUNK_MS))
