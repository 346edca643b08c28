"""The driver that stands on streams: a session's legs, each with its own task.

Owns the tasks of one session below the message: a reader for each leg, a writer
where one is needed, one keeper of time. Must not know what messages mean. The
rules that hold for every touch of the splice are in `junction.py`, the life of a
leg in `stream_leg.py`.

    open_legs                     the session's scope; cancelled from outside at any time
      the body                    runtime: its readers, its heartbeat, its end
      driver (shielded)           cancelled only when the body has ended
        keep_time
        run, one for each leg
        write, one for each leg whose socket did not take everything

Why shielded: a session that is cancelled says goodbye on both legs, and for that
somebody must still read and write. The shield lasts as long as the body, whose
own goodbye is bounded by `close_s`.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import trio

from rtproxy._audio_core import Side
from rtproxy.legs.leg import Leg, LegsOptions, SessionLegs
from rtproxy.legs.spliced_legs import FAILED, OVER, SplicedLegs, make_splice
from rtproxy.legs.stream_junction import StreamJunction
from rtproxy.legs.stream_leg import StreamLeg
from rtproxy.legs.transport import Connection
from rtproxy.legs.turnstile import Turnstile
from rtproxy.model.close import CloseReason
from rtproxy.model.errors import LegClosed


@asynccontextmanager
async def open_legs(
    options: LegsOptions | None = None,
    *,
    seed: bytes | None = None,
    turnstile: Turnstile | None = None,
) -> AsyncIterator[SessionLegs]:
    """The legs of one session.

    Legs that are still open when the block ends are closed: with 1011 if an
    exception ends it, else with 1001. `seed` are 32 random bytes for masks; `turnstile`
    is the one of all sessions, where there are others.
    """
    options, seed = options or LegsOptions(), seed or secrets.token_bytes(32)
    driver = StreamDriver(options, seed, turnstile or Turnstile())
    try:
        async with trio.open_nursery() as nursery:
            # Not `nursery.start`: cancelled in there, it would wait for a shielded task.
            nursery.start_soon(driver.run)
            reason = OVER
            try:
                await driver.running.wait()
                yield driver
            except Exception:
                reason = FAILED
                raise
            finally:
                await driver.aclose(reason)
    except BaseExceptionGroup as group:
        # The driver's own tasks raise nothing: what comes out is the body's.
        if len(group.exceptions) == 1:
            raise group.exceptions[0] from None
        raise
    finally:
        driver.clear()


class StreamDriver(SplicedLegs):
    """SessionLegs (see `leg.py`) on transports."""

    def __init__(self, options: LegsOptions, seed: bytes, turnstile: Turnstile) -> None:
        self._streams = StreamJunction(make_splice(options, seed), turnstile)
        super().__init__(options, self._streams)
        self._legs: list[StreamLeg] = []
        self._scope = trio.CancelScope(shield=True)
        self._tasks: trio.Nursery | None = None
        self.running = trio.Event()

    # Its own life

    async def run(self) -> None:
        """Run the tasks of all legs until `aclose`."""
        with self._scope:
            async with trio.open_nursery() as self._tasks:
                self._start_task(self._streams.keep_time)
                self.running.set()
                await trio.sleep_forever()

    async def aclose(self, reason: CloseReason) -> None:
        """Close what is still open, and stop all tasks."""
        try:
            async with trio.open_nursery() as nursery:
                for leg in self._legs:
                    nursery.start_soon(leg.aclose, reason)
        finally:
            self._scope.cancel()
            # No cycles are left, so the splice with its audio goes at once and not
            # when the collector next looks at what is old.
            self._legs.clear()
            self._streams.legs.clear()

    def clear(self) -> None:
        """Free what the session held now, not when its garbage is collected."""
        with self._junction:
            self._streams.legs.clear()
            self._splice.clear()
        self._legs.clear()

    def add(self, side: Side, connection: Connection, *, max_message_bytes: int) -> Leg:
        """Make a leg of a connection, and own it from now on."""
        options, transport = self._options, connection.transport
        number = self._open_leg(side, max_message_bytes)
        if self._junction.broken is not None:
            transport.abort()
            raise LegClosed(self._junction.broken)
        if side is Side.CLIENT and options.lead_ms is not None:
            transport.limit_send_buffer(options.send_buffer_bytes)
        leg = StreamLeg(self._streams, side, number, transport, options, self._start_task)
        self._legs.append(leg)
        self._streams.legs.append(leg)
        self._start_task(leg.run)
        if connection.leftover:
            with self._junction as now:
                self._splice.feed(number, connection.leftover, now)
        return leg

    def _start_task(self, work: Callable[[], Awaitable[None]]) -> None:
        if self._tasks is None:
            raise RuntimeError("legs exist only inside `open_legs`")
        self._tasks.start_soon(self._contained, work)

    async def _contained(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - a bug around one session's legs ends those
            self._junction.break_off(error)
