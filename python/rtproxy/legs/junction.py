"""Where the legs of one session meet: the splice, and what follows from touching it.

Owns three rules that every call to the splice obeys, whoever makes it:

- afterwards everything that became possible is done at once (`settle`): waiting
  bytes are written, waiting readers woken, the alarm moved to the next deadline;
- a panic of the splice, or a bug of a task around it, ends this session's legs
  with 1011 and is never seen above;
- the time of a call is read once.

So a call is written `with junction as now: junction.splice.…`. Must not know
streams or tasks of its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from types import TracebackType
from typing import Protocol

import trio

from rtproxy._audio_core import Splice, SpliceError
from rtproxy.legs.containment import report
from rtproxy.legs.leg import Mark, Outgoing
from rtproxy.model.close import CloseCode, CloseReason, Origin

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


class Junction:
    """The splice of one session and the legs on it."""

    def __init__(self, splice: Splice) -> None:
        self.splice = splice
        self.legs: list[Settled] = []
        self.broken: CloseReason | None = None
        self._alarm = trio.CancelScope()

    def __enter__(self) -> float:
        """The time of the call that follows."""
        return trio.current_time()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> bool:
        """Settle; a panic goes no further than this."""
        if isinstance(error, SpliceError):
            self.break_off(error)
            return True
        self.settle()
        return False

    def settle(self) -> None:
        """Do all that has become possible, in an order in which nothing is overlooked.

        Writing comes first for every leg, because it makes room: what one leg
        could write may be what another was not read for.
        """
        now = trio.current_time()
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

    def queue(self, outgoing: Sequence[Outgoing], now: float) -> None:
        """Hand over whole messages and marks, in order."""
        for each in outgoing:
            if isinstance(each, Mark):
                self.splice.mark(each.response_id, each.token, now, starts=each.starts)
            else:
                self.splice.send(
                    each.side, each.payload, now, binary=each.binary, response_id=each.response_id
                )

    def break_off(self, error: Exception) -> None:
        """Our own fault: every leg ends with 1011; once is enough."""
        if self.broken is None:
            error_id = report(error, "the legs of a session")
            self.broken = CloseReason(CloseCode.OUR_FAULT, f"internal error {error_id}", Origin.US)
            for leg in self.legs:
                leg.fail(self.broken)

    def _next_alarm(self) -> float:
        with self:
            deadline = self.splice.next_deadline()
            if deadline is not None:
                return max(deadline, trio.current_time() + _TICK_S)
        return math.inf
