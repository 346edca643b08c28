"""The dialects as a frontend under load speaks them: few words, read cheaply.

Owns what is said and read of `voice`, `companion`, `conversation` and `openai`. Written apart
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


class _Fields(msgspec.Struct):
    """The fields that any of the dialects gives a meaning to."""

    audio: str = ""
    delta: str = ""
    text: str = ""
    role: str = "assistant"
    final: bool = False
    code: str | None = None
    message: str = ""
    error: Any = None
    audio_data: str = msgspec.field(default="", name="audioData")


class _Message(_Fields, kw_only=True):
    """A message; `data` are its fields where they do not stand at the top."""

    type: str
    data: _Fields | None = None


_decode = msgspec.json.Decoder(_Message).decode


@dataclass(frozen=True, slots=True)
class Frontend:
    """One dialect: its path, how audio is wrapped, and what its messages mean.

    `opening` and `closing` stand around the payload of a message with audio;
    `introduction` is said before anything else, `$number` in it being the session's own.
    """

    name: str
    path: str
    opening: bytes
    kinds: Mapping[str, Kind]
    closing: bytes = b'"}'
    introduction: tuple[bytes, ...] = ()

    def introduce(self, number: int) -> list[bytes]:
        """What the session of this number says first."""
        own = b"%d" % number
        return [message.replace(b"$number", own) for message in self.introduction]

    def wrap(self, audio: bytes) -> bytes:
        """A chunk (base64) as a message for the proxy."""
        return b"%s%s%s" % (self.opening, audio, self.closing)

    def read(self, raw: bytes) -> tuple[Kind, str]:
        """What a message means, and its words.

        Raises ValueError where it is not what the dialect allows.
        """
        message = _decode(raw)  # DecodeError is a ValueError
        kind, fields = self.kinds.get(message.type, Kind.OTHER), message.data or message
        if kind is Kind.AUDIO:
            return kind, fields.audio or fields.delta or fields.audio_data
        if kind is Kind.WORD:
            piece = fields.role == "assistant" and not fields.final
            return (kind, fields.delta or fields.text) if piece else (Kind.OTHER, "")
        if kind is Kind.TROUBLE:
            return kind, _trouble(fields)
        return kind, ""


def _trouble(fields: _Fields) -> str:
    if isinstance(fields.error, dict):
        return f"{fields.error.get('code')}: {fields.error.get('message')}"
    return f"{fields.code}: {fields.message}"


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

COMPANION = Frontend(
    name="companion",
    path="/ws",
    opening=b'{"type":"audio","data":{"audio":"',
    closing=b'"}}',
    introduction=(
        b'{"type":"auth","data":{"userId":"load-$number"}}',
        b'{"type":"start_realtime","data":{}}',
    ),
    kinds={
        "session_ready": Kind.READY,
        "audio_delta": Kind.AUDIO,
        "text_delta": Kind.WORD,
        "response_started": Kind.ANSWER_BEGINS,
        "response_complete": Kind.ANSWER_OVER,
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

FRONTENDS = {each.name: each for each in (VOICE, COMPANION, CONVERSATION, OPENAI)}
