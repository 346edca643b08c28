"""What is asked of the proxy's reactor, and what two answers come to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest
import trio

from rtproxy.config import load_config
from rtproxy.legs.driver import HAS_REACTOR
from rtproxy.load.reactor import Figures, read_figures, turning
from rtproxy.server import open_server


@asynccontextmanager
async def proxy(driver: str) -> AsyncIterator[str]:
    config = load_config(environ={"RTPROXY_SERVER__PORT": "0", "RTPROXY_SERVER__DRIVER": driver})
    async with trio.open_nursery() as nursery:
        _, listener = await open_server(nursery, config)
        yield listener.ws_url
        nursery.cancel_scope.cancel()


@pytest.mark.skipif(not HAS_REACTOR, reason="there is no reactor on this platform")
async def test_a_proxy_tells_what_its_reactor_has_done() -> None:
    async with proxy("reactor") as url:
        assert isinstance(await read_figures(url), Figures)


async def test_a_proxy_on_streams_has_nothing_to_tell() -> None:
    async with proxy("stream") as url:
        assert await read_figures(url) is None


@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", b"SSH-2.0\r\n\r\n"],
)
async def test_another_program_is_not_understood(nursery: trio.Nursery, answer: bytes) -> None:
    async def serve(stream: trio.SocketStream) -> None:
        await stream.receive_some()
        await stream.send_all(answer)
        await stream.aclose()

    [listener] = await nursery.start(partial(trio.serve_tcp, serve, 0, host="127.0.0.1"))
    port = listener.socket.getsockname()[1]
    assert await read_figures(f"ws://127.0.0.1:{port}") is None
    nursery.cancel_scope.cancel()


async def test_nobody_there_is_nothing_told() -> None:
    with trio.socket.socket() as sock:
        await sock.bind(("127.0.0.1", 0))
        assert await read_figures(f"ws://127.0.0.1:{sock.getsockname()[1]}") is None


def figures(**changed: float) -> Figures:
    values = dict.fromkeys(Figures.__struct_fields__, 0) | changed
    return Figures(**values)  # type: ignore[arg-type] # by name


def test_what_was_done_in_between() -> None:
    began = figures(turns=100, busy_s=1.0, events=500, reads=500, writes=500)
    ended = figures(
        turns=1_100,
        busy_s=1.2,
        longest_s=0.004,
        events=3_500,
        reads=3_500,
        writes=4_500,
        read_bytes=2**20,
        written_bytes=2**20,
    )
    found = turning(began, ended, 2.0, 3_500)
    assert found is not None
    assert (found.turns_hz, found.sockets_per_turn, found.turn_us) == (500.0, 3.0, 200.0)
    assert (found.longest_turn_ms, found.calls_per_message, found.mib_per_s) == (4.0, 2.0, 1.0)


def test_nothing_done_is_nothing_to_tell() -> None:
    assert turning(figures(turns=5), figures(turns=5), 1.0, 0) is None
