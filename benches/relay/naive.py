"""The relay as one writes it first: the yardstick, not a straw man.

Quart on hypercorn for the clients, trio-websocket for the upstream, `json` in
between: each the obvious choice on Trio, used as its documentation shows. It
speaks the dialect `voice` and does nothing that the proxy does besides: no
pacing, no cutting, no recovery, no checks.

    python -m benches.relay.naive --port 9000 --upstream ws://127.0.0.1:9001/v1/realtime
"""

from __future__ import annotations

import argparse
import json
from typing import Any

import trio
from hypercorn.config import Config
from hypercorn.trio import serve
from quart import websocket
from quart_trio import QuartTrio
from trio_websocket import ConnectionClosed, WebSocketConnection, open_websocket_url

SESSION_UPDATE = {
    "type": "session.update",
    "session": {
        "type": "realtime",
        "output_modalities": ["audio"],
        "instructions": "You are Ally. Be warm and brief.",
        "audio": {
            "input": {
                "format": {"type": "audio/pcm", "rate": 24000},
                "transcription": {"model": "whisper-1"},
                "turn_detection": {"type": "server_vad", "silence_duration_ms": 200},
            },
            "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "alloy"},
        },
    },
}


def for_upstream(message: dict[str, Any]) -> dict[str, Any] | None:
    """What a client's message asks of the upstream."""
    match message["type"]:
        case "audio_input":
            return {"type": "input_audio_buffer.append", "audio": message["audio"]}
        case "commit_audio":
            return {"type": "input_audio_buffer.commit"}
        case "stop_audio":
            return {"type": "input_audio_buffer.clear"}
    return None


def for_client(event: dict[str, Any]) -> dict[str, Any] | None:
    """What an upstream event means to the client."""
    match event["type"]:
        case "response.output_audio.delta":
            return {"type": "audio_chunk", "audio": event["delta"]}
        case "response.output_audio_transcript.delta":
            return {
                "type": "transcript",
                "role": "assistant",
                "itemId": event["item_id"],
                "text": event["delta"],
                "final": False,
            }
        case "session.updated":
            return {"type": "session_ready"}
        case "response.created":
            return {"type": "response_started", "responseId": event["response"]["id"]}
        case "response.output_audio.done":
            return {"type": "audio_done"}
        case "response.done":
            return {"type": "response_done"}
    return None


async def to_upstream(upstream: WebSocketConnection) -> None:
    """Relay what the client says."""
    while True:
        message = for_upstream(json.loads(await websocket.receive()))
        if message is not None:
            await upstream.send_message(json.dumps(message))


async def to_client(upstream: WebSocketConnection, scope: trio.CancelScope) -> None:
    """Relay what the upstream says."""
    try:
        while True:
            message = for_client(json.loads(await upstream.get_message()))
            if message is not None:
                await websocket.send(json.dumps(message))
    except ConnectionClosed:
        scope.cancel()


def make_app(upstream_url: str) -> QuartTrio:
    """The whole relay."""
    app = QuartTrio(__name__)

    @app.get("/readyz")
    async def readyz() -> str:
        return "ok"

    @app.websocket("/ws/voice")
    async def voice() -> None:
        async with open_websocket_url(upstream_url) as upstream:
            await upstream.send_message(json.dumps(SESSION_UPDATE))
            async with trio.open_nursery() as nursery:
                nursery.start_soon(to_client, upstream, nursery.cancel_scope)
                nursery.start_soon(to_upstream, upstream)

    return app


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--upstream", required=True)
    arguments = parser.parse_args()
    config = Config()
    config.bind = [f"127.0.0.1:{arguments.port}"]
    config.errorlog = None
    trio.run(serve, make_app(arguments.upstream), config)


if __name__ == "__main__":
    main()
