"""Who is answered next, and for how long before others have their turn.

Owns the order: whoever has had the least so far comes first. So who says little is
answered as soon as it has said something, however many there are who never stop; those
share what is left. It is fair queueing by start tags: a leg that was away for a while
is not paid for it, but begins where the others are. Must not know what an answer is,
nor whose task it runs in.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from typing import Protocol

# So long answers follow one another; then sockets are looked at, and other tasks run. The
# leg that is being answered then is finished with. A request takes some ten passes of the
# event loop, so this is a tenth of what it waits for those who never stop. As long as a turn
# of the reactor may take: with a quarter of that a full processor fell behind with answers,
# holds stood for a second, and audio was lost.
ANSWERING_S = 0.002


class Served(Protocol):
    """Whose messages are answered."""

    is_due: bool
    had_s: float
    """What its answers have taken, and more where it came late: no time, only an order."""

    def answer(self) -> bool:
        """Answer what is there, a few messages at once; whether there is more."""

    def break_off(self, error: Exception) -> None:
        """A bug around it: its session ends with 1011."""


class Due:
    """The legs that are to be answered; `clock` gives seconds of work."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Nobody is due."""
        self._clock = clock
        # Of those who have had the same, who has just been answered comes last.
        self._waiting: list[tuple[float, bool, int, Served]] = []
        self._places = count()
        self._level_s = 0.0  # what who was answered last had had before

    def __bool__(self) -> bool:
        """Whether anybody is due."""
        return bool(self._waiting)

    def call(self, leg: Served) -> None:
        """There may be something for this leg to answer."""
        if not leg.is_due:
            leg.is_due = True
            self._add(leg, again=False)

    def answer(self) -> None:
        """Have all answered that are due, and who is called by that; each only once.

        No longer than `ANSWERING_S`: the others are still due.
        """
        now = self._clock()
        until = now + ANSWERING_S
        with_more: list[Served] = []
        while self._waiting and now < until:
            self._level_s, _, _, leg = heappop(self._waiting)
            leg.is_due = _has_more(leg)
            began, now = now, self._clock()
            # More than that was no few messages: the process stood still, or collected
            # garbage. Beside forty who never stop it would be forty times as long a debt.
            leg.had_s += min(now - began, ANSWERING_S)
            if leg.is_due:
                with_more.append(leg)
        for leg in with_more:
            self._add(leg, again=True)

    def _add(self, leg: Served, *, again: bool) -> None:
        leg.had_s = max(leg.had_s, self._level_s)
        heappush(self._waiting, (leg.had_s, again, next(self._places), leg))


def _has_more(leg: Served) -> bool:
    """Have it answered; what goes wrong with one must not reach the others."""
    try:
        return leg.answer()
    except Exception as error:  # noqa: BLE001 - a bug around one leg ends that session alone
        leg.break_off(error)
        return False
