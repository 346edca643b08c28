"""The room's audio as the core knows it: how long it is, how far back it reaches, what is on it.

Owns that arithmetic, and which item lies where. Must not know what was said.
"""

from __future__ import annotations

from collections import deque
from math import inf

from rtproxy.rooms.items import Item


class Tape:
    """Milliseconds from the room's first audio on; `ring_ms` of it can be fed again.

    `items` are those of which something can be fed again, in the order of their starts.
    """

    def __init__(self, ring_ms: float) -> None:
        """Begin with nothing said."""
        self._ring_ms = ring_ms
        self.length_ms = 0.0
        self.taken_at = -inf
        self.items: deque[Item] = deque()

    @property
    def oldest_ms(self) -> float:
        """What lies before this can be fed no more."""
        return max(0.0, self.length_ms - self._ring_ms)

    def take(self, length_ms: float, now: float) -> None:
        """So much was said."""
        self.length_ms += length_ms
        self.taken_at = now

    def begin(self, item: Item) -> None:
        """An item begins, after all others."""
        self.items.append(item)
        while self.forgot(self.items[0].end_ms):
            self.items.popleft()

    def within(self, at_ms: float) -> float:
        """The nearest position that can be fed."""
        return min(max(at_ms, self.oldest_ms), self.length_ms)

    def forgot(self, end_ms: float | None) -> bool:
        """Whether nothing can be fed of what ended there."""
        return end_ms is not None and end_ms <= self.oldest_ms

    def item_at(self, at_ms: float) -> Item | None:
        """The last item that had begun by then; None: before all that are known."""
        begun = (item for item in reversed(self.items) if item.start_ms <= at_ms)
        return next(begun, None)

    def item_after(self, item: Item | None) -> Item | None:
        """The one that began next; of None the first."""
        later = (each for each in self.items if item is None or each.start_ms > item.start_ms)
        return next(later, None)
