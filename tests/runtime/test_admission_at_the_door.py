"""One session too many is told in words that its client can read."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
import trio
import trio_websocket

from rtproxy.resilience import admission
from runtime.conftest import OpenProxy

ONE_EACH = {"RTPROXY_LIMITS__ADDRESS_SESSIONS": "1"}


@pytest.fixture
def nobody_is_near(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' own address counts as any other would."""
    monkeypatch.setattr(admission, "_is_loopback", lambda address: False)


@asynccontextmanager
async def connected(port: int, path: str) -> AsyncIterator[trio_websocket.WebSocketConnection]:
    """A client there; its socket is closed whatever happens."""
    stream = await trio.open_tcp_stream("127.0.0.1", port)
    try:
        async with trio.open_nursery() as nursery:
            host = f"127.0.0.1:{port}"
            yield await trio_websocket.wrap_client_stream(nursery, stream, host, path)
            nursery.cancel_scope.cancel()
    finally:
        await trio.aclose_forcefully(stream)


async def first_word(peer: trio_websocket.WebSocketConnection) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(await peer.get_message())
    return told


@pytest.mark.usefixtures("nobody_is_near")
async def test_a_small_frontend_is_told_and_closed_with_4429(open_proxy: OpenProxy) -> None:
    async with open_proxy(**ONE_EACH) as (process, listener):
        at = (listener.port, "/ws/voice")
        with trio.fail_after(20):
            async with connected(*at) as first:
                assert (await first_word(first))["type"] == "session_ready"
                async with connected(*at) as second:
                    told = await first_word(second)
                    assert (told["code"], told["fatal"]) == ("too_many_sessions", True)
                    assert told["message"].startswith("One address may have no more than 1 ")
                    with pytest.raises(trio_websocket.ConnectionClosed) as closed:
                        await second.get_message()
                    assert closed.value.reason.code == 4429
            await process.live.wait_empty()
            async with connected(*at) as again:
                assert (await first_word(again))["type"] == "session_ready"


@pytest.mark.usefixtures("nobody_is_near")
async def test_an_sdk_is_told_by_http_429_in_the_upstreams_shape(open_proxy: OpenProxy) -> None:
    async with open_proxy(**ONE_EACH) as (_, listener):
        with trio.fail_after(20):
            async with connected(listener.port, "/v1/realtime") as first:
                assert (await first_word(first))["type"] == "session.created"
                refused = await _refused(listener.port)
    head, _, body = refused.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 429 ")
    assert b"content-type: application/json" in head.lower()
    error = json.loads(body)["error"]
    assert (error["type"], error["code"]) == ("rate_limit_error", "too_many_sessions")
    assert error["param"] is None


async def _refused(port: int) -> bytes:
    """All that an upgrade of an SDK is answered with."""
    async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
        await stream.send_all(
            b"GET /v1/realtime HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
            b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        return b"".join([part async for part in stream])


async def next_of(peer: trio_websocket.WebSocketConnection, *kinds: str) -> dict[str, Any]:
    while (told := await first_word(peer))["type"] not in kinds:
        pass
    return told


async def say(peer: trio_websocket.WebSocketConnection, kind: str, **fields: Any) -> None:
    await peer.send_message(json.dumps({"type": kind, "data": fields}))


async def begin(peer: trio_websocket.WebSocketConnection, user: str) -> dict[str, Any]:
    """The session of a user, or why there is none."""
    await say(peer, "auth", userId=user, conversationId="c")
    await say(peer, "start_realtime")
    return await next_of(peer, "session_ready", "error")


async def test_a_user_may_have_three_sessions_wherever_the_address_is(
    open_proxy: OpenProxy,
) -> None:
    with trio.fail_after(20):
        async with open_proxy() as (_, listener), AsyncExitStack() as many:
            at = (listener.port, "/ws")
            peers = [await many.enter_async_context(connected(*at)) for _ in range(5)]
            for peer in peers[:3]:
                assert (await begin(peer, "anna"))["type"] == "session_ready"
            told = (await begin(peers[3], "anna"))["data"]
            assert (told["code"], told["fatal"]) == ("too_many_sessions", True)
            with pytest.raises(trio_websocket.ConnectionClosed) as closed:
                await peers[3].get_message()
            assert closed.value.reason.code == 4429
            assert (await begin(peers[4], "ben"))["type"] == "session_ready"


async def test_a_key_is_a_user_where_nobody_says_who_is_there(
    open_proxy: OpenProxy, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = {"RTPROXY_AUTH__KEYS": "sk-of-ours-0123456789", "RTPROXY_LIMITS__USER_SESSIONS": "1"}
    async with open_proxy(**settings) as (_, listener):
        at = (listener.port, "/ws/voice?token=sk-of-ours-0123456789")
        with trio.fail_after(20):
            async with connected(*at) as first, connected(*at) as second:
                kinds = {(await first_word(peer))["type"] for peer in (first, second)}
    assert kinds == {"session_ready", "error"}
    logged = capsys.readouterr().out
    assert "turned_away" in logged
    assert "too_many_sessions" in logged
    assert "sk-of-ours" not in logged


async def test_a_request_too_many_is_left_out_and_told_and_the_session_lives(
    open_proxy: OpenProxy,
) -> None:
    async with open_proxy(RTPROXY_LIMITS__REQUESTS_PER_MINUTE="2") as (_, listener):
        with trio.fail_after(20):
            async with connected(listener.port, "/ws") as peer:
                await begin(peer, "anna")
                for _ in range(2):
                    await say(peer, "text", text="hi")
                    await next_of(peer, "response_complete")
                await say(peer, "text", text="hi")
                told = (await next_of(peer, "error"))["data"]
                assert (told["code"], told["fatal"]) == ("rate_limited", False)
                await say(peer, "playback", playedMs=0)
                await say(peer, "interrupt")
                await say(peer, "ping")
                await next_of(peer, "pong")
