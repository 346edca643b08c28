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
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import trio

from rtproxy._audio_core import Counters, Level, Side, Splice
from rtproxy.legs.junction import Junction
from rtproxy.legs.leg import Attachment, Leg, LegsOptions, Outgoing, SessionLegs
from rtproxy.legs.stream_leg import StreamLeg
from rtproxy.legs.transport import Connection
from rtproxy.model.close import CloseCode, CloseReason, Origin
from rtproxy.model.errors import LegClosed

_FAILED = CloseReason(CloseCode.OUR_FAULT, "internal error", Origin.US)
_OVER = CloseReason(CloseCode.GOING_AWAY, "the session is over")


@asynccontextmanager
async def open_legs(
    options: LegsOptions | None = None, *, seed: bytes | None = None
) -> AsyncIterator[SessionLegs]:
    """The legs of one session.

    Legs that are still open when the block ends are closed: with 1011 if an
    exception ends it, else with 1001. `seed` are 32 random bytes for masks.
    """
    driver = StreamDriver(options or LegsOptions(), seed or secrets.token_bytes(32))
    try:
        async with trio.open_nursery() as nursery:
            # Not `nursery.start`: cancelled in there, it would wait for a shielded task.
            nursery.start_soon(driver.run)
            reason = _OVER
            try:
                await driver.running.wait()
                yield driver
            except Exception:
                reason = _FAILED
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


class StreamDriver:
    """SessionLegs (see `leg.py`) on transports."""

    def __init__(self, options: LegsOptions, seed: bytes) -> None:
        self._options = options
        self._junction = Junction(
            Splice(
                seed=seed,
                lead_ms=options.lead_ms,
                answer_ms=options.answer_ms,
                burst_ms=options.burst_ms,
                ring_ms=options.ring_ms,
                waiting_messages=options.waiting_messages,
                waiting_bytes=options.waiting_bytes,
            )
        )
        self._splice = self._junction.splice
        self._legs: list[StreamLeg] = []
        self._scope = trio.CancelScope(shield=True)
        self._tasks: trio.Nursery | None = None
        self.running = trio.Event()

    # Its own life

    async def run(self) -> None:
        """Run the tasks of all legs until `aclose`."""
        with self._scope:
            async with trio.open_nursery() as self._tasks:
                self._start_task(self._junction.keep_time)
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
            self._junction.legs.clear()

    def clear(self) -> None:
        """Free what the session held now, not when its garbage is collected."""
        with self._junction:
            self._junction.legs.clear()
            self._splice.clear()
        self._legs.clear()

    def add(self, side: Side, connection: Connection, *, max_message_bytes: int) -> Leg:
        """Make a leg of a connection, and own it from now on."""
        options, transport = self._options, connection.transport
        number = 0
        with self._junction:
            number = self._splice.open_leg(
                side,
                max_message_bytes=max_message_bytes,
                stall_ms=options.stall_ms,
                message_ms=options.message_ms,
                max_tiny_fragments=options.tiny_fragments,
            )
        if self._junction.broken is not None:
            transport.abort()
            raise LegClosed(self._junction.broken)
        if side is Side.CLIENT and options.lead_ms is not None:
            transport.limit_send_buffer(options.send_buffer_bytes)
        leg = StreamLeg(self._junction, side, number, transport, options, self._start_task)
        self._legs.append(leg)
        self._junction.legs.append(leg)
        self._start_task(leg.run)
        if connection.leftover:
            with self._junction as now:
                self._splice.feed(number, connection.leftover, now)
        return leg

    # What runtime asks of the splice

    def attach(self, leg: Leg, attachment: Attachment) -> None:
        """Make the leg its side's leg."""
        assert isinstance(leg, StreamLeg)  # noqa: S101 - `add` made it
        with self._junction as now:
            self._splice.attach(
                leg.number,
                kinds=attachment.kinds,
                wrap=attachment.wrap,
                now=now,
                speaks=attachment.speaks.as_tuple(),
                hears=attachment.hears.as_tuple() if attachment.hears else None,
            )

    def detach(self, side: Side) -> None:
        """Leave the side without a leg."""
        with self._junction as now:
            self._splice.detach(side, now)

    def post(self, outgoing: Sequence[Outgoing]) -> None:
        """Send outside of any hold."""
        with self._junction as now:
            self._junction.queue(outgoing, now)

    def drop(self, response_id: str) -> list[tuple[str, int, float, float]]:
        """Cut a response; (item id, content index, heard ms, received ms) of its parts."""
        with self._junction as now:
            return self._splice.drop(response_id, now)
        return []

    def finish(self, response_id: str) -> None:
        """No more audio of the response will come."""
        with self._junction as now:
            self._splice.finish(response_id, now)

    def exclude(self, response_id: str) -> None:
        """Keep the response's audio out of the lane."""
        with self._junction:
            self._splice.exclude(response_id)

    def end_input(self) -> None:
        """Flush conversion tails before a commit."""
        with self._junction as now:
            self._splice.end_input(now)

    def discard_input(self) -> None:
        """Forget conversion tails of the input."""
        with self._junction:
            self._splice.discard_input()

    def shape(self, gain: float, pitch: float) -> None:
        """How loud and how high answers are heard."""
        with self._junction as now:
            self._splice.shape(gain, pitch, now)

    def pause(self) -> None:
        """Stop the lane to the client."""
        with self._junction as now:
            self._splice.pause(now)

    def resume(self) -> None:
        """Let the lane go on."""
        with self._junction as now:
            self._splice.resume(now)

    def replay(self, from_ms: float) -> float:
        """Say the input from that millisecond on to the attached upstream again."""
        with self._junction as now:
            return self._splice.replay(from_ms, now)
        return 0.0

    def counters(self, item_id: str) -> Counters | None:
        """What was received, released, heard and dropped of an item."""
        with self._junction as now:
            return self._splice.counters(item_id, now)
        return None

    def level(self, side: Side) -> Level | None:
        """How loud audio from that side is, and whether somebody speaks."""
        with self._junction:
            return self._splice.level(side)
        return None

    def _start_task(self, work: Callable[[], Awaitable[None]]) -> None:
        if self._tasks is None:
            raise RuntimeError("legs exist only inside `open_legs`")
        self._tasks.start_soon(self._contained, work)

    async def _contained(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - a bug around one session's legs ends those
            self._junction.break_off(error)
