"""The relay on picows and uvloop: the fastest that Python's asyncio has to offer.

    python picows_relay.py PORT UPSTREAM_URL

Like every relay here it unwraps each message and wraps it for the other side (by
msgspec, with types), and nothing else. It runs in an environment of its own
(`requirements.txt`) and knows nothing of rtproxy.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys

import msgspec
import uvloop
from picows import (
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    ws_connect,
    ws_create_server,
)

SESSION_UPDATE = msgspec.json.encode(
    {
        "type": "session.update",
        "session": {
            "type": "realtime",
            "output_modalities": ["audio"],
            "instructions": "You are Ally. Be warm and brief.",
            "audio": {
                "input": {"format": {"type": "audio/pcm", "rate": 24000}},
                "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "alloy"},
            },
        },
    }
)


class Said(msgspec.Struct):
    """A client's message, or an upstream's event, as far as it is read."""

    type: str
    audio: str = ""
    delta: str = ""
    item_id: str = ""
    response: dict[str, object] | None = None


decode = msgspec.json.Decoder(Said).decode
encode = msgspec.json.encode

NAMES = {
    "session.updated": "session_ready",
    "input_audio_buffer.speech_started": "speech_started",
    "input_audio_buffer.speech_stopped": "speech_stopped",
    "response.output_audio.done": "audio_done",
    "response.done": "response_done",
}
BUFFER = {"commit_audio": "commit", "stop_audio": "clear"}


def for_upstream(said: Said) -> dict[str, object] | None:
    """What a client's message asks of the upstream."""
    if said.type == "audio_input":
        return {"type": "input_audio_buffer.append", "audio": said.audio}
    if said.type in BUFFER:
        return {"type": f"input_audio_buffer.{BUFFER[said.type]}"}
    return None


def for_client(said: Said) -> dict[str, object] | None:
    """What an upstream event means to the client."""
    match said.type:
        case "response.output_audio.delta":
            return {"type": "audio_chunk", "audio": said.delta}
        case "response.output_audio_transcript.delta":
            return {
                "type": "transcript",
                "role": "assistant",
                "itemId": said.item_id,
                "text": said.delta,
                "final": False,
            }
        case "response.created":
            assert said.response is not None
            return {"type": "response_started", "responseId": said.response["id"]}
    return {"type": NAMES[said.type]} if said.type in NAMES else None


class Upstream(WSListener):
    """The leg to the upstream."""

    def __init__(self, client: WSTransport) -> None:
        """Relay to this client."""
        super().__init__()
        self._client = client

    def on_ws_connected(self, transport: WSTransport) -> None:
        transport.send(WSMsgType.TEXT, SESSION_UPDATE)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.CLOSE:
            transport.disconnect()
            return
        message = for_client(decode(frame.get_payload_as_memoryview()))
        if message is not None:
            self._client.send(WSMsgType.TEXT, encode(message))

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._client.disconnect()


class Client(WSListener):
    """The leg to a client; it calls the upstream as soon as it is up."""

    def __init__(self, upstream_url: str) -> None:
        """Nothing is relayed yet."""
        super().__init__()
        self._url = upstream_url
        self._upstream: WSTransport | None = None
        self._call: asyncio.Task[None] | None = None  # kept: the loop itself holds it weakly

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._call = asyncio.get_running_loop().create_task(self._call_upstream(transport))

    async def _call_upstream(self, client: WSTransport) -> None:
        self._upstream, _ = await ws_connect(lambda: Upstream(client), self._url)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.CLOSE:
            transport.send_close()
            transport.disconnect()
            return
        event = for_upstream(decode(frame.get_payload_as_memoryview()))
        if event is not None and self._upstream is not None:
            self._upstream.send(WSMsgType.TEXT, encode(event))

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        if self._upstream is not None:
            self._upstream.disconnect()


async def serve(port: int, upstream_url: str) -> None:
    """Serve until interrupted."""

    def welcome(_request: WSUpgradeRequest) -> WSListener:
        return Client(upstream_url)

    server = await ws_create_server(welcome, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        uvloop.run(serve(int(sys.argv[1]), sys.argv[2]))
