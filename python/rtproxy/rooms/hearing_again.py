"""Hearing again: which item is which, once another line hears the same audio.

Owns the order in which known items come by, and how exactly two lines agree on where one
begins. Must not know what was written of any.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from rtproxy.rooms.items import Item

# Two lines detect the same turn at most so far apart.
APART_MS = 1_000.0


class HearingAgain:
    """The items that an earlier line has heard and this one has not, in order."""

    def __init__(self) -> None:
        """Begin with nothing to hear again."""
        self._known: deque[Item] = deque()

    def start(self, known: Iterable[Item]) -> None:
        """There is another line."""
        self._known = deque(known)

    def takes(self, item: Item) -> bool:
        """Whether this one is still to come; then it comes no more."""
        if item not in self._known:
            return False
        self._known.remove(item)
        return True

    def match(self, start_ms: float) -> Item | None:
        """The item that begins here, if an earlier line has heard it."""
        while self._known:
            item = self._known.popleft()
            if not self._is_over(item, start_ms):
                if item.start_ms <= start_ms + APART_MS:
                    return item
                self._known.appendleft(item)
                return None
        return None

    def _is_over(self, item: Item, start_ms: float) -> bool:
        """Whether this is another one: it ended before, or the next one begins nearer by."""
        if item.end_ms is not None and item.end_ms <= start_ms:
            return True
        following = self._known[0].start_ms if self._known else item.start_ms
        return following > item.start_ms and following - start_ms <= start_ms - item.start_ms
