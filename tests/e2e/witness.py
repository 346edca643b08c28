"""After a fault: the process lives, and a session opened before it works as before."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import trio

from .dialect import CONVERSATION
from .peer import Peer
from .proxy_process import ProxyProcess


async def becomes(condition: Callable[[], bool], wait_s: float = 20.0) -> bool:
    """Whether the condition, asked again and again, comes true in time."""
    with trio.move_on_after(wait_s):
        while not condition():  # noqa: ASYNC110 - another process has no event to wait for
            await trio.sleep(0.05)
        return True
    return False


async def assert_works(peer: Peer) -> None:
    """A `conversation` session answers a typed word."""
    await peer.send({"type": "text", "text": "ok"})
    events = await peer.until("response_done")
    assert any(event["type"] == "text_delta" for event in events), events


@asynccontextmanager
async def witnessed(proxy: ProxyProcess) -> AsyncIterator[trio.Nursery]:
    """A nursery for the test's own peers, with a session beside them that must not notice."""
    async with trio.open_nursery() as nursery:
        bystander = await CONVERSATION.open(nursery, proxy.port)
        yield nursery
        assert proxy.alive, proxy.log
        await assert_works(bystander)
        await bystander.aclose()
        newcomer = await CONVERSATION.open(nursery, proxy.port)
        await newcomer.aclose()
        nursery.cancel_scope.cancel()
