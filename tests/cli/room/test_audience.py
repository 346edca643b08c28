"""A listener and proxies of every kind, over memory and on a clock that jumps."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import trio
import trio.testing
from trio_websocket import ConnectionClosed, WebSocketConnection, wrap_server_stream

from rtproxy.cli.room.audience import (
    BACKOFF,
    PING_EVERY_S,
    PONG_WITHIN_S,
    Attendance,
    attend,
)
from rtproxy.cli.room.captions import Captions
from rtproxy.cli.room.screen import NobodyReads, PlainScreen
from rtproxy.cli.room.told import Told
from rtproxy.cli.talk.dial import CannotConnect

Visit = Callable[[WebSocketConnection], Awaitable[None]]

STATE = {"type": "room_state", "speaker": "ann", "listeners": 1, "languages": ["de"]}


def caption(item_id: str, text: str) -> dict:
    return {"type": "translation_done", "itemId": item_id, "language": "de", "text": text}


class Paper(PlainScreen):
    """A screen that remembers its notices, and may lose its reader."""

    def __init__(self, readers: int = 1_000) -> None:
        super().__init__(Captions("de"))
        self.notices: list[str] = []
        self.readers = readers

    def show(self, told: Told | None, raw: str) -> None:
        super().show(told, raw)
        self.readers -= 1
        if self.readers == 0:
            raise NobodyReads

    def notice(self, words: str) -> None:
        self.notices.append(words)


async def tell(socket: WebSocketConnection, *messages: dict) -> None:
    for message in messages:
        await socket.send_message(json.dumps(message))


async def stay(socket: WebSocketConnection) -> None:
    while True:
        await socket.get_message()


async def listen(
    *visits: Visit | Exception, until_end: bool = False, screen: Paper | None = None
) -> tuple[Attendance, Paper]:
    """How it goes where the connections, one after the other, are these."""
    attendance = Attendance("ws://proxy.test/ws/rooms/demo", until_end=until_end)
    screen = screen or Paper()
    to_come = list(visits)

    async with trio.open_nursery() as nursery:

        async def be_the_peer(stream: trio.abc.Stream, visit: Visit) -> None:
            try:
                async with trio.open_nursery() as inner:
                    request = await wrap_server_stream(inner, stream)
                    await visit(await request.accept())
                    inner.cancel_scope.cancel()
            except* (ConnectionClosed, trio.BrokenResourceError):
                pass  # it is the listener who has gone

        @asynccontextmanager
        async def dialled(url: str, *, verify: bool) -> AsyncIterator[trio.abc.Stream]:
            assert (url, verify) == (attendance.url, True)
            visit = to_come.pop(0)
            if isinstance(visit, Exception):
                raise visit
            ours, theirs = trio.testing.memory_stream_pair()
            nursery.start_soon(be_the_peer, theirs, visit)
            yield ours
            await trio.aclose_forcefully(ours)

        await attend(attendance, screen, dialled=dialled, die=lambda: 0.5)
        nursery.cancel_scope.cancel()
    return attendance, screen


async def test_whoever_is_lost_comes_back_and_reads_on(autojump_clock, capsys):
    async def goes_away(socket: WebSocketConnection) -> None:
        await tell(socket, STATE, caption("a", "eins"))
        await socket.aclose(1012, "restart")

    async def again(socket: WebSocketConnection) -> None:
        await tell(socket, STATE, caption("a", "eins"), caption("b", "zwei"), {"type": "ended"})
        await stay(socket)

    away = CannotConnect("Connection refused", refused=True)
    attendance, screen = await listen(goes_away, away, again, until_end=True)
    assert attendance.failure is None
    assert capsys.readouterr().out.splitlines() == ["eins", "zwei"]
    assert screen.notices[1:4] == [
        "the proxy closed the connection (1012 restart); trying again in 0.5 s",
        "Connection refused; trying again in 1.0 s",
        "connected again",
    ]


async def test_a_line_that_is_dead_is_found_out(autojump_clock):
    async def falls_silent(socket: WebSocketConnection) -> None:
        await tell(socket, STATE)
        socket._reader_running = False  # it neither reads nor answers a ping any more
        await trio.sleep_forever()

    async def ends(socket: WebSocketConnection) -> None:
        await tell(socket, STATE, {"type": "ended"})
        await stay(socket)

    began = trio.current_time()
    _, screen = await listen(falls_silent, ends, until_end=True)
    lost = f"the proxy has not answered for {PONG_WITHIN_S:.0f} s; trying again in 0.5 s"
    assert lost in screen.notices
    assert trio.current_time() - began == pytest.approx(PING_EVERY_S + PONG_WITHIN_S, abs=5)


async def test_a_line_on_which_nothing_happens_is_kept(autojump_clock):
    async def is_long(socket: WebSocketConnection) -> None:
        await tell(socket, STATE)
        await trio.sleep(10 * PING_EVERY_S)
        await tell(socket, {"type": "ended"})
        await stay(socket)

    _, screen = await listen(is_long, until_end=True)
    assert screen.notices == ["ann speaks; 1 listens (de)", "the speaker has ended"]


async def test_without_being_asked_nobody_leaves_at_the_end(autojump_clock, capsys):
    async def goes_on(socket: WebSocketConnection) -> None:
        await tell(socket, STATE, {"type": "ended"}, caption("a", "noch einmal"))
        await socket.aclose(1000, "done")

    attendance, _ = await listen(goes_on)
    assert attendance.failure is None
    assert capsys.readouterr().out == "noch einmal\n"


@pytest.mark.parametrize("code", [4400, 4401, 4404, 4429, 1002, 1008])
async def test_where_coming_again_does_not_help_it_ends(autojump_clock, code: int):
    attendance, _ = await listen(lambda socket: socket.aclose(code, "no such language"))
    assert attendance.failure == f"the proxy closed the connection ({code} no such language)"


async def test_what_the_proxy_has_said_is_not_said_twice(autojump_clock):
    async def refuses(socket: WebSocketConnection) -> None:
        error = {"type": "error", "message": "No such language.", "code": "c", "fatal": True}
        await tell(socket, error)
        await socket.aclose(4400, "No such language.")

    attendance, screen = await listen(refuses)
    assert screen.notices == ["error: No such language. (c)"]
    assert attendance.failure == "the proxy closed the connection (4400)"


async def test_a_proxy_that_stays_away_is_given_up(autojump_clock):
    async def goes_away(socket: WebSocketConnection) -> None:
        await tell(socket, STATE)
        await socket.aclose(1001, "bye")

    away = CannotConnect("Connection refused", refused=True)
    began = trio.current_time()
    attendance, _ = await listen(goes_away, *[away] * BACKOFF.retries)
    assert attendance.failure == "Connection refused, and it did not come back"
    assert 240 < trio.current_time() - began < 360


async def test_without_a_first_connection_there_is_none(autojump_clock):
    with pytest.RaisesGroup(pytest.RaisesExc(CannotConnect, match="refused")):
        await listen(CannotConnect("Connection refused", refused=True))


async def test_what_is_no_message_of_a_room_ends_it(autojump_clock):
    async def says_nonsense(socket: WebSocketConnection) -> None:
        await socket.send_message("nonsense")
        await stay(socket)

    attendance, _ = await listen(says_nonsense)
    assert attendance.failure is not None
    assert "none of a proxy's" in attendance.failure


async def test_where_nobody_reads_any_more_it_is_over(autojump_clock):
    async def goes_on(socket: WebSocketConnection) -> None:
        for number in range(100):
            await tell(socket, caption(str(number), "noch eins"))
        await stay(socket)

    attendance, screen = await listen(goes_on, screen=Paper(readers=3))
    assert (attendance.failure, screen.readers) == (None, 0)
