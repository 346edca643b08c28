"""An upstream that calls tools when it is told to, and notes when what it heard came.

Owns the calls of one response and the list of what came, with times. Must not know what
is tested.
"""

from __future__ import annotations

import json
from typing import Any

import trio
from trio_websocket import WebSocketConnection

from .stub_upstream import SESSION, StubUpstream, tell


class CallingUpstream:
    """Its answers are nothing but calls; to a request for a response it says nothing."""

    def __init__(self) -> None:
        """Nothing listens until `serve`."""
        self.told: list[dict[str, Any]] = []
        self.heard_at: list[float] = []  # when each chunk of audio came
        self.url = ""
        self._news = trio.Event()
        self._ws: WebSocketConnection | None = None
        self._responses = 0

    async def serve(self, nursery: trio.Nursery) -> CallingUpstream:
        """Listen on a free loopback port."""
        self.url = (await StubUpstream(self._part).serve(nursery)).url
        return self

    async def call(self, *calls: tuple[str, str]) -> None:
        """One response that calls these tools: name and arguments; their ids are the names."""
        assert self._ws is not None
        self._responses += 1
        response = {"id": f"resp_{self._responses}", "conversation_id": "conv"}
        await tell(self._ws, {"type": "response.created", "response": response})
        for name, arguments in calls:
            call = {
                "type": "response.function_call_arguments.done",
                "response_id": response["id"],
                "item_id": f"item_{name}",
                "output_index": 0,
                "call_id": name,
                "name": name,
                "arguments": arguments,
            }
            await tell(self._ws, call)
        done = {**response, "status": "completed", "output": []}
        await tell(self._ws, {"type": "response.done", "response": done})

    async def until(self, kind: str, wait_s: float = 20.0) -> list[dict[str, Any]]:
        """What it has been told up to the first message of this type, taken off the list."""
        with trio.fail_after(wait_s):
            while not any(event["type"] == kind for event in self.told):
                await self._news.wait()
        last = next(n for n, event in enumerate(self.told) if event["type"] == kind)
        seen, self.told = self.told[: last + 1], self.told[last + 1 :]
        return seen

    async def _part(self, ws: WebSocketConnection) -> None:
        self._ws = ws
        await tell(ws, {"type": "session.created", "session": SESSION})
        while True:
            event = json.loads(await ws.get_message())
            if event["type"] == "input_audio_buffer.append":
                self.heard_at.append(trio.current_time())
                continue
            self.told.append(event)
            self._news.set()
            self._news = trio.Event()
            if event["type"] == "session.update":
                session = {**SESSION, "tools": event["session"].get("tools", [])}
                await tell(ws, {"type": "session.updated", "session": session})
