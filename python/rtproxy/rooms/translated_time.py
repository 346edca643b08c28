"""A translator's time and the room's: the same, but for the silence that only the first has.

Owns that arithmetic. Must not know what is said in either.
"""

from __future__ import annotations

from collections import deque

# Pieces come in order: of what lies further back nobody speaks any more.
_MOST_PAUSES = 16


class TranslatedTime:
    """Milliseconds of one line, which is fed the room's audio from `from_ms` on."""

    def __init__(self, from_ms: float) -> None:
        """Begin without a pause."""
        self._offset_ms = from_ms
        self._pauses: deque[tuple[float, float]] = deque()  # from when on, how long

    def pause(self, room_ms: float, length_ms: float) -> None:
        """The line is fed so much silence, when the room's audio is so long."""
        before_ms = sum(length for _, length in self._pauses)
        self._pauses.append((room_ms - self._offset_ms + before_ms, length_ms))
        if len(self._pauses) > _MOST_PAUSES:
            self._offset_ms -= self._pauses.popleft()[1]

    def in_room(self, elapsed_ms: float) -> float:
        """Where in the room's audio the line was at this time of its own."""
        silent = (min(elapsed_ms - at, length) for at, length in self._pauses if elapsed_ms > at)
        return self._offset_ms + elapsed_ms - sum(silent)
