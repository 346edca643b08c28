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

from rtproxy._audio_core import Side
from rtproxy.legs.farewell import drain
from rtproxy.legs.leg import LegsOptions
from rtproxy.legs.outflow import Outflow, StartTask
from rtproxy.legs.spliced_leg import SplicedLeg
from rtproxy.legs.stream_junction import StreamJunction
from rtproxy.legs.transport import LOST, Transport
from rtproxy.model.close import CloseReason


class StreamLeg(SplicedLeg):
    """A leg on a Transport."""

    def __init__(
        self,
        junction: StreamJunction,
        side: Side,
        number: int,
        transport: Transport,
        options: LegsOptions,
        start_task: StartTask,
    ) -> None:
        super().__init__(junction, side, number)
        self._legs = junction.legs
        self._transport = transport
        self._close_s = options.close_s
        self._outflow = Outflow(
            junction, number, transport, send_s=options.send_s, start_task=start_task
        )
        self._may_read = trio.Event()
        self._may_read.set()
        self._reading = trio.CancelScope()
        self._life = trio.CancelScope()

    def waiting(self) -> tuple[int, int]:
        """Messages and bytes that this leg has still to write."""
        messages, waiting_bytes = super().waiting()
        begun_bytes = self._outflow.unsent_bytes
        return messages + (begun_bytes > 0), waiting_bytes + begun_bytes

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
        self._wake_if_ready()
        if self._outflow.broken:
            self._end_in_time(now)
        self._let_read(wanted=self._outflow.broken or self._splice.wants_read(self.number, now))
        if self._transport.closed or self._splice.finished(self.number):
            self._end_in_time(now)
            self._reading.cancel()

    def fail(self, reason: CloseReason) -> None:
        """Say so to the peer, and end: the splice still has a close frame, and that is all."""
        super().fail(reason)
        self._outflow.flush(trio.current_time())
        self._reading.cancel()

    # Its task

    async def run(self) -> None:
        """Read until the end, then close; never longer than `close_s` after it is known."""
        parted = False
        try:
            with self._life:
                with self._reading:
                    await self._read()
                self._end_in_time(trio.current_time())
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
        self._note_gone()

    # Its end

    def _end_in_time(self, now: float) -> None:
        self._life.deadline = min(self._life.deadline, now + self._close_s)

    def _forget(self) -> None:
        with suppress(ValueError):  # the session is over, and its legs with it
            self._legs.remove(self)
        super()._forget()
