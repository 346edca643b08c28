"""The simulator on a socket: real connections over loopback."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import structlog
import trio
from structlog.testing import capture_logs
from trio_websocket import (
    ConnectionClosed,
    WebSocketConnection,
    open_websocket_url,
)

from rtproxy.simulator.conversation import Conversation
from rtproxy.simulator.faults import parse_fault
from rtproxy.simulator.server import open_simulator
from rtproxy.simulator.settings import Settings

QUICK = Settings(first_audio_delay_ms=0, speed=1_000.0)


@asynccontextmanager
async def simulator(settings: Settings = QUICK) -> AsyncIterator[str]:
    with trio.fail_after(10):
        async with trio.open_nursery() as nursery:
            yield await open_simulator(nursery, settings) + "?model=gpt-realtime-2.1"
            nursery.cancel_scope.cancel()


def faulty(*written: str, **fields: Any) -> Settings:
    return Settings(faults=tuple(parse_fault(each) for each in written), **fields)


@asynccontextmanager
async def connected(url: str, **options: Any) -> AsyncIterator[WebSocketConnection]:
    async with open_websocket_url(url, **options) as socket:
        try:
            yield socket
        finally:
            # Where the server closes first, trio-websocket's client leaves its socket open.
            with trio.CancelScope(shield=True):
                await trio.aclose_forcefully(socket._stream)


@asynccontextmanager
async def upgraded(url: str) -> AsyncIterator[trio.SocketStream]:
    """A bare stream on which the upgrade has been asked for: a client as rude as we like."""
    host, _, path = url.removeprefix("ws://").partition("/")
    name, _, port = host.partition(":")
    async with await trio.open_tcp_stream(name, int(port)) as stream:
        await stream.send_all(
            f"GET /{path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
        )
        yield stream


async def refused(url: str) -> tuple[str, str]:
    """Head and body of the answer to an upgrade."""
    answer = b""
    async with upgraded(url) as stream:
        while more := await stream.receive_some(4_096):
            answer += more
    head, _, body = answer.decode().partition("\r\n\r\n")
    return head, body


async def ask(socket: WebSocketConnection, event_type: str, **fields: Any) -> None:
    await socket.send_message(json.dumps({"type": event_type, **fields}))


async def event(socket: WebSocketConnection) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(await socket.get_message())
    return decoded


async def until(socket: WebSocketConnection, event_type: str) -> dict[str, Any]:
    while True:
        found = await event(socket)
        if found["type"] == event_type:
            return found


async def closing(socket: WebSocketConnection) -> tuple[int, str | None]:
    try:
        while True:
            await socket.get_message()
    except ConnectionClosed as closed:
        reason: Any = closed.reason
        return reason.code, reason.reason


async def test_a_turn_over_the_wire() -> None:
    async with simulator() as url, connected(url) as socket:
        assert (await event(socket))["type"] == "session.created"
        await ask(socket, "response.create", response={"output_modalities": ["text"]})
        done = await until(socket, "response.done")
        assert done["response"]["status"] == "completed"
        await until(socket, "rate_limits.updated")


async def test_each_connection_is_a_session_of_its_own() -> None:
    async with simulator() as url:
        sessions = []
        for _ in range(3):
            async with connected(url) as socket:
                sessions.append((await event(socket))["session"]["id"])
        assert len(set(sessions)) == 3


async def test_a_seed_repeats_a_session() -> None:
    sessions = []
    for _ in range(2):
        async with simulator(Settings(seed=7)) as url, connected(url) as socket:
            sessions.append((await event(socket))["session"]["id"])
    assert sessions[0] == sessions[1]


async def test_a_bad_key_is_told_after_the_handshake() -> None:
    headers = [(b"Authorization", b"Bearer bad-key")]
    async with simulator() as url, connected(url, extra_headers=headers) as socket:
        assert (await event(socket))["error"]["code"] == "invalid_api_key"
        assert await closing(socket) == (3000, "invalid_request_error.invalid_api_key")


async def test_the_subprotocol_is_echoed_exactly() -> None:
    async with simulator() as url:
        offered = ["realtime", "openai-insecure-api-key.x"]
        async with connected(url, subprotocols=offered) as socket:
            assert socket.subprotocol == "realtime"
        async with connected(url) as socket:
            assert socket.subprotocol is None


async def test_another_path_is_not_found() -> None:
    async with simulator() as url:
        head, body = await refused(url.replace("/v1/realtime", "/other"))
    assert head.startswith("HTTP/1.1 404")
    assert "/v1/realtime" in json.loads(body)["error"]["message"]


async def test_a_refusal_is_an_http_status_with_its_hint() -> None:
    async with simulator(faulty("refuse=503#1")) as url:
        head, _ = await refused(url)
        assert head.startswith("HTTP/1.1 503")
        assert "retry-after: 1" in head.lower()
        async with connected(url) as socket:
            assert (await event(socket))["type"] == "session.created"


async def test_a_drop_has_no_close_frame() -> None:
    async with simulator(faulty("drop@session.created")) as url, connected(url) as socket:
        await event(socket)
        assert (await closing(socket))[0] == 1006


async def test_an_expired_session_is_closed_with_1001() -> None:
    async with simulator(Settings(session_max_s=0.05)) as url, connected(url) as socket:
        await event(socket)
        assert (await event(socket))["error"]["code"] == "session_expired"
        assert (await closing(socket))[0] == 1001


async def test_bad_messages_are_survived() -> None:
    async with simulator() as url, connected(url) as socket:
        await event(socket)
        for raw, code in ((b"\x00", "invalid_event"), ("{", "invalid_json"), ("", "invalid_json")):
            await socket.send_message(raw)
            assert (await event(socket))["error"]["code"] == code


async def test_a_message_that_is_too_large_ends_its_connection_alone() -> None:
    async with simulator() as url, connected(url) as other:
        await event(other)
        async with connected(url) as socket:
            await event(socket)
            await socket.send_message("x" * (16 * 1024 * 1024 + 1))
            assert (await closing(socket))[0] == 1009
        await ask(other, "input_audio_buffer.clear")
        assert (await event(other))["type"] == "input_audio_buffer.cleared"


@pytest.mark.parametrize("head", [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"])
async def test_what_is_no_websocket_leaves_the_server_up(head: bytes) -> None:
    async with simulator() as url:
        port = int(url.split(":")[2].split("/")[0])
        with capture_logs():
            async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
                await stream.send_all(head)
                await stream.send_eof()
                while await stream.receive_some(4_096):
                    pass
        async with connected(url) as socket:
            assert (await event(socket))["type"] == "session.created"


async def test_a_bug_in_one_connection_is_contained(monkeypatch: pytest.MonkeyPatch) -> None:
    receive = Conversation.receive

    def stumble(self: Conversation, event: dict[str, Any], now: float) -> Any:
        if event["type"] == "stumble":
            raise RuntimeError("a bug")
        return receive(self, event, now)

    monkeypatch.setattr(Conversation, "receive", stumble)
    structlog.reset_defaults()
    async with simulator() as url, connected(url) as other:
        await event(other)
        with capture_logs() as logs:
            async with connected(url) as socket:
                await event(socket)
                await ask(socket, "stumble")
                assert (await closing(socket))[0] == 1006
        assert [entry["event"] for entry in logs] == ["simulator_connection_failed"]
        await ask(other, "input_audio_buffer.clear")
        assert (await event(other))["type"] == "input_audio_buffer.cleared"


async def test_a_client_that_does_not_read_is_cut_off() -> None:
    settings = Settings(first_audio_delay_ms=0, speed=1e6, send_deadline_s=0.2)
    content = [{"type": "input_text", "text": "x" * 4_000}]  # four minutes of audio, 15 MB
    item = {"type": "message", "role": "user", "content": content}
    create = json.dumps({"type": "conversation.item.create", "item": item})
    async with simulator(settings) as url, upgraded(url) as stream:
        # Loopback would take all of it into its buffers otherwise.
        stream.setsockopt(trio.socket.SOL_SOCKET, trio.socket.SO_RCVBUF, 4_096)
        assert (await stream.receive_some(4_096)).startswith(b"HTTP/1.1 101")
        await stream.send_all(_masked(create.encode()))
        await stream.send_all(_masked(b'{"type":"response.create"}'))
        with pytest.raises(trio.BrokenResourceError):
            await _write_on(stream)


async def _write_on(stream: trio.SocketStream) -> None:
    """Write without reading; writes fail once the other side has gone."""
    while True:
        await stream.send_all(_masked(b'{"type":"input_audio_buffer.clear"}'))
        await trio.sleep(0.05)


def _masked(payload: bytes) -> bytes:
    """A text frame as a client sends it, with a mask of zeros."""
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2)
    return b"\x81" + length + bytes(4) + payload


async def test_a_client_that_answers_no_ping_is_cut_off() -> None:
    async with simulator(Settings(ping_s=0.05)) as url, upgraded(url) as stream:
        while await stream.receive_some(4_096):
            pass  # it reads, and says nothing


async def test_it_pings() -> None:
    async with simulator(Settings(ping_s=0.02)) as url, connected(url) as socket:
        await event(socket)
        await trio.sleep(0.2)  # several pings; trio-websocket answers them
        await ask(socket, "input_audio_buffer.clear")
        assert (await event(socket))["type"] == "input_audio_buffer.cleared"


async def test_it_ends_at_once_when_it_is_cancelled() -> None:
    async with trio.open_nursery() as nursery:
        url = await open_simulator(nursery, QUICK) + "?model=gpt-realtime-2.1"
        socket = await nursery.start(_hold_open, url)
        await ask(socket, "response.create")
        began = trio.current_time()
        nursery.cancel_scope.cancel()
    assert trio.current_time() - began < 0.5


async def _hold_open(
    url: str, task_status: trio.TaskStatus[WebSocketConnection] = trio.TASK_STATUS_IGNORED
) -> None:
    async with connected(url, disconnect_timeout=0.1) as socket:
        task_status.started(socket)
        await trio.sleep_forever()


async def test_a_port_that_is_taken_is_an_oserror() -> None:
    async with simulator() as url, trio.open_nursery() as nursery:
        port = int(url.split(":")[2].split("/")[0])
        with pytest.raises(OSError, match=r"\d"):
            await open_simulator(nursery, port=port)
