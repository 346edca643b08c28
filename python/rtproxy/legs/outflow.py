"""What goes out on one leg.

Owns when bytes are written and by whom, and what becomes of a write that fails.
Must not know what the bytes are.

Whoever settles writes what the socket takes at once (`flush`). Only what it did
not take goes to the writer, a task that is started when it is first needed;
until that is done, `flush` leaves the transport alone. A stream that cannot be
written without waiting (TLS, memory) takes nothing at once, so there the writer
does it all.

A write that is cancelled, or takes longer than `send_s`, may have left half a
frame behind: the connection is reset at once and never used again. A write that
the peer's end refuses only ends the writing: what the peer said last (an error,
its close frame) may still wait to be read.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import trio

from rtproxy.legs.junction import Junction
from rtproxy.legs.transport import LOST, Transport

# So much is taken from the splice at once. Audio cannot expire any more once the
# first byte of its frame has been taken, so more would only make a slow client's
# audio staler; less would cost an upload more system calls.
_PULL_BYTES = 16 * 1024

StartTask = Callable[[Callable[[], Awaitable[None]]], None]


class Outflow:
    """Moves a leg's bytes from the splice to its transport."""

    def __init__(
        self,
        junction: Junction,
        number: int,
        transport: Transport,
        *,
        send_s: float,
        start_task: StartTask,
    ) -> None:
        self._junction = junction
        self._splice = junction.splice
        self._number = number
        self._transport = transport
        self._send_s = send_s
        self._start_task = start_task
        self._unsent = b""
        self._work: trio.Event | None = None  # None: there is no writer yet
        self._drained = trio.Event()
        self.broken = False  # nothing can be written any more

    @property
    def unsent_bytes(self) -> int:
        """What was taken from the splice, and not yet by the transport."""
        return 0 if self.broken else len(self._unsent)

    def flush(self, now: float) -> None:
        """Write what can be written without waiting; leave the rest to the writer."""
        if self._unsent or self.broken:
            return
        while data := self._splice.pull(self._number, now, _PULL_BYTES):
            try:
                sent = self._transport.send_now(data)
            except LOST:
                self._break()
                return
            if sent < len(data):
                self._leave_to_writer(data[sent:])
                return

    async def drain(self) -> None:
        """Return when nothing waits for the writer."""
        while self._unsent and not self.broken:
            await self._drained.wait()

    def _leave_to_writer(self, data: bytes) -> None:
        self._unsent = data
        self._drained = trio.Event()
        if self._work is None:
            self._work = trio.Event()
            self._start_task(self._write)
        self._work.set()

    async def _write(self) -> None:
        assert self._work is not None  # noqa: S101 - set where this task is started
        while True:
            await self._work.wait()
            while self._unsent:
                if not await self._send(self._unsent):
                    return
                with self._junction as now:
                    self._unsent = self._splice.pull(self._number, now, _PULL_BYTES)
            self._work = trio.Event()
            self._drained.set()

    async def _send(self, data: bytes) -> bool:
        sent = False
        try:
            with trio.move_on_after(self._send_s):
                await self._transport.send_all(data)
                sent = True
        except LOST:
            self._break()
        finally:
            if not sent and not self.broken:  # too slow, or cancelled
                self._transport.abort()
                self._break()
        self._junction.settle(trio.current_time())
        return sent

    def _break(self) -> None:
        self.broken = True
        self._drained.set()
