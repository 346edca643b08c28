"""The input of a translation session: a stream cut into frames, and the speech in it.

Owns the only clock such a session has: milliseconds of audio in whole frames. Must
not know what follows from speech.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rtproxy.model.audio_format import PCM16_24K
from rtproxy.simulator.commands import Json
from rtproxy.simulator.formats import span_bytes
from rtproxy.simulator.loudness import Loudness
from rtproxy.simulator.turns import SpeechStarted, SpeechStopped, TurnDetector

FRAME_MS = 200  # SDK docstring of session.input_audio_buffer.append
_FRAME_BYTES = span_bytes(PCM16_24K, FRAME_MS)
_PAUSE_MS = 300
_STRETCHES: Json = {
    "type": "server_vad",
    "threshold": 0.5,
    "prefix_padding_ms": 0,
    "silence_duration_ms": _PAUSE_MS,
}


@dataclass(frozen=True, slots=True)
class Stretch:
    """Speech between two pauses, in the time of the input."""

    start_ms: float
    end_ms: float

    @property
    def speech_ms(self) -> int:
        """How long it is."""
        return round(self.end_ms - self.start_ms)

    def place(self, part: int, parts: int) -> int:
        """`elapsed_ms` of the nth of so many parts: the end of the frame that it falls into."""
        at_ms = self.start_ms + (self.end_ms - self.start_ms) * part / parts
        return -(-int(at_ms) // FRAME_MS) * FRAME_MS


class Frames:
    """Audio of whatever length in, stretches of speech out."""

    def __init__(self) -> None:
        self._loudness = Loudness(PCM16_24K)
        self._detector = TurnDetector(_STRETCHES, 0.0)
        self._waiting = b""  # less than a frame
        self._elapsed_ms = 0
        self._since_ms: float | None = None

    def listen(self, audio: bytes) -> Iterator[Stretch]:
        """The stretches that end within this audio."""
        audio = self._waiting + audio
        whole = len(audio) // _FRAME_BYTES * _FRAME_BYTES
        self._waiting = audio[whole:]
        self._elapsed_ms += whole // _FRAME_BYTES * FRAME_MS
        for finding in self._detector.listen(self._loudness.levels(audio[:whole])):
            if isinstance(finding, SpeechStarted):
                self._since_ms = finding.start_ms
            elif isinstance(finding, SpeechStopped):
                self._since_ms = None
                yield Stretch(finding.start_ms, finding.end_ms - _PAUSE_MS)

    def rest(self) -> Stretch | None:
        """What is left at the end of the input: speech that no pause has ended."""
        padding = bytes(-len(self._waiting) % _FRAME_BYTES)
        last = next(self.listen(padding), None) if self._waiting else None
        if self._since_ms is None:
            return last
        return Stretch(self._since_ms, self._elapsed_ms)
