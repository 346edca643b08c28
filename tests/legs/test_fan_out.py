"""One message to many legs, by each driver: who hears it, and who is passed over."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import pytest
import trio
import trio.testing
from rig import MAX_MESSAGE_BYTES, Ground, closed_by
from ws_peer import Close, WsPeer

from rtproxy.legs.fan_out import tell_all
from rtproxy.legs.leg import Leg, LegsOptions, Side
from rtproxy.legs.transport import Connection
from rtproxy.model.close import CloseCode, CloseReason

pytestmark = pytest.mark.usefixtures("in_time")
WITHIN = (8, 32_768)
LARGE = b"x" * 60_000


@dataclass
class Hall:
    """Listeners, each with a splice of its own, and the peer of each."""

    legs: list[Leg]
    peers: list[WsPeer]


@asynccontextmanager
async def open_hall(ground: Ground, size: int, **options: int) -> AsyncIterator[Hall]:
    """That many listeners for the time of the block."""
    hall = Hall([], [])
    async with AsyncExitStack() as stack:
        for _ in range(size):
            near, far = ground.pair()
            stack.push_async_callback(trio.aclose_forcefully, far)
            legs = await stack.enter_async_context(ground.open_legs(LegsOptions(**options)))
            leg = legs.add(Side.CLIENT, Connection(near), max_message_bytes=MAX_MESSAGE_BYTES)
            stack.callback(leg.abort)  # nobody would answer a close
            hall.legs.append(leg)
            hall.peers.append(WsPeer(far, client=True))
        yield hall


async def test_everybody_hears_it_in_the_order_in_which_it_was_told(ground: Ground) -> None:
    async with open_hall(ground, 5) as hall:
        await hall.peers[0].say("hello")  # a leg that also receives
        hall.legs[3].send(b"only you")
        assert tell_all(hall.legs, "für alle".encode()) == []
        hall.legs[3].send(b"only you again")
        assert tell_all(iter(hall.legs), b"and this") == []
        alone = hall.peers.pop(3)
        heard = [await alone.hear() for _ in range(4)]
        assert heard == ["only you", "für alle", "only you again", "and this"]
        for peer in hall.peers:
            assert [await peer.hear(), await peer.hear()] == ["für alle", "and this"]
        assert (await hall.legs[0].receive()).raw == b"hello"


async def test_what_is_told_is_one_whole_frame_whatever_its_size(ground: Ground) -> None:
    async with open_hall(ground, 2) as hall:
        for size in (0, 125, 126, 65_535, 65_536, 200_000):
            tell_all(hall.legs, b"a" * size)
            for peer in hall.peers:
                assert await peer.hear() == "a" * size


async def test_who_does_not_read_is_passed_over_and_later_goes_on(socket_ground: Ground) -> None:
    async with open_hall(socket_ground, 2) as hall:
        reading, silent = hall.peers
        told, passed_over = 0, []
        while not passed_over:
            passed_over = tell_all(hall.legs, LARGE, within=WITHIN)
            told += 1
            assert await reading.hear() == LARGE.decode()
        assert passed_over == [hall.legs[1]]
        messages, waiting_bytes = hall.legs[1].waiting()
        assert messages > WITHIN[0] or waiting_bytes > WITHIN[1]
        assert tell_all(hall.legs, b"the end") == []  # without a bound it waits for its turn
        assert await reading.hear() == "the end"
        heard = [await silent.hear() for _ in range(told)]
        assert heard == [LARGE.decode()] * (told - 1) + ["the end"]
        await trio.testing.wait_all_tasks_blocked()
        assert hall.legs[1].waiting() == (0, 0)
        assert tell_all(hall.legs, b"again", within=WITHIN) == []
        assert await silent.hear() == "again"


async def test_who_never_reads_is_closed_by_its_own_bound(socket_ground: Ground) -> None:
    async with open_hall(socket_ground, 2, waiting_messages=3) as hall:
        ended = trio.Event()

        async def watch() -> None:
            assert (await closed_by(hall.legs[1])).code == CloseCode.TRY_LATER
            ended.set()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(watch)
            while not ended.is_set():
                tell_all(hall.legs, LARGE)
                assert await hall.peers[0].hear() == LARGE.decode()
                await trio.lowlevel.checkpoint()
        assert tell_all(hall.legs, b"still here", within=WITHIN) in ([], [hall.legs[1]])
        assert await hall.peers[0].hear() == "still here"


async def test_who_has_left_is_told_nothing(ground: Ground) -> None:
    async with open_hall(ground, 3) as hall:
        hall.legs[0].abort()
        await hall.peers[1].stream.aclose()
        await closed_by(hall.legs[1])
        for _ in range(3):
            assert tell_all(hall.legs, b"who is there", within=WITHIN) == []
            assert await hall.peers[2].hear() == "who is there"
        assert isinstance(await hall.peers[0].hear(), Close)


async def test_after_our_close_nothing_follows(ground: Ground) -> None:
    async with open_hall(ground, 2) as hall:
        hall.legs[0].begin_closing(CloseReason(CloseCode.DONE, "over"))
        tell_all(hall.legs, b"too late")
        assert await hall.peers[0].hear() == Close(1000, "over")
        assert await hall.peers[1].hear() == "too late"
