"""Sessions in which nothing is said: what they hold, and that they live."""

from __future__ import annotations

import pytest
import trio

from . import speech
from .conftest import StartProxy
from .dialect import VOICE
from .peer import Peer
from .proxy_process import running_simulator

KIB = 1024
FIRST, MORE = 100, 100
AT_ONCE = 20


async def opened(nursery: trio.Nursery, port: int, count: int) -> list[Peer]:
    """That many ready sessions, some at a time."""
    limit = trio.CapacityLimiter(AT_ONCE)
    peers: list[Peer] = []

    async def one() -> None:
        async with limit:
            peers.append(await VOICE.open(nursery, port))

    async with trio.open_nursery() as opening:
        for _ in range(count):
            opening.start_soon(one)
    return peers


@pytest.mark.slow
async def test_an_idle_session_holds_little(start_proxy: StartProxy) -> None:
    with running_simulator() as url:  # beside the proxy: what grows must be the proxy's own
        proxy = start_proxy("--upstream", url)
        async with trio.open_nursery() as nursery:
            peers = await opened(nursery, proxy.port, FIRST)
            rss_bytes = proxy.rss_bytes
            peers += await opened(nursery, proxy.port, MORE)
            assert (proxy.rss_bytes - rss_bytes) / MORE <= 60 * KIB
            assert proxy.sessions == FIRST + MORE
            await VOICE.speak(peers[0], speech.utterance(600))  # one wakes up, and is served
            await peers[0].next(VOICE.done)
            nursery.cancel_scope.cancel()
