"""An upstream that answers at length, and keeps all that it was told.

Owns one long answer and the list of what came, for tests of what the proxy says
upstream on its own account. Must not know what is tested.
"""

from __future__ import annotations

import json
from typing import Any

import trio
from trio_websocket import WebSocketConnection

from .stub_upstream import SESSION, StubUpstream, tell

CHUNK_MS = 100
_PLACE = {"response_id": "resp_long", "output_index": 0}
_PART = {**_PLACE, "item_id": "item_long", "content_index": 0}
_ITEM = {"id": "item_long", "type": "message", "role": "assistant", "content": []}


class RecordedUpstream:
    """Each request for a response is answered by `answer_ms` of silence, all at once."""

    def __init__(self, answer_ms: int = 10_000) -> None:
        """Nothing listens until `serve`."""
        self.told: list[dict[str, Any]] = []
        self.url = ""
        self._answer_ms = answer_ms
        self._news = trio.Event()
        self._ws: WebSocketConnection | None = None

    async def serve(self, nursery: trio.Nursery) -> RecordedUpstream:
        """Listen on a free loopback port."""
        self.url = (await StubUpstream(self._part).serve(nursery)).url
        return self

    async def say(self, **event: Any) -> None:
        """Say something of the test's own."""
        assert self._ws is not None
        await tell(self._ws, event)

    async def next(self, kind: str, wait_s: float = 20.0) -> dict[str, Any]:
        """The first message of this type that was told, then or now."""
        with trio.fail_after(wait_s):
            while True:
                found = [event for event in self.told if event["type"] == kind]
                if found:
                    return found[0]
                await self._news.wait()

    async def _part(self, ws: WebSocketConnection) -> None:
        self._ws = ws
        await tell(ws, {"type": "session.created", "session": SESSION})
        while True:
            event = json.loads(await ws.get_message())
            self.told.append(event)
            self._news.set()
            self._news = trio.Event()
            if event["type"] == "session.update":
                await tell(ws, {"type": "session.updated", "session": SESSION})
            elif event["type"] == "response.create":
                await self._answer(ws)

    async def _answer(self, ws: WebSocketConnection) -> None:
        response = {"id": "resp_long", "status": "in_progress", "conversation_id": "conv"}
        await tell(ws, {"type": "response.created", "response": response})
        await tell(ws, {"type": "response.output_item.added", **_PLACE, "item": _ITEM})
        for _ in range(self._answer_ms // CHUNK_MS):
            delta = "A" * (CHUNK_MS * 64)
            await tell(ws, {"type": "response.output_audio.delta", **_PART, "delta": delta})
        await tell(ws, {"type": "response.output_audio.done", **_PART})
        done = {**response, "status": "completed", "output": [_ITEM]}
        await tell(ws, {"type": "response.done", "response": done})
