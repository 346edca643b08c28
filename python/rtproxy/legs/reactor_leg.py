"""One leg whose socket lies behind the reactor.

Owns nothing but its name there: reading, writing and the rules of its end are the
reactor's, which tells it when there is something to receive and when its socket is
closed. Must not know sockets.
"""

from __future__ import annotations

from rtproxy._audio_core import Side
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
        self._reactor = junction.reactor

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

    # Its end

    def _end_in_time(self, now: float) -> None:
        self._reactor.end_within(self.member, now)
