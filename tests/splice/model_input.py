"""The model's input: what the client has said so far.

Owns the replay ring, the bucket that holds the client to real time, and the offset
between the client's time and the upstream's. Must not know messages or legs.
"""

from __future__ import annotations

import base64
from fractions import Fraction

from tests.splice.model_kinds import Chunk, Format

REPLAY_MS = 200


class Input:
    """All audio ever received (a test is short), and how much of it still counts."""

    def __init__(self, *, ring_ms: int, burst_ms: int) -> None:
        self.format = Format()
        self.audio = b""
        self.ring_ms = ring_ms
        self.forgotten_ms = Fraction(0)
        self.burst = Fraction(burst_ms, 1000)
        self._ahead = Fraction(0)
        self._ahead_at: Fraction | None = None

    def add(self, data: bytes, now: Fraction) -> None:
        self._ahead = self.ahead(now) + self.format.seconds(data)
        self._ahead_at = now
        self.audio += data

    def ahead(self, now: Fraction) -> Fraction:
        """How far the client's audio is ahead of real time."""
        if self._ahead_at is None:
            return Fraction(0)
        return max(Fraction(0), self._ahead - (now - self._ahead_at))

    def back_under(self) -> Fraction | None:
        """When the client may (or might) be read again, if it was over the bound."""
        over = self._ahead - self.burst
        return self._ahead_at + over if self._ahead_at is not None and over > 0 else None

    @property
    def received_ms(self) -> Fraction:
        return 1000 * self.format.seconds(self.audio)

    def span(self) -> tuple[Fraction, Fraction]:
        return max(self.forgotten_ms, self.received_ms - self.ring_ms), self.received_ms

    def forget(self, before_ms: Fraction) -> None:
        """By whole samples, and nothing that is still to come."""
        frame_ms = Fraction(1000, self.format.rate_hz)
        before_ms = min(before_ms, self.received_ms) // frame_ms * frame_ms
        self.forgotten_ms = max(self.forgotten_ms, before_ms)

    def read(self, from_ms: float, to_ms: float) -> bytes:
        held_from, held_to = self.span()
        begin = min(max(Fraction(from_ms), held_from), held_to)
        end = min(max(Fraction(to_ms), begin), held_to)
        return self.audio[self._offset(begin) : self._offset(end)]

    def _offset(self, at_ms: Fraction) -> int:
        return int(at_ms * self.format.rate_hz / 1000) * self.format.frame_bytes

    def replay(self, from_ms: float) -> list[Chunk]:
        """The ring from there on, in chunks as they are sent again."""
        audio = self.read(from_ms, float(self.received_ms) + 1)  # a float is never exact
        size = self._offset(Fraction(REPLAY_MS))
        pieces = [audio[i : i + size] for i in range(0, len(audio), size)]
        return [
            Chunk(base64.b64encode(one), False, one, self.format.seconds(one)) for one in pieces
        ]
