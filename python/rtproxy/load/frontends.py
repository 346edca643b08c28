"""The dialects as a frontend under load speaks them: few words, read cheaply.

Owns what is said and read of `voice`, `conversation` and `openai`. Written apart
from `rtproxy.dialects` on purpose: a load that shared its reading would not see its
mistakes. Must not know sockets, nor what is in the audio.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import msgspec


class Kind(Enum):
    """What a message of the proxy means to us."""

    READY = auto()
    AUDIO = auto()  # its words: base64
    WORD = auto()  # a piece of the answer's transcript
    ANSWER_BEGINS = auto()
    ANSWER_OVER = auto()
    TROUBLE = auto()  # its words: code and message
    OTHER = auto()


class _Message(msgspec.Struct):
    """The fields that any of the dialects gives a meaning to."""

    type: str
    audio: str = ""
    delta: str = ""
    text: str = ""
    role: str = "assistant"
    final: bool = False
    code: str | None = None
    message: str = ""
    error: Any = None


_decode = msgspec.json.Decoder(_Message).decode


@dataclass(frozen=True, slots=True)
class Frontend:
    """One dialect: its path, how audio is wrapped, and what its messages mean."""

    name: str
    path: str
    opening: bytes  # of a message with audio, up to the payload
    kinds: Mapping[str, Kind]

    def wrap(self, audio: bytes) -> bytes:
        """A chunk (base64) as a message for the proxy."""
        return b'%s%s"}' % (self.opening, audio)

    def read(self, raw: bytes) -> tuple[Kind, str]:
        """What a message means, and its words.

        Raises ValueError where it is not what the dialect allows.
        """
        message = _decode(raw)  # DecodeError is a ValueError
        kind = self.kinds.get(message.type, Kind.OTHER)
        if kind is Kind.AUDIO:
            return kind, message.audio or message.delta
        if kind is Kind.WORD:
            piece = message.role == "assistant" and not message.final
            return (kind, message.delta or message.text) if piece else (Kind.OTHER, "")
        if kind is Kind.TROUBLE:
            return kind, _trouble(message)
        return kind, ""


def _trouble(message: _Message) -> str:
    if isinstance(message.error, dict):
        return f"{message.error.get('code')}: {message.error.get('message')}"
    return f"{message.code}: {message.message}"


VOICE = Frontend(
    name="voice",
    path="/ws/voice",
    opening=b'{"type":"audio_input","audio":"',
    kinds={
        "session_ready": Kind.READY,
        "audio_chunk": Kind.AUDIO,
        "transcript": Kind.WORD,
        "response_started": Kind.ANSWER_BEGINS,
        "response_done": Kind.ANSWER_OVER,
        "error": Kind.TROUBLE,
    },
)

CONVERSATION = Frontend(
    name="conversation",
    path="/ws/conversation",
    opening=b'{"type":"audio","audio":"',
    kinds={
        "session_ready": Kind.READY,
        "audio_delta": Kind.AUDIO,
        "text_delta": Kind.WORD,
        "response_started": Kind.ANSWER_BEGINS,
        "response_done": Kind.ANSWER_OVER,
        "error": Kind.TROUBLE,
    },
)

OPENAI = Frontend(
    name="openai",
    path="/v1/realtime?model=gpt-realtime",
    opening=b'{"type":"input_audio_buffer.append","audio":"',
    kinds={
        "session.created": Kind.READY,
        "response.output_audio.delta": Kind.AUDIO,
        "response.output_audio_transcript.delta": Kind.WORD,
        "response.created": Kind.ANSWER_BEGINS,
        "response.done": Kind.ANSWER_OVER,
        "error": Kind.TROUBLE,
    },
)

FRONTENDS = {each.name: each for each in (VOICE, CONVERSATION, OPENAI)}
