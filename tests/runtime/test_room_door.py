"""Who may come into a room, who is counted, and what the others are told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
import trio
from structlog.testing import capture_logs
from tests.e2e.peer import Peer
from tests.e2e.room_member import Member, join, speaker

from runtime.conftest import OpenProxy

KEY = "key-of-a-frontend-1"
AUTHORIZED = [(b"Authorization", f"Bearer {KEY}".encode())]


async def turned_away(nursery: trio.Nursery, port: int, path: str) -> tuple[dict[str, Any], int]:
    """What such a client is told, and the close code behind it."""
    peer = await Peer.connect(nursery, port, path)
    told = await peer.receive()
    assert (told["type"], told["fatal"]) == ("error", True)
    return told, (await peer.closed()).code


async def with_key(nursery: trio.Nursery, port: int, room: str, role: str) -> Member:
    peer = await Peer.connect(nursery, port, f"/ws/rooms/{room}?role={role}", AUTHORIZED)
    member = Member(peer)
    nursery.start_soon(member.listen)
    await member.has(1, "room_state", "error")
    return member


async def test_a_stranger_is_told_and_closed(open_proxy: OpenProxy) -> None:
    async with (
        open_proxy(RTPROXY_AUTH__KEYS=KEY, RTPROXY_ROOMS__LINGER_S="0") as (process, listener),
        trio.open_nursery() as nursery,
    ):
        told, code = await turned_away(nursery, listener.port, "/ws/rooms/hall")
        assert (told["code"], code) == ("missing_credentials", 4401)
        member = await with_key(nursery, listener.port, "hall", "listener")
        await member.peer.aclose()
        with trio.fail_after(10):
            await process.live.wait_empty()
        nursery.cancel_scope.cancel()


async def test_speakers_are_sessions_of_their_user_and_listeners_are_not(
    open_proxy: OpenProxy,
) -> None:
    settings = {"RTPROXY_AUTH__KEYS": KEY, "RTPROXY_LIMITS__USER_SESSIONS": "1"}
    async with open_proxy(**settings) as (_, listener), trio.open_nursery() as nursery:
        for _ in range(3):
            listening = await with_key(nursery, listener.port, "hall", "listener")
            assert listening.all("room_state")
        speaking = await with_key(nursery, listener.port, "hall", "speaker")
        assert speaking.all("room_state")
        other = await with_key(nursery, listener.port, "hall", "speaker")
        assert [each["code"] for each in other.all("error")] == ["too_many_sessions"]
        assert await other.ended() == 4429
        nursery.cancel_scope.cancel()


async def test_one_room_too_many_is_told_and_closed(open_proxy: OpenProxy) -> None:
    settings = {"RTPROXY_ROOMS__ROOMS": "2", "RTPROXY_ROOMS__LINGER_S": "0"}
    async with open_proxy(**settings) as (_, listener), trio.open_nursery() as nursery:
        one = await join(nursery, listener.port, "one")
        await join(nursery, listener.port, "two")
        told, code = await turned_away(nursery, listener.port, "/ws/rooms/three")
        assert (told["code"], told["param"], code) == ("too_many_rooms", "room", 4429)
        assert "no more than 2 rooms" in told["message"]
        assert (await join(nursery, listener.port, "two")).all("room_state")
        await one.peer.aclose()
        with trio.fail_after(10):
            while True:
                third = await join(nursery, listener.port, "three")
                if third.all("room_state"):
                    break
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize(
    ("setting", "queries"),
    [
        ("LISTENERS", ["language=de", "language=de"]),
        ("SPEAKERS", ["role=speaker", "role=speaker"]),
        ("LANGUAGES_AT_ONCE", ["language=de", "language=fr"]),
    ],
)
async def test_a_full_room_is_told_and_closed(
    open_proxy: OpenProxy, setting: str, queries: list[str]
) -> None:
    async with (
        open_proxy(**{f"RTPROXY_ROOMS__{setting}": "1"}) as (_, listener),
        trio.open_nursery() as nursery,
    ):
        first = Member(await Peer.connect(nursery, listener.port, f"/ws/rooms/r?{queries[0]}"))
        nursery.start_soon(first.listen)
        await first.has(1, "room_state")
        told, code = await turned_away(nursery, listener.port, f"/ws/rooms/r?{queries[1]}")
        assert (told["code"], code) == ("room_full", 4429)
        assert " 1 " in told["message"]
        await first.peer.send({"type": "ping"})
        await first.has(1, "pong")
        nursery.cancel_scope.cancel()


async def test_languages_are_those_of_the_configuration(open_proxy: OpenProxy) -> None:
    settings = {"RTPROXY_ROOMS__LANGUAGES": "en,de"}
    async with open_proxy(**settings) as (_, listener), trio.open_nursery() as nursery:
        told, code = await turned_away(nursery, listener.port, "/ws/rooms/r?language=fr")
        assert (told["code"], told["param"], code) == ("invalid_parameter", "language", 4400)
        assert "may be one of: de, en" in told["message"]
        assert (await speaker(nursery, listener.port, "r", "de")).all("room_state")
        nursery.cancel_scope.cancel()


async def test_who_comes_back_in_time_finds_the_lines_open(open_proxy: OpenProxy) -> None:
    with capture_logs() as log:
        async with open_proxy() as (_, listener), trio.open_nursery() as nursery:
            for visit in range(1, 4):
                guest = await join(nursery, listener.port, "hall")
                await until(lambda: "line_opened" in names(log))
                await guest.peer.aclose()
                await until(lambda: names(log).count("member_left") == visit)  # noqa: B023 - asked at once
            happened = names(log)
            nursery.cancel_scope.cancel()
    assert happened.count("member_joined") == happened.count("member_left") == 3
    assert happened.count("line_opened") == happened.count("room_opened") == 1
    assert "line_closed" not in happened


def names(log: Sequence[Mapping[str, Any]]) -> list[str]:
    """What happened, by the log."""
    return [line["event"] for line in log]


async def until(condition: Callable[[], bool]) -> None:
    with trio.fail_after(10):
        while not condition():  # noqa: ASYNC110 - the log tells nobody
            await trio.sleep(0.01)
