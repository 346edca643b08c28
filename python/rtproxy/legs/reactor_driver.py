"""The driver that stands on the reactor: a session's legs without any task of their own.

Owns the hand-over of sockets and the end of a session. Must not know what messages
mean. Reading, writing and time are the reactor's (`reactor_pump.py`), the rules for
every touch of the splice are in `junction.py`.

The hand-over. A socket belongs to its transport, or to the reactor, and never to
both: `detach` gives it away, and from its call on `Reactor.add` has it, whatever
happens; no checkpoint lies in between. There is no second descriptor at any time.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

from rtproxy._audio_core import Side
from rtproxy.legs.leg import Leg, LegsOptions, SessionLegs
from rtproxy.legs.reactor_junction import ReactorJunction
from rtproxy.legs.reactor_leg import ReactorLeg
from rtproxy.legs.reactor_pump import ReactorPump
from rtproxy.legs.spliced_legs import FAILED, OVER, SplicedLegs, make_splice
from rtproxy.legs.tls_transport import TlsTransport
from rtproxy.legs.transport import Connection, Transport
from rtproxy.model.close import CloseCode, CloseReason, Origin
from rtproxy.model.errors import LegClosed


@asynccontextmanager
async def open_legs(
    pump: ReactorPump, options: LegsOptions | None = None, *, seed: bytes | None = None
) -> AsyncIterator[SessionLegs]:
    """The legs of one session, on sockets alone.

    Legs that are still open when the block ends are closed: with 1011 if an
    exception ends it, else with 1001. `seed` are 32 random bytes for masks.
    """
    # A server that is being stopped begins no session: the reactor may have stopped.
    await trio.lowlevel.checkpoint_if_cancelled()
    driver = ReactorDriver(pump, options or LegsOptions(), seed or secrets.token_bytes(32))
    reason = OVER
    try:
        yield driver
    except Exception:
        reason = FAILED
        raise
    finally:
        try:
            await driver.aclose(reason)
        finally:
            driver.clear()


class ReactorDriver(SplicedLegs):
    """SessionLegs (see `leg.py`) behind a reactor."""

    def __init__(self, pump: ReactorPump, options: LegsOptions, seed: bytes) -> None:
        self._reactor = pump.reactor
        self._meeting = ReactorJunction(make_splice(options, seed), pump)
        super().__init__(options, self._meeting)
        self._legs: list[ReactorLeg] = []

    async def aclose(self, reason: CloseReason) -> None:
        """Close what is still open; bounded, because every leg's end is."""
        for leg in self._legs:
            leg.begin_closing(reason)
        for leg in [leg for leg in self._legs if not leg.is_gone]:
            await leg.aclose(reason)

    def clear(self) -> None:
        """Free what the session held now, not when its garbage is collected."""
        self._meeting.close()
        with self._junction:
            self._splice.clear()
        self._legs.clear()

    def add(self, side: Side, connection: Connection, *, max_message_bytes: int) -> Leg:
        """Make a leg of a connection, and own it from now on.

        Raises LegClosed, with the socket closed, where it cannot be taken.
        """
        options, transport = self._options, connection.transport
        number = self._open_leg(side, max_message_bytes)
        if self._junction.broken is not None:
            transport.abort()
            raise LegClosed(self._junction.broken)
        if side is Side.CLIENT and options.lead_ms is not None:
            transport.limit_send_buffer(options.send_buffer_bytes)
        leg = ReactorLeg(self._meeting, side, number)
        leftover = connection.leftover + self._hand_over(leg, connection.transport)
        self._legs.append(leg)
        self._meeting.legs.append(leg)
        with self._junction as now:
            if leftover:
                self._splice.feed(number, leftover, now)
        return leg

    def _hand_over(self, leg: ReactorLeg, transport: Transport) -> bytes:
        """Give the socket to the reactor; what TLS had decrypted already."""
        options = self._options
        tls, unread = None, b""
        if isinstance(transport, TlsTransport):
            tls, unread = transport.session, transport.unread()
        try:
            member = self._reactor.add(
                self._meeting.session,
                leg.number,
                leg.side,
                transport.detach(),
                leg,
                send_ms=round(options.send_s * 1000),
                close_ms=round(options.close_s * 1000),
                tls=tls,
            )
        except OSError as error:
            with self._junction:
                self._splice.forget(leg.number)
            raise LegClosed(_full(error)) from error
        leg.join(member)
        return unread


def _full(error: OSError) -> CloseReason:
    why = f"the proxy cannot watch one more connection ({error.strerror})"
    return CloseReason(CloseCode.TRY_LATER, why, Origin.US)
