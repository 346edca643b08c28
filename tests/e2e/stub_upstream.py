"""An upstream that misbehaves on demand.

Owns a WebSocket server (trio-websocket) and a plain TCP server whose every
connection is given to a part that the test chooses. The shipped simulator is
the well-behaved upstream; this one is for what no sane upstream does.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any

import trio
from trio_websocket import (
    ConnectionClosed,
    WebSocketConnection,
    WebSocketRequest,
    serve_websocket,
)

Part = Callable[[WebSocketConnection], Awaitable[None]]

SESSION = {
    "type": "realtime",
    "object": "realtime.session",
    "id": "sess_stub00000000000000001",
    "model": "gpt-realtime",
    "output_modalities": ["audio"],
    "audio": {
        "input": {"format": {"type": "audio/pcm", "rate": 24000}, "turn_detection": None},
        "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "alloy"},
    },
}


class StubUpstream:
    """A WebSocket server; connection number n plays the n-th part, the last part again after."""

    def __init__(self, *parts: Part) -> None:
        """Nothing listens until `serve`."""
        self._parts = parts
        self.dials = 0
        self.url = ""

    async def serve(self, nursery: trio.Nursery) -> StubUpstream:
        """Listen on a free loopback port."""
        server = await nursery.start(
            partial(serve_websocket, self._connection, "127.0.0.1", 0, ssl_context=None)
        )
        self.url = f"ws://127.0.0.1:{server.port}/v1/realtime"
        return self

    async def _connection(self, request: WebSocketRequest) -> None:
        part = self._parts[min(self.dials, len(self._parts) - 1)]
        self.dials += 1
        with suppress(ConnectionClosed):  # the proxy may leave at any time
            await part(await request.accept())


class HttpUpstream:
    """Answers every upgrade with one HTTP response, and counts the dials."""

    def __init__(self, response: bytes) -> None:
        """Nothing listens until `serve`."""
        self._response = response
        self.dials = 0
        self.heads: list[bytes] = []
        self.url = ""

    async def serve(self, nursery: trio.Nursery) -> HttpUpstream:
        """Listen on a free loopback port."""
        listeners = await nursery.start(
            partial(trio.serve_tcp, self._connection, 0, host="127.0.0.1")
        )
        port = listeners[0].socket.getsockname()[1]
        self.url = f"ws://127.0.0.1:{port}/v1/realtime"
        return self

    async def _connection(self, stream: trio.SocketStream) -> None:
        self.dials += 1
        try:
            self.heads.append(await stream.receive_some())
            if self._response:
                await stream.send_all(self._response)
            else:
                await trio.sleep(60)
        except trio.BrokenResourceError:
            pass  # the proxy may leave at any time
        finally:
            await trio.aclose_forcefully(stream)


async def tell(ws: WebSocketConnection, event: dict[str, Any]) -> None:
    """Send one event under an id."""
    await ws.send_message(json.dumps({"event_id": "event_stub", **event}))


async def silent(ws: WebSocketConnection) -> None:
    """Accept, and say nothing."""
    while True:
        await ws.get_message()


async def sane(ws: WebSocketConnection) -> None:
    """Enough of a realtime API for a text turn."""
    await tell(ws, {"type": "session.created", "session": SESSION})
    while True:
        await answer(ws, json.loads(await ws.get_message()))


async def answer(ws: WebSocketConnection, event: dict[str, Any]) -> None:
    """Configure, take an item, or respond to it."""
    if event["type"] == "session.update":
        await tell(ws, {"type": "session.updated", "session": SESSION})
    elif event["type"] == "conversation.item.create":
        item = {"id": "item_user", "status": "completed", **event["item"]}
        for name in ("added", "done"):
            kind = f"conversation.item.{name}"
            await tell(ws, {"type": kind, "previous_item_id": None, "item": item})
    elif event["type"] == "response.create":
        await respond(ws)


async def respond(ws: WebSocketConnection) -> None:
    """One response that speaks a word and 40 ms of silence."""
    place = {"response_id": "resp_stub", "output_index": 0}
    part = {**place, "item_id": "item_stub", "content_index": 0}
    item = {"id": "item_stub", "type": "message", "role": "assistant", "content": []}
    response = {"object": "realtime.response", "id": "resp_stub", "status": "in_progress"}
    await tell(ws, {"type": "response.created", "response": {**response, "output": []}})
    await tell(ws, {"type": "response.output_item.added", **place, "item": item})
    await tell(ws, {"type": "response.output_audio_transcript.delta", **part, "delta": "word"})
    await tell(ws, {"type": "response.output_audio.delta", **part, "delta": "A" * 2_560})
    await tell(ws, {"type": "response.output_audio.done", **part})
    await tell(ws, {"type": "response.output_item.done", **place, "item": item})
    done = {**response, "status": "completed", "output": [item]}
    await tell(ws, {"type": "response.done", "response": done})
