"""Where the legs of one session meet: the splice, and what follows from touching it.

Owns three rules that every call to the splice obeys, whoever makes it:

- afterwards everything that became possible is done at once (`settle`): waiting
  bytes are written, waiting readers woken, the clock's next deadline noted;
- a panic of the splice, or a bug of a task around it, ends this session's legs
  with 1011 and is never seen above;
- the time of a call is read once.

So a call is written `with junction as now: junction.splice.…`; calls inside such a
block are one touch, settled at its end. How a session is settled is its driver's.
Must not know streams or tasks.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from types import TracebackType

import trio

from rtproxy._audio_core import Splice, SpliceError
from rtproxy.legs.containment import report
from rtproxy.legs.leg import Mark, Outgoing, ToSide
from rtproxy.legs.turnstile import Turnstile
from rtproxy.model.close import CloseCode, CloseReason, Origin


class Junction(ABC):
    """The splice of one session."""

    def __init__(self, splice: Splice, turnstile: Turnstile) -> None:
        self.splice = splice
        self.turnstile = turnstile  # for its legs, and those of all other sessions
        self.broken: CloseReason | None = None
        # Trio's clock itself: `trio.current_time` looks for it anew each time.
        self._clock = trio.lowlevel.current_clock().current_time
        self._now = 0.0
        self._depth = 0  # of blocks inside each other

    def __enter__(self) -> float:
        """The time of the calls that follow."""
        if not self._depth:
            self._now = self._clock()
        self._depth += 1
        return self._now

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> bool:
        """Settle; a panic goes no further than this."""
        self._depth -= 1
        if isinstance(error, SpliceError):
            self.break_off(error)
            return True
        if not self._depth:
            self.settle(self._now)
        return False

    @abstractmethod
    def settle(self, now: float) -> None:
        """Do all that has become possible."""

    @abstractmethod
    def fail(self, reason: CloseReason) -> None:
        """The splice is broken: have every leg say so to its peer and end."""

    def queue(self, outgoing: Sequence[Outgoing], now: float) -> None:
        """Hand over whole messages and marks, in order."""
        for each in outgoing:
            if isinstance(each, ToSide):
                self.splice.send(
                    each.side, each.payload, now, binary=each.binary, response_id=each.response_id
                )
            elif isinstance(each, Mark):
                self.splice.mark(each.response_id, each.token, now)
            else:
                self.splice.say_when_played(
                    each.response_id, each.payloads, now, starts=each.starts
                )

    def break_off(self, error: Exception) -> None:
        """Our own fault: every leg ends with 1011; once is enough."""
        if self.broken is None:
            error_id = report(error, "the legs of a session")
            self.broken = CloseReason(CloseCode.OUR_FAULT, f"internal error {error_id}", Origin.US)
            self.fail(self.broken)
