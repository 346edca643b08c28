"""The audio that the client has sent and that no item holds yet.

Owns the bytes and their place in the session's audio time: milliseconds of audio
received, which is the only clock that turn detection knows. Must not know speech
from silence.
"""

from __future__ import annotations

from rtproxy.model.audio_format import AudioFormat
from rtproxy.simulator.formats import span_bytes


class InputBuffer:
    """A span of audio time from `start_ms` to `end_ms`, with its bytes."""

    def __init__(self, audio_format: AudioFormat) -> None:
        self._format = audio_format
        self._audio = bytearray()
        self._start_ms = 0.0

    @property
    def audio_format(self) -> AudioFormat:
        """What the bytes are."""
        return self._format

    @property
    def start_ms(self) -> float:
        """The time of the first sample held; where it is empty, of the next to come."""
        return self._start_ms

    @property
    def length_ms(self) -> float:
        """How much is held."""
        return self._format.milliseconds(len(self._audio))

    @property
    def end_ms(self) -> float:
        """All audio received so far."""
        return self._start_ms + self.length_ms

    def append(self, audio: bytes) -> None:
        """Add what came."""
        self._audio += audio

    def take(self, start_ms: float, end_ms: float) -> bytes:
        """Remove everything before `end_ms`; returns what lies from `start_ms` on."""
        first, last = self._offset(start_ms), self._offset(end_ms)
        taken = bytes(self._audio[first:last])
        self._discard(last)
        return taken

    def take_all(self) -> bytes:
        """Remove and return everything."""
        return self.take(self._start_ms, self.end_ms)

    def forget_before(self, time_ms: float) -> None:
        """Discard what lies before that time."""
        self._discard(self._offset(time_ms))

    def change_format(self, audio_format: AudioFormat) -> None:
        """From here on audio comes in another format; what was held is discarded."""
        self._discard(len(self._audio))
        self._format = audio_format

    def _offset(self, time_ms: float) -> int:
        offset = span_bytes(self._format, max(0.0, time_ms - self._start_ms))
        return min(offset, len(self._audio))

    def _discard(self, size_bytes: int) -> None:
        self._start_ms += self._format.milliseconds(size_bytes)
        del self._audio[:size_bytes]
