"""A listener's connection to a room: reads, and comes back when it is lost.

Owns the socket's life and the waits between two of them. What comes is shown by the
screen; when it is over is told by `Attendance`. Never sends a message of its own but pings.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import trio
from trio_websocket import ConnectionClosed, WebSocketConnection

from rtproxy.cli.room.screen import NobodyReads, Screen
from rtproxy.cli.room.told import RoomState, TalkEnded, read
from rtproxy.cli.talk.dial import CannotConnect, dial
from rtproxy.cli.talk.heard import Trouble
from rtproxy.cli.talk.websocket import websocket_over, words_of
from rtproxy.model.close import CloseCode
from rtproxy.resilience.backoff import Backoff

PING_EVERY_S = 20.0
PONG_WITHIN_S = 20.0
# Some five minutes altogether: a proxy that is restarted is back by then.
BACKOFF = Backoff(initial_s=0.5, max_s=10.0, retries=30)
_COME_AGAIN = {
    CloseCode.GOING_AWAY,
    CloseCode.NO_STATUS,
    CloseCode.ABNORMAL,
    CloseCode.OUR_FAULT,
    CloseCode.RESTART,
    CloseCode.TRY_LATER,
}


@dataclass(slots=True)
class Attendance:
    """How it goes for a listener at `url`.

    `until_end`: leave when the speaker ends. `failure` says why there is no more, where
    that is no good end.
    """

    url: str
    verify: bool = True
    until_end: bool = False
    is_over: bool = False
    failure: str | None = None

    def end(self, failure: str | None = None) -> None:
        """There is no more to come."""
        self.is_over, self.failure = True, failure


async def attend(
    attendance: Attendance,
    screen: Screen,
    *,
    dialled: Callable[..., AbstractAsyncContextManager[trio.abc.Stream]] = dial,
    die: Callable[[], float] = random.random,
) -> None:
    """Listen until it is over; how it ended is in `attendance`.

    `dialled` opens a stream to a URL, as `dial` does; `die` is as `Backoff` has it.

    Raises CannotConnect where it does not come to a first connection.
    """
    retry = 0
    while True:
        visit = _Visit(attendance, screen, comes_back=retry > 0)
        try:
            async with dialled(attendance.url, verify=attendance.verify) as stream:
                await visit.stay(stream)
        except CannotConnect as error:
            if retry == 0:
                raise
            visit.lost = str(error)
        if attendance.is_over:
            return
        retry = 1 if visit.was_inside else retry + 1
        delay_s = BACKOFF.delay_s(retry, die())
        if delay_s is None:
            attendance.end(f"{visit.lost}, and it did not come back")
            return
        screen.lose()
        screen.notice(f"{visit.lost}; trying again in {delay_s:.1f} s")
        await trio.sleep(delay_s)


class _Visit:
    """One connection; `lost` says why it is no more, where that was not meant."""

    def __init__(self, attendance: Attendance, screen: Screen, *, comes_back: bool) -> None:
        self._attendance = attendance
        self._screen = screen
        self._comes_back = comes_back
        self._was_told_why = False
        self.was_inside = False
        self.lost = "the connection broke"

    async def stay(self, stream: trio.abc.Stream) -> None:
        """Until it is over, or lost."""
        async with websocket_over(stream, self._attendance.url) as socket, trio.open_nursery() as n:
            n.start_soon(self._keep_alive, socket, n.cancel_scope)
            await self._listen(socket)
            n.cancel_scope.cancel()

    async def _keep_alive(self, socket: WebSocketConnection, scope: trio.CancelScope) -> None:
        """Find out that the line is dead where nothing says so."""
        try:
            while True:
                await trio.sleep(PING_EVERY_S)
                with trio.fail_after(PONG_WITHIN_S):
                    await socket.ping()
        except trio.TooSlowError:
            self.lost = f"the proxy has not answered for {PONG_WITHIN_S:.0f} s"
            scope.cancel()
        except ConnectionClosed:
            pass  # whoever listens says so, once all that came before is read

    async def _listen(self, socket: WebSocketConnection) -> None:
        while not self._attendance.is_over:
            try:
                self._take(await socket.get_message())
            except ConnectionClosed as closed:
                self._close(closed)
                return
            except ValueError as error:
                self._attendance.end(f"a message came that is none of a proxy's: {error}")

    def _take(self, raw: str | bytes) -> None:
        told = read(raw)
        try:
            self._screen.show(told, str(raw))
        except NobodyReads:
            self._attendance.end()
        if isinstance(told, RoomState) and not self.was_inside:
            self.was_inside = True
            if self._comes_back:
                self._screen.notice("connected again")
        elif isinstance(told, Trouble):
            self._was_told_why = told.fatal
        elif isinstance(told, TalkEnded) and self._attendance.until_end:
            self._attendance.end()

    def _close(self, closed: ConnectionClosed) -> None:
        code = CloseCode.ABNORMAL if closed.reason is None else closed.reason.code
        self.lost = f"the proxy closed the connection ({code})"
        if not self._was_told_why:
            self.lost = words_of(closed)
        if code == CloseCode.DONE:
            self._attendance.end()
        elif code not in _COME_AGAIN:
            self._attendance.end(self.lost)
