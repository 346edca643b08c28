"""A client whose upstream is not there yet: what it says waits; it is not waited for."""

from __future__ import annotations

import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import trio
import trio.testing
import trio_websocket

from rtproxy.legs.driver import HAS_REACTOR
from runtime.conftest import OpenProxy

DRIVERS = ["stream", "reactor"] if HAS_REACTOR else ["stream"]
TEXT = '{"type":"text","text":"hi"}'

Leave = Callable[[trio_websocket.WebSocketConnection, trio.SocketStream], Awaitable[None]]


@asynccontextmanager
async def mute_upstream() -> AsyncIterator[dict[str, str]]:
    """Takes connections and says nothing; the settings that lead there."""
    listener, *_ = await trio.open_tcp_listeners(0, host="127.0.0.1")
    async with listener:
        port = listener.socket.getsockname()[1]
        yield {
            "RTPROXY_UPSTREAM__MUTE__KIND": "compatible",
            "RTPROXY_UPSTREAM__MUTE__URL": f"ws://127.0.0.1:{port}/",
        }


async def say_goodbye(peer: trio_websocket.WebSocketConnection, _: trio.SocketStream) -> None:
    await peer.aclose()


async def close(_: trio_websocket.WebSocketConnection, stream: trio.SocketStream) -> None:
    await trio.aclose_forcefully(stream)


async def reset(_: trio_websocket.WebSocketConnection, stream: trio.SocketStream) -> None:
    at_once = struct.pack("ii", 1, 0)
    stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
    await trio.aclose_forcefully(stream)


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("leave", [say_goodbye, close, reset])
@pytest.mark.parametrize("said", [[], [TEXT], [TEXT, TEXT]], ids=["silent", "said", "said more"])
async def test_who_leaves_meanwhile_is_not_waited_for(
    open_proxy: OpenProxy, driver: str, leave: Leave, said: list[str]
) -> None:
    async with mute_upstream() as settings:
        settings["RTPROXY_SERVER__DRIVER"] = driver
        async with open_proxy(**settings) as (process, listener), trio.open_nursery() as nursery:
            stream = await trio.open_tcp_stream("127.0.0.1", listener.port)
            peer = await trio_websocket.wrap_client_stream(
                nursery, stream, f"127.0.0.1:{listener.port}", "/ws/conversation"
            )
            for message in said:
                await peer.send_message(message)
            await trio.testing.wait_all_tasks_blocked(0.01)
            assert len(process.live) == 1
            await leave(peer, stream)
            with trio.fail_after(5):
                await process.live.wait_empty()
            nursery.cancel_scope.cancel()
