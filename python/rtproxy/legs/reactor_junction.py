"""How a session whose sockets lie behind the reactor is settled: by one call.

Must not know sockets or tasks.
"""

from __future__ import annotations

from typing import Protocol

import trio

from rtproxy._audio_core import Splice
from rtproxy.legs.junction import Junction
from rtproxy.legs.reactor_pump import ReactorPump
from rtproxy.model.close import CloseReason


class Failing(Protocol):
    """A leg, as far as a broken splice concerns it."""

    def fail(self, reason: CloseReason) -> None:
        """End with this reason; the reactor says so to the peer."""


class ReactorJunction(Junction):
    """The splice of one session, and its name in the reactor."""

    def __init__(self, splice: Splice, pump: ReactorPump) -> None:
        super().__init__(splice, pump.turnstile)
        self.legs: list[Failing] = []
        self.reactor = pump.reactor
        self.session = pump.open_session(splice)
        self.pump = pump

    def settle(self, now: float) -> None:
        """Write, read again what may be read again, set the timer; all in the reactor."""
        if news := self.reactor.settle(self.session, now):
            self.pump.tell(news)

    def fail(self, reason: CloseReason) -> None:
        """Have every leg say so to its peer and end."""
        for leg in self.legs:
            leg.fail(reason)
        self.settle(trio.current_time())

    def close(self) -> None:
        """The session is over: close by force what is left of it."""
        self.pump.close_session(self.session)
        self.legs.clear()
