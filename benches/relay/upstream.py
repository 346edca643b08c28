"""The upstream of the benchmark: a realtime API that says everything back at once.

A session is realistic in shape: `session.created`, `session.updated`, then one
long response in which every append comes back as `response.output_audio.delta`,
with transcript deltas beside it. Lean, because it shares a core with the load.

    python -m benches.relay.upstream [--transcripts-hz 4]     prints its port
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import socket

import msgspec
import trio

from benches.relay.wire import CLOSE, PING, PONG, TEXT, Frames, RelayError, Socket, accept, frame

IDLE_S = 0.05

SESSION: dict[str, object] = {
    "type": "realtime",
    "object": "realtime.session",
    "id": "sess_benchmark0000000000001",
    "model": "gpt-realtime",
    "output_modalities": ["audio"],
    "instructions": "",
    "tools": [],
    "tool_choice": "auto",
    "max_output_tokens": "inf",
    "tracing": None,
    "truncation": "auto",
    "prompt": None,
    "expires_at": 4_102_444_800,
    "audio": {
        "input": {
            "format": {"type": "audio/pcm", "rate": 24000},
            "transcription": None,
            "noise_reduction": None,
            "turn_detection": {
                "type": "server_vad",
                "threshold": 0.5,
                "prefix_padding_ms": 300,
                "silence_duration_ms": 200,
                "idle_timeout_ms": None,
                "create_response": True,
                "interrupt_response": True,
            },
        },
        "output": {
            "format": {"type": "audio/pcm", "rate": 24000},
            "voice": "alloy",
            "speed": 1.0,
        },
    },
    "include": None,
}


class ClientEvent(msgspec.Struct):
    """What is read of a client's event."""

    type: str
    audio: str = ""
    session: msgspec.Raw = msgspec.Raw(b"{}")


def merge(into: dict[str, object], update: dict[str, object]) -> dict[str, object]:
    """A partial update of the session, as protocol section 2 has it."""
    merged = dict(into)
    for key, value in update.items():
        old = merged.get(key)
        both = isinstance(old, dict) and isinstance(value, dict)
        merged[key] = merge(old, value) if both else value  # type: ignore[arg-type] # both are dicts
    return merged


class Session:
    """One client's session; answers are queued on its socket, nothing waits."""

    def __init__(self, link: Socket) -> None:
        """Greet the client."""
        self._link = link
        self._session: dict[str, object] = SESSION
        self._numbers = itertools.count(1)
        self._words = itertools.count()
        self._answering = False
        self._decoder = msgspec.json.Decoder(ClientEvent)
        self._send({"type": "session.created", "session": self._session})

    def _send(self, event: dict[str, object]) -> None:
        event = {"event_id": f"event_{next(self._numbers):021}", **event}
        self._link.write(frame(TEXT, msgspec.json.encode(event)))

    def receive(self, message: bytes) -> None:
        """Answer one client event."""
        event = self._decoder.decode(message)
        if event.type == "input_audio_buffer.append":
            self._say_back(event.audio)
        elif event.type == "session.update":
            self._session = merge(self._session, msgspec.json.decode(event.session))
            self._send({"type": "session.updated", "session": self._session})
        else:
            raise RelayError(f"the relay sent {event.type!r}, which this load never asks for")

    def _say_back(self, audio: str) -> None:
        if not self._answering:
            self._begin_response()
        payload = (
            b'{"event_id":"event_%021d","type":"response.output_audio.delta",'
            b'"response_id":"resp_benchmark0000000000001","item_id":"item_benchmark0000000000001",'
            b'"output_index":0,"content_index":0,"delta":"%s"}'
        ) % (next(self._numbers), audio.encode())
        self._link.write(frame(TEXT, payload))

    def _begin_response(self) -> None:
        self._answering = True
        response = {
            "object": "realtime.response",
            "id": "resp_benchmark0000000000001",
            "status": "in_progress",
            "status_details": None,
            "output": [],
            "conversation_id": "conv_benchmark0000000000001",
            "output_modalities": ["audio"],
            "max_output_tokens": "inf",
            "usage": None,
            "metadata": None,
        }
        item = {
            "id": "item_benchmark0000000000001",
            "type": "message",
            "status": "in_progress",
            "role": "assistant",
            "content": [],
        }
        place = {"response_id": response["id"], "output_index": 0}
        part = {"item_id": item["id"], "content_index": 0}
        self._send({"type": "response.created", "response": response})
        self._send({"type": "response.output_item.added", **place, "item": item})
        self._send({"type": "conversation.item.added", "previous_item_id": None, "item": item})
        audio_part = {"type": "audio", "transcript": ""}
        added = {"type": "response.content_part.added", **place, **part, "part": audio_part}
        self._send(added)

    def speak_word(self) -> None:
        """One transcript delta, numbered so that a lost one is seen."""
        if self._answering:
            self._send(
                {
                    "type": "response.output_audio_transcript.delta",
                    "response_id": "resp_benchmark0000000000001",
                    "item_id": "item_benchmark0000000000001",
                    "output_index": 0,
                    "content_index": 0,
                    "delta": f"{next(self._words)} ",
                    "obfuscation": "x1Y2z",
                }
            )


class Upstream:
    """All sessions, and the one task that speaks their words."""

    def __init__(self, transcripts_hz: float) -> None:
        """Start without sessions."""
        self._sessions: set[Session] = set()
        self._transcripts_hz = transcripts_hz

    async def serve(self, listener: socket.socket, nursery: trio.Nursery) -> None:
        """Accept for ever."""
        while True:
            await trio.lowlevel.wait_readable(listener)
            nursery.start_soon(self._connection, Socket(listener.accept()[0]))

    async def _connection(self, link: Socket) -> None:
        try:
            await self._converse(link, await accept(link))
        except RelayError as error:
            print(f"upstream: {error}", flush=True)
        finally:
            link.close()

    async def _converse(self, link: Socket, frames: Frames) -> None:
        session = Session(link)
        self._sessions.add(session)
        try:
            data = b""
            while True:
                for opcode, payload in frames.feed(data):
                    if opcode == TEXT:
                        session.receive(payload)
                    elif opcode == PING:
                        link.write(frame(PONG, payload))
                    elif opcode == CLOSE:
                        link.write(frame(CLOSE, payload))
                        return
                if not (data := await link.read()):
                    return
        finally:
            self._sessions.discard(session)

    async def speak(self) -> None:
        """Transcript deltas for every session, spread evenly over time."""
        due = trio.current_time()
        while True:
            sessions = list(self._sessions)
            if not sessions:
                await trio.sleep(IDLE_S)
                due = trio.current_time()
            for session in sessions:
                due += 1 / self._transcripts_hz / len(sessions)
                await trio.sleep_until(due)
                if session in self._sessions:
                    session.speak_word()


async def run(transcripts_hz: float) -> None:
    """Listen on a free port, say which, and serve."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    listener.setblocking(False)
    print(listener.getsockname()[1], flush=True)
    upstream = Upstream(transcripts_hz)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(upstream.speak)
        await upstream.serve(listener, nursery)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--transcripts-hz", type=float, default=4.0)
    with contextlib.suppress(KeyboardInterrupt):
        trio.run(run, parser.parse_args().transcripts_hz)
