"""One leg whose socket lies behind the reactor.

Owns its name there, and who answers for it: reading, writing and the rules of its end
are the reactor's, which tells it when there is something to receive and when its socket
is closed. Whoever serves it is not woken for what it receives, but only for its end;
the reactor's task has it answered. Must not know sockets.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import trio

from rtproxy._audio_core import Side
from rtproxy.legs.leg import Answer
from rtproxy.legs.reactor_junction import ReactorJunction
from rtproxy.legs.reactor_pump import ReactorPump
from rtproxy.legs.spliced_leg import SplicedLeg

_NOBODY = 0  # no member has this name


class ReactorLeg(SplicedLeg):
    """A leg behind the reactor."""

    def __init__(self, junction: ReactorJunction, side: Side, number: int) -> None:
        super().__init__(junction, side, number)
        self.pump: ReactorPump = junction.pump
        self.member = _NOBODY
        self.is_due = False  # to be answered by the pump
        self.had_s = 0.0  # of the pump's time, see `due.py`
        self._reactor = junction.reactor
        self._answer: Answer | None = None
        self._server: trio.lowlevel.Task | None = None  # who waits in `serve`
        self._failure: Exception | None = None  # what it is to raise

    def join(self, member: int) -> None:
        """The reactor has its socket, under this name."""
        self.member = member

    def waiting(self) -> tuple[int, int]:
        """Messages and bytes that this leg has still to write."""
        return self._reactor.waiting(self.member)

    def abort(self) -> None:
        """Close the socket at once, by force."""
        with self._junction as now:
            self._reactor.abort(self.member, now)

    # Who answers for it

    async def serve(self, answer: Answer) -> NoReturn:
        """Have whatever comes answered, by the pump, until there will be no more."""
        if self._answer is not None or self._arrival is not None:
            raise trio.BusyResourceError("another task receives from this leg")
        await trio.lowlevel.checkpoint_if_cancelled()
        self._answer, self._failure = answer, None
        self._server = trio.lowlevel.current_task()
        self.pump.call(self)
        try:
            await trio.lowlevel.wait_task_rescheduled(self._let_go)
        finally:
            failure, self._failure = self._failure, None
            try:
                if failure is not None:
                    raise failure
            finally:
                del failure  # it knows this frame, so this must not know it
        raise AssertionError("nobody wakes it but for its end")

    def _let_go(self, _raise_cancel: Callable[[], Any]) -> trio.lowlevel.Abort:
        """It is cancelled: nothing is answered any more."""
        self._answer = None
        return trio.lowlevel.Abort.SUCCEEDED

    def answer(self) -> bool:
        """Have what is there answered, a few deliveries at once; whether there is more."""
        if self._answer is None or not self._is_ready():
            return False
        self._unbroken = 0
        try:
            self._have_answered(self._answer)
        except Exception as failure:  # noqa: BLE001 - the task that serves is told, and ends by it
            self._end_serving(failure)
        return self._answer is not None and self._is_ready()

    def _goes_on(self) -> bool:
        return self._answer is not None

    def _end_serving(self, failure: Exception) -> None:
        self._failure = failure
        if self._answer is not None and self._server is not None:
            self._answer = None
            trio.lowlevel.reschedule(self._server)

    # What the reactor tells

    def look(self) -> None:
        """There may be something to receive."""
        self._wake_if_ready()

    def leave(self) -> None:
        """The socket is closed."""
        self._wake_if_ready()
        self._note_gone()

    def break_off(self, error: Exception) -> None:
        """A bug in one of these two: our own fault, so that the session ends with 1011."""
        self._junction.break_off(error)

    def _wake_if_ready(self) -> None:
        if self._answer is None:
            super()._wake_if_ready()
        else:
            self.pump.call(self)

    def _wake(self) -> None:
        if self._answer is None:
            super()._wake()
        else:
            self.pump.call(self)

    # Its end

    def _end_in_time(self, now: float) -> None:
        self._reactor.end_within(self.member, now)
