"""One leg on a transport: who reads it, and how it ends.

Owns the life of one connection under the splice; writing is `outflow.py`. Must
not know the other legs: what its bytes lead to elsewhere is the junction's.

Reading. One task (`run`) waits for bytes and feeds them to the splice. It pauses
while the splice asks for that, and then nothing of the peer is seen; the splice
stops the peer's clocks meanwhile.

Ending. `_life`, the cancel scope of `run`, has no deadline while the leg is well.
What ends the leg (the peer's close, a violation, `aclose`) sets one, `close_s`
away. Once the splice calls the leg finished, reading stops. A server closes TCP
first (RFC 6455 section 7.1.1): the client leg sends FIN, the upstream leg waits
for it; both wait until the peer has closed too, and close. When the deadline
comes first, the connection is reset.

These tasks are shielded from the session's cancellation (`stream_driver.py`), so
a session that is being cancelled can still say goodbye with `aclose`.
"""

from __future__ import annotations

from contextlib import suppress

import trio

from rtproxy._audio_core import Message, MessageKind, Side, SpliceError
from rtproxy.legs.junction import Junction
from rtproxy.legs.leg import LegsOptions, Outgoing
from rtproxy.legs.outflow import Outflow, StartTask
from rtproxy.legs.transport import LOST, Transport, drain
from rtproxy.model.close import CloseCode, CloseReason, Origin
from rtproxy.model.errors import LegClosed

# RFC 6455 section 7.4.1: these never stand in a close frame.
_ON_THE_WIRE: dict[int, int] = {
    CloseCode.NO_STATUS: CloseCode.DONE,
    CloseCode.ABNORMAL: CloseCode.OUR_FAULT,
}
_WENT = "the connection ended without a close frame"


