"""The room's audio as the core knows it: how long it is, and how far back it reaches.

Owns that arithmetic. Must not know who spoke, nor what was said.
"""

from __future__ import annotations

from math import inf


class Tape:
    """Milliseconds from the room's first audio on; `ring_ms` of it can be fed again."""

    def __init__(self, ring_ms: float) -> None:
        """Begin with nothing said."""
        self._ring_ms = ring_ms
        self.length_ms = 0.0
        self.taken_at = -inf

    @property
    def oldest_ms(self) -> float:
        """What lies before this can be fed no more."""
        return max(0.0, self.length_ms - self._ring_ms)

    def take(self, length_ms: float, now: float) -> None:
        """So much was said."""
        self.length_ms += length_ms
        self.taken_at = now

    def within(self, at_ms: float) -> float:
        """The nearest position that can be fed."""
        return min(max(at_ms, self.oldest_ms), self.length_ms)

    def forgot(self, end_ms: float | None) -> bool:
        """Whether nothing can be fed of what ended there."""
        return end_ms is not None and end_ms <= self.oldest_ms
