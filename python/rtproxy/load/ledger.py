"""What one conversation said, and what of it came back in which order.

Owns the numbers, from 0 and rising by one. Must not know what they stand for.
"""

from __future__ import annotations

from enum import Enum, auto


class Arrival(Enum):
    """How a number came."""

    IN_ORDER = auto()
    REORDERED = auto()  # after one that had been said later
    REPEATED = auto()
    UNKNOWN = auto()  # never said


class Ledger:
    """Numbers said and numbers back."""

    __slots__ = ("_missing", "_next", "said")

    def __init__(self) -> None:
        self.said = 0
        self._next = 0  # the lowest number above all that came
        self._missing: set[int] = set()  # below it, and not come

    def say(self) -> int:
        """The number of what is said next."""
        self.said += 1
        return self.said - 1

    def take(self, number: int) -> Arrival:
        """A number came back."""
        if number == self._next < self.said:
            self._next += 1
            return Arrival.IN_ORDER
        if not 0 <= number < self.said:
            return Arrival.UNKNOWN
        if number > self._next:
            self._missing.update(range(self._next, number))
            self._next = number + 1
            return Arrival.IN_ORDER
        if number in self._missing:
            self._missing.remove(number)
            return Arrival.REORDERED
        return Arrival.REPEATED

    @property
    def outstanding(self) -> int:
        """How many have not come back yet; at the end these are lost."""
        return len(self._missing) + self.said - self._next
