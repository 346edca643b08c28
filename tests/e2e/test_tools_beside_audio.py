"""Audio beside tools that do whatever they should not: none of it is late for that."""

from __future__ import annotations

from pathlib import Path
from statistics import median

import pytest
import trio

from . import speech
from .calling_upstream import CallingUpstream
from .conftest import StartProxy
from .dialect import CONVERSATION
from .peer import Peer

TOOLS = """
import dataclasses
import time

import trio

import rtproxy

MUCH = "x" * 10_000_000
ROWS = ["x" * 100] * 100_000


@dataclasses.dataclass
class Found:
    rows: list[str]


@rtproxy.tool
async def fail() -> str:
    raise RuntimeError("no connection")


@rtproxy.tool(deadline_s=0.1)
async def hang() -> str:
    await trio.sleep_forever()


@rtproxy.tool
async def return_much() -> Found:
    return Found(ROWS)


@rtproxy.tool
async def say_much() -> str:
    return MUCH


@rtproxy.tool
async def return_no_json() -> object:
    return object()


@rtproxy.tool
async def fail_with_much() -> str:
    raise RuntimeError(MUCH)


@rtproxy.tool
async def fail_in_many_places() -> str:
    raise ExceptionGroup("all of it", [RuntimeError(MUCH)] * 1_000)


@rtproxy.tool
async def block(context: rtproxy.ToolContext) -> str:
    await context.in_thread(time.sleep, 0.1)
    return "done"
"""
TOGETHER = [
    ("fail", "hang"),
    ("return_much", "return_no_json"),
    ("say_much", "block"),
    ("fail_with_much", "fail_in_many_places"),
]

# Close together, so that some are said while a tool is answered.
CHUNK_MS = 4
CHUNKS = 50
LATEST_MS = 5.0

# A busy machine delays a chunk now and then, but not in most of so many stretches; a very
# busy one even so, but not each time.
STRETCHES = 7
TRIES = 4


async def latest(peer: Peer, upstream: CallingUpstream) -> float:
    """Speak for a while in real time; how long the slowest chunk was on its way."""
    upstream.heard_at.clear()
    said_at = []
    chunk = CONVERSATION.audio(speech.silence(CHUNK_MS))
    next_at = trio.current_time()
    for _ in range(CHUNKS):
        await trio.sleep_until(next_at)
        said_at.append(trio.current_time())
        await peer.send(chunk)
        next_at += CHUNK_MS / 1000
    with trio.fail_after(20):
        while len(upstream.heard_at) < len(said_at):  # noqa: ASYNC110 - the peer only counts
            await trio.sleep(0.005)
    pairs = zip(said_at, upstream.heard_at, strict=True)
    return max(heard - said for said, heard in pairs)


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.parametrize("names", TOGETHER, ids="+".join)
async def test_no_chunk_of_audio_is_later_for_any_tool(
    start_proxy: StartProxy, nursery: trio.Nursery, tmp_path: Path, names: tuple[str, ...]
) -> None:
    """Stretches with calls against stretches without, in turn."""
    file = tmp_path / "my_tools.py"
    file.write_text(TOOLS, encoding="utf-8")
    upstream = await CallingUpstream().serve(nursery)
    proxy = start_proxy("--upstream", upstream.url, "--tools", str(file))
    peer = await CONVERSATION.open(nursery, proxy.port)
    await upstream.until("session.update")
    await latest(peer, upstream)
    seen_ms: list[float] = []
    while not seen_ms or seen_ms[-1] >= LATEST_MS:
        assert len(seen_ms) < TRIES, f"in most stretches so many ms later: {seen_ms}"
        seen_ms.append(round(await later_s(peer, upstream, names) * 1000, 1))
    nursery.cancel_scope.cancel()


async def later_s(peer: Peer, upstream: CallingUpstream, names: tuple[str, ...]) -> float:
    alone, beside = [], []
    for _ in range(STRETCHES):
        alone.append(await latest(peer, upstream))
        async with trio.open_nursery() as calling:
            calling.start_soon(upstream.call, *((name, "{}") for name in names))
            beside.append(await latest(peer, upstream))
        await upstream.until("response.create")
    return median(beside) - median(alone)
