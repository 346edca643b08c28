"""200 sessions, spoken through and dropped at random points of a turn, leave nothing behind."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest
import trio

from . import speech
from .conftest import StartProxy
from .dialect import ALL, VOICE
from .peer import Closed, Peer
from .proxy_process import ProxyProcess, running_simulator
from .witness import becomes, witnessed

SEED = 20_261_121
SESSIONS = 200
AT_ONCE = 40
SETTLE_S = 30.0
MIB = 1024 * 1024


async def live_and_drop(proxy: ProxyProcess, dice: random.Random) -> None:
    """One session that ends in one of four ways somewhere between the upgrade and the answer."""
    dialect = dice.choice(ALL)
    async with trio.open_nursery() as nursery:
        peer = await dialect.connect(nursery, proxy.port)
        with trio.move_on_after(dice.uniform(0, 1.2)):
            try:
                await peer.next(dialect.ready)
                await dialect.speak(peer, speech.utterance(600))
                await peer.next(dialect.done)
            except (Closed, trio.BrokenResourceError) as error:
                raise AssertionError("the proxy ended a healthy session") from error
        await leave(peer, dice.choice(["close", "eof", "reset", "half-a-frame"]))
        nursery.cancel_scope.cancel()


async def leave(peer: Peer, how: str) -> None:
    """Go away."""
    if how == "close":
        # A message may have been cut off halfway; the proxy is then right to hang up first.
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            await peer.aclose()
    elif how == "reset":
        peer.reset()
    else:
        if how == "half-a-frame":
            await peer.send_raw(b"\x81\xfe\x10\x00" + bytes(4) + b'{"type":')
        await peer.stream.aclose()


async def wave(proxy: ProxyProcess, count: int, dice: random.Random) -> None:
    """That many sessions, some at a time."""
    limit = trio.CapacityLimiter(AT_ONCE)

    async def one(own: random.Random) -> None:
        async with limit:
            await live_and_drop(proxy, own)

    async with trio.open_nursery() as nursery:
        for _ in range(count):
            nursery.start_soon(one, random.Random(dice.random()))


async def settled(proxy: ProxyProcess, sessions: int) -> None:
    """Wait until no session is left but those that should be."""
    assert await becomes(lambda: proxy.sessions <= sessions, SETTLE_S)
    assert proxy.sessions == sessions


@pytest.mark.slow
async def test_dropped_sessions_leave_nothing(start_proxy: StartProxy) -> None:
    dice = random.Random(SEED)
    with running_simulator() as url:  # beside the proxy: what grows must be the proxy's own
        await drop_sessions(start_proxy("--upstream", url), dice)


async def drop_sessions(proxy: ProxyProcess, dice: random.Random) -> None:
    """Two waves; the second finds everything as the first left it."""
    async with witnessed(proxy):
        descriptors = proxy.descriptors
        # The first wave fills pools and caches.
        await wave(proxy, SESSIONS // 2, dice)
        await settled(proxy, 1)
        rss_bytes = proxy.rss_bytes
        await wave(proxy, SESSIONS, dice)
        await settled(proxy, 1)
        assert await becomes(lambda: proxy.descriptors <= descriptors, SETTLE_S), proxy.log
        assert proxy.rss_bytes - rss_bytes < 8 * MIB
    assert "Traceback" not in proxy.log


async def test_a_client_that_only_connects_costs_nothing(proxy: ProxyProcess) -> None:
    async with witnessed(proxy) as nursery:
        before = proxy.descriptors
        for _ in range(20):
            stream = await trio.open_tcp_stream("127.0.0.1", proxy.port)
            await stream.aclose()
        peers = [await VOICE.open(nursery, proxy.port) for _ in range(5)]
        for peer in peers:
            await peer.aclose()
        assert await becomes(lambda: proxy.descriptors <= before, SETTLE_S)
