"""The echo on our own legs, met by another implementation of the protocol."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio
from trio_websocket import (
    ConnectionClosed,
    WebSocketConnection,
    open_websocket_url,
)

from rtproxy.audio.stamp import Stamp, read_stamp, write_stamp
from rtproxy.simulator.faults import parse_fault
from rtproxy.simulator.server import open_simulator
from rtproxy.simulator.settings import Settings, VoiceName


@asynccontextmanager
async def connected(path: str = "", **fields: Any) -> AsyncIterator[WebSocketConnection]:
    faults = tuple(parse_fault(each) for each in fields.pop("faults", ()))
    headers = fields.pop("headers", [])
    settings = Settings(voice=VoiceName.ECHO, faults=faults, **fields)
    with trio.fail_after(10):
        async with trio.open_nursery() as nursery:
            url = await open_simulator(nursery, settings)
            async with open_websocket_url(
                url + path + "?model=gpt-realtime", extra_headers=headers
            ) as socket:
                yield socket
                # Where the server closes first, trio-websocket's client leaves its socket open.
                await trio.aclose_forcefully(socket._stream)
            nursery.cancel_scope.cancel()


async def event(socket: WebSocketConnection) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(await socket.get_message())
    return decoded


async def say(socket: WebSocketConnection, audio: str) -> str:
    await socket.send_message(json.dumps({"type": "input_audio_buffer.append", "audio": audio}))
    while True:
        found = await event(socket)
        if found["type"] == "response.output_audio.delta":
            return str(found["delta"])


async def closing(socket: WebSocketConnection) -> tuple[int, str | None]:
    try:
        while True:
            await socket.get_message()
    except ConnectionClosed as closed:
        reason: Any = closed.reason
        return reason.code, reason.reason


async def test_it_greets_and_says_everything_back() -> None:
    async with connected() as socket:
        assert (await event(socket))["type"] == "session.created"
        for audio in ("AAAA", "not base64", "A" * 100_000):
            assert await say(socket, audio) == audio


async def test_a_stamp_gets_the_times_of_the_echo() -> None:
    async with connected() as socket:
        said = Stamp(3, 4, 5)
        stamp = read_stamp(await say(socket, write_stamp(said).decode() + "AAAA"))
        assert stamp is not None
        assert stamp[:3] == said[:3]
        assert 0 < stamp.heard_ns <= stamp.answered_ns


async def test_transcript_deltas_come_by_themselves() -> None:
    async with connected(echo_transcript_hz=50.0) as socket:
        await say(socket, "AAAA")
        words = []
        while len(words) < 3:
            found = await event(socket)
            if found["type"] == "response.output_audio_transcript.delta":
                words.append(found["delta"])
        assert words == [" 1", " 2", " 3"]


async def test_errors_are_the_same_as_everywhere() -> None:
    async with connected() as socket:
        await event(socket)
        await socket.send_message("{")
        assert (await event(socket))["error"]["code"] == "invalid_json"
        await socket.send_message(b"binary")
        assert (await event(socket))["error"]["code"] == "invalid_event"


async def test_a_bad_key_is_told_and_closed() -> None:
    headers = [(b"Authorization", b"Bearer bad-key")]
    async with connected(headers=headers) as socket:
        assert (await event(socket))["error"]["code"] == "invalid_api_key"
        assert await closing(socket) == (3000, "invalid_request_error.invalid_api_key")


async def test_a_session_expires() -> None:
    async with connected(session_max_s=0.05) as socket:
        assert (await closing(socket))[0] == 1001


async def test_a_fault_drops_it() -> None:
    async with connected(faults=["drop+30"]) as socket:
        assert (await closing(socket))[0] == 1006


async def test_the_client_may_close() -> None:
    async with connected() as socket:
        await socket.aclose(1000, "done")
        assert socket.closed.code == 1000


UPGRADE = (
    "GET /v1/realtime?model=m HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


@pytest.mark.parametrize(
    ("request_text", "faults", "status"),
    [
        (UPGRADE.replace("/v1/realtime", "/nowhere"), (), " 404 "),
        (UPGRADE, ("refuse=503",), " 503 "),
        (UPGRADE.replace("13", "8"), (), " 426 "),
        ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", (), " 400 "),
        ("nonsense\r\n\r\n", (), " 400 "),
    ],
)
async def test_a_refused_handshake(request_text: str, faults: tuple[str, ...], status: str) -> None:
    waiting = tuple(parse_fault(each) for each in faults)
    async with trio.open_nursery() as nursery:
        url = await open_simulator(nursery, Settings(voice=VoiceName.ECHO, faults=waiting))
        port = int(url.split(":")[2].split("/")[0])
        answer = b""
        with trio.fail_after(5):
            async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
                await stream.send_all(request_text.encode())
                while data := await stream.receive_some(1_000):
                    answer += data
        assert status in answer.decode().splitlines()[0]
        assert b"invalid_request_error" in answer
        nursery.cancel_scope.cancel()
