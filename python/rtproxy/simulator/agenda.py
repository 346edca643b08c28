"""What is to happen later, in order of time.

Owns the queue of things due. Must not know what they are, nor any clock: the
time comes as an argument, in seconds, and never goes back.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

Action = Callable[[float], None]


@dataclass(order=True, slots=True)
class _Entry:
    due: float
    order: int
    key: Hashable = field(compare=False)
    action: Action = field(compare=False)


class Agenda:
    """Actions with a due time; those due together run in the order they were entered."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []
        self._entered = 0

    def at(self, due: float, action: Action, key: Hashable = None) -> None:
        """Run `action(now)` once `due` has come, unless `key` is cancelled before."""
        self._entered += 1
        heapq.heappush(self._entries, _Entry(due, self._entered, key, action))

    def cancel(self, key: Hashable) -> None:
        """Forget all that was entered under this key."""
        self._entries = [entry for entry in self._entries if entry.key != key]
        heapq.heapify(self._entries)

    def next_due(self) -> float | None:
        """When `run` has something to do, if ever."""
        return self._entries[0].due if self._entries else None

    def run(self, now: float) -> None:
        """Run all that is due, including what the actions themselves enter."""
        while self._entries and self._entries[0].due <= now:
            heapq.heappop(self._entries).action(now)
