"""The dialects that answer one caller, as far as the tests speak them.

Owns the names of messages (client-protocols), so that a test is written once
and runs through each.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import Any

import trio

from . import speech
from .peer import Peer

_NUMBERS = itertools.count()  # each session is another user's


@dataclass(frozen=True, slots=True)
class Dialect:
    """Where it lives and how it says the few things that tests say."""

    name: str
    path: str
    ready: str
    append: str
    delta: str
    delta_key: str
    started: str
    done: str
    append_key: str = "audio"
    envelope: str | None = None
    introduction: tuple[dict[str, Any], ...] = ()
    headers: tuple[tuple[bytes, bytes], ...] = ()

    def audio(self, pcm: bytes) -> dict[str, Any]:
        """An audio message."""
        return {"type": self.append, self.append_key: speech.encoded(pcm)}

    def audio_of(self, event: dict[str, Any]) -> bytes:
        """The audio that a message carries, b"" for every other message."""
        return speech.decoded(event[self.delta_key]) if event["type"] == self.delta else b""

    async def connect(self, nursery: trio.Nursery, port: int, query: str = "") -> Peer:
        """A session that has begun, and is introduced where it has to be."""
        peer = await Peer.connect(nursery, port, self.path + query, self.headers)
        peer.envelope = self.envelope
        for message in self.introduction:
            await peer.send({**message, "userId": f"user-{next(_NUMBERS)}"})
        return peer

    async def open(self, nursery: trio.Nursery, port: int) -> Peer:
        """A session that is ready."""
        peer = await self.connect(nursery, port)
        await peer.next(self.ready)
        return peer

    async def speak(self, peer: Peer, pcm: bytes, *, pace: float = 0.0) -> None:
        """Say it; `pace` is seconds per second of audio, 0 is as fast as the socket takes it."""
        for chunk in speech.chunks(pcm):
            await peer.send(self.audio(chunk))
            if pace:
                await trio.sleep(speech.ms(chunk) / 1000 * pace)


VOICE = Dialect(
    name="voice",
    path="/ws/voice",
    ready="session_ready",
    append="audio_input",
    delta="audio_chunk",
    delta_key="audio",
    started="response_started",
    done="response_done",
)
COMPANION = Dialect(
    name="companion",
    path="/ws",
    ready="session_ready",
    append="audio",
    delta="audio_delta",
    delta_key="audioData",
    started="response_started",
    done="response_complete",
    envelope="data",
    introduction=({"type": "auth"}, {"type": "start_realtime"}),
)
CONVERSATION = Dialect(
    name="conversation",
    path="/ws/conversation",
    ready="session_ready",
    append="audio",
    delta="audio_delta",
    delta_key="audio",
    started="response_started",
    done="response_done",
)
OPENAI = Dialect(
    name="openai",
    path="/v1/realtime?model=gpt-realtime",
    ready="session.created",
    append="input_audio_buffer.append",
    delta="response.output_audio.delta",
    delta_key="delta",
    started="response.created",
    done="response.done",
)
BETA = replace(
    OPENAI,
    name="openai-beta",
    delta="response.audio.delta",
    headers=((b"OpenAI-Beta", b"realtime=v1"),),
)
SMALL = (VOICE, COMPANION, CONVERSATION)
RELAYED = (OPENAI, BETA)
ALL = (*SMALL, *RELAYED)