class StreamLeg:
    """A Leg (see `leg.py`) on a Transport; `number` is its id in the splice."""

    def __init__(
        self,
        junction: Junction,
        side: Side,
        number: int,
        transport: Transport,
        options: LegsOptions,
        start_task: StartTask,
    ) -> None:
        self.number = number
        self._junction = junction
        self._splice = junction.splice
        self._side = side
        self._transport = transport
        self._close_s = options.close_s
        self._outflow = Outflow(
            junction, number, transport, send_s=options.send_s, start_task=start_task
        )
        self._message: Message | None = None  # taken from the splice, not yet received
        self._arrival: trio.Event | None = None  # somebody waits in `receive`
        self._may_read = trio.Event()
        self._may_read.set()
        self._reading = trio.CancelScope()
        self._life = trio.CancelScope()
        self._gone = trio.Event()
        self._closing: CloseReason | None = None  # why we close
        self._closed: CloseReason | None = None  # why there will be no more messages

    # What runtime sees

    @property
    def side(self) -> Side:
        """Which end of the session this is."""
        return self._side

    async def receive(self) -> Message:
        """The next delivery; raises LegClosed when there will be no more."""
        if self._is_ready():
            await trio.lowlevel.checkpoint()
        while not self._is_ready():
            if self._arrival is not None:
                raise trio.BusyResourceError("another task receives from this leg")
            self._arrival = trio.Event()
            try:
                await self._arrival.wait()
            finally:
                self._arrival = None
        message, self._message = self._message, None
        if message is None or message.kind is MessageKind.CLOSED:
            raise LegClosed(self._note_closed(message))
        return message

    def release(self, message: Message, *outgoing: Outgoing) -> None:
        """Answer a hold or a mark."""
        with self._junction as now:
            self._junction.queue(outgoing, now)
            if message.hold:
                self._splice.release(self.number, message.hold, now)

    def resubmit(self, message: Message, payload: bytes) -> bool:
        """Sort the canonical form of a hold anew: true if it was audio."""
        with self._junction as now:
            return self._splice.resubmit(self.number, message.hold, payload, now)
        return False

    def send(self, payload: bytes) -> None:
        """Queue a message to this very leg."""
        with self._junction as now:
            self._splice.send_leg(self.number, payload, now)

    def ping(self) -> None:
        """Send a ping, unless one is unanswered."""
        with self._junction as now:
            self._splice.ping(self.number, now)

    def pong_wait_s(self) -> float | None:
        """How long the open ping has waited."""
        with self._junction as now:
            return self._splice.pong_wait_s(self.number, now)
        return None

    async def aclose(self, reason: CloseReason) -> None:
        """Close with a handshake, by force after the close deadline."""
        self._begin_closing(reason)
        # Short, because `_life` has its deadline now.
        with trio.CancelScope(shield=True):
            await self._gone.wait()

    def abort(self) -> None:
        """Close the socket at once, by force."""
        self._transport.abort()
        self._life.cancel()
        with self._junction as now:
            self._splice.feed(self.number, b"", now)

    # What the junction does with it

    def flush(self, now: float) -> None:
        """Write what can be written without waiting."""
        self._outflow.flush(now)

    def look(self, now: float) -> None:
        """Wake whoever waits for something that is there now."""
        if self._arrival is not None and self._is_ready():
            self._arrival.set()
        if self._outflow.broken:
            self._end_within_close_s()
        self._let_read(wanted=self._outflow.broken or self._splice.wants_read(self.number, now))
        if self._transport.closed or self._splice.finished(self.number):
            self._end_within_close_s()
            self._reading.cancel()

    def fail(self, reason: CloseReason) -> None:
        """The splice is broken: it still has a close frame, and that is all."""
        self._closed = reason
        self._outflow.flush(trio.current_time())
        self._end_within_close_s()
        self._reading.cancel()
        if self._arrival is not None:
            self._arrival.set()

    # Its task

    async def run(self) -> None:
        """Read until the end, then close; never longer than `close_s` after it is known."""
        parted = False
        try:
            with self._life:
                with self._reading:
                    await self._read()
                self._end_within_close_s()
                await self._part()
                parted = True
        finally:
            if not parted:
                self._transport.abort()
            with trio.CancelScope(shield=True):
                await self._transport.aclose()
            self._leave()

    async def _read(self) -> None:
        data = b"..."
        while data:
            if not self._may_read.is_set():
                await self._may_read.wait()
            try:
                data = await self._transport.read()
            except LOST:
                data = b""
            with self._junction as now:
                self._splice.feed(self.number, data, now)

    def _let_read(self, *, wanted: bool) -> None:
        if wanted and not self._may_read.is_set():
            self._may_read.set()
        elif not wanted and self._may_read.is_set():
            self._may_read = trio.Event()

    async def _part(self) -> None:
        await self._outflow.drain()
        if self._side is Side.CLIENT:
            await self._transport.end_writing()
        await drain(self._transport)

    def _leave(self) -> None:
        with self._junction as now:
            self._splice.feed(self.number, b"", now)
        self._gone.set()
        if self._closing is not None:
            self._forget()

    # Its end

    def _begin_closing(self, reason: CloseReason) -> None:
        if self._closing is not None:
            return
        self._closing = reason
        if self._gone.is_set():
            self._forget()
            return
        self._end_within_close_s()
        code = _ON_THE_WIRE.get(reason.code, reason.code)
        with self._junction as now:
            self._splice.close(self.number, code, reason.text, now)

    def _end_within_close_s(self) -> None:
        self._life.deadline = min(self._life.deadline, trio.current_time() + self._close_s)

    def _is_ready(self) -> bool:
        """Whether `receive` need not wait; takes the next delivery if there is one."""
        if self._message is None and self._closed is None:
            try:
                self._message = self._splice.receive(self.number)
            except SpliceError as error:
                self._junction.break_off(error)
        return self._message is not None or self._closed is not None

    def _note_closed(self, message: Message | None) -> CloseReason:
        """Remember why it ended, from the leg's last delivery; why we ended it comes first."""
        if self._closed is None:
            assert message is not None  # noqa: S101 - `_is_ready` is true for one of the two
            text = message.reason
            if message.code == CloseCode.ABNORMAL and not text:
                text = _WENT
            theirs = CloseReason(message.code, text, Origin.PEER)
            self._closed = theirs if self._closing is None else self._closing
        return self._closed

    def _forget(self) -> None:
        """Nobody wants anything from this leg any more."""
        self._closed = self._closed or self._closing
        with self._junction:
            self._splice.forget(self.number)
        with suppress(ValueError):  # the session is over, and its legs with it
            self._junction.legs.remove(self)
        if self._arrival is not None:
            self._arrival.set()
