"""How a session whose legs have tasks of their own is settled.

Owns the order in which its legs get their turn, and the alarm for the clock's next
deadline. Must not know streams; the task that keeps time is the driver's.
"""

from __future__ import annotations

import math
from typing import Protocol

import trio

from rtproxy._audio_core import Splice, SpliceError
from rtproxy.legs.junction import Junction
from rtproxy.legs.turnstile import Turnstile
from rtproxy.model.close import CloseReason

# A timer finer than this would only wake us more often.
_TICK_S = 0.001


class Settled(Protocol):
    """A leg, as far as settling concerns it."""

    def flush(self, now: float) -> None:
        """Write what can be written without waiting."""

    def look(self, now: float) -> None:
        """Wake whoever waits for something that is there now."""

    def fail(self, reason: CloseReason) -> None:
        """The splice is broken: say so to the peer and end."""


class StreamJunction(Junction):
    """The splice of one session and the legs on it."""

    def __init__(self, splice: Splice, turnstile: Turnstile) -> None:
        super().__init__(splice, turnstile)
        self.legs: list[Settled] = []
        self._alarm = trio.CancelScope()

    def settle(self, now: float) -> None:
        """Do all that has become possible, in an order in which nothing is overlooked.

        Writing comes first for every leg, because it makes room: what one leg
        could write may be what another was not read for.
        """
        try:
            for leg in self.legs:
                leg.flush(now)
            for leg in self.legs:
                leg.look(now)
            deadline = self.splice.next_deadline()
        except SpliceError as error:
            self.break_off(error)
        else:
            if deadline is not None and deadline < self._alarm.deadline:
                self._alarm.deadline = deadline

    def fail(self, reason: CloseReason) -> None:
        """Have every leg say so to its peer and end."""
        for leg in self.legs:
            leg.fail(reason)

    async def keep_time(self) -> None:
        """Do what the clock asks for, whenever it asks; runs until cancelled.

        The alarm only ever moves to an earlier time while we sleep. One that
        rings too early costs a turn in which nothing happens.
        """
        while True:
            self._alarm = trio.CancelScope(deadline=self._next_alarm())
            with self._alarm:
                await trio.sleep_forever()
            with self as now:
                self.splice.turn(now)

    def _next_alarm(self) -> float:
        with self as now:
            deadline = self.splice.next_deadline()
            if deadline is not None:
                return max(deadline, now + _TICK_S)
        return math.inf
