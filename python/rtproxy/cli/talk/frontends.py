"""The small dialects from the frontend's side: what `talk` says and what it is told.

Owns the messages of `voice`, `conversation` and `openai` as a client sends and
reads them; written apart from `rtproxy.dialects` on purpose, so that each checks
the other. Pure; must not know sockets, files or the screen.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Message = Mapping[str, Any]
Role = Literal["user", "assistant"]


@dataclass(frozen=True, slots=True)
class Ready:
    """The proxy has an upstream and listens; `detail` is what it said of it."""

    detail: str = ""


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Turn detection heard speech begin."""


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """Turn detection heard speech end: an answer should come."""


@dataclass(frozen=True, slots=True)
class AnswerStarted:
    """An answer is on its way."""


@dataclass(frozen=True, slots=True)
class AnswerAudio:
    """PCM16 24 kHz mono of the answer."""

    pcm: bytes


@dataclass(frozen=True, slots=True)
class Said:
    """Text of what one side said: the next piece, or all of it where `final`."""

    role: Role
    text: str
    final: bool


@dataclass(frozen=True, slots=True)
class AnswerOver:
    """The answer has been played, or was cut."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """The proxy told an error; after a fatal one it closes."""

    message: str
    code: str
    fatal: bool


Heard = (
    Ready
    | SpeechStarted
    | SpeechStopped
    | AnswerStarted
    | AnswerAudio
    | Said
    | AnswerOver
    | Trouble
)
Reading = Callable[[Message], Heard]


@dataclass(frozen=True, slots=True)
class Frontend:
    """One dialect as a client speaks it.

    Attributes:
        name: as in `--dialect`.
        path: where a proxy speaks it.
        audio_type: the type of a message with audio for the proxy.
        opening: what is said first.
        end_turn: what ends a turn by hand; empty where only turn detection can.
        readings: by message type, what it means; other types mean nothing here.
    """

    name: str
    path: str
    audio_type: str
    readings: Mapping[str, Reading]
    opening: Sequence[Message] = field(default=())
    end_turn: Sequence[Message] = field(default=())

    def audio(self, pcm: bytes) -> str:
        """A chunk of speech as a message."""
        encoded = base64.b64encode(pcm).decode("ascii")
        return json.dumps({"type": self.audio_type, "audio": encoded}, separators=(",", ":"))

    def read(self, raw: str | bytes) -> Heard | None:
        """What a message means; None for what this client has no use for.

        Raises ValueError where it is not JSON or its audio is not base64.
        """
        message = json.loads(raw)
        kind = message.get("type") if isinstance(message, dict) else None
        reading = self.readings.get(str(kind))
        return None if reading is None else reading(message)


def _always(heard: Heard) -> Reading:
    return lambda _: heard


def _audio_in(key: str) -> Reading:
    return lambda message: AnswerAudio(base64.b64decode(str(message.get(key) or ""), validate=True))


def _piece(role: Role, key: str) -> Reading:
    return lambda message: Said(role, str(message.get(key) or ""), final=False)


def _whole(role: Role, key: str) -> Reading:
    return lambda message: Said(role, str(message.get(key) or ""), final=True)


def _transcript(message: Message) -> Said:
    role: Role = "user" if message.get("role") == "user" else "assistant"
    return Said(role, str(message.get("text") or ""), final=bool(message.get("final")))


def _ready(message: Message) -> Ready:
    return Ready(_detail(message.get("model"), message.get("voice")))


def _session_created(message: Message) -> Ready:
    session = message.get("session") or {}
    output = (session.get("audio") or {}).get("output") or {}
    return Ready(_detail(session.get("model"), output.get("voice")))


def _detail(model: object, voice: object) -> str:
    parts = [str(model) if model else "", f"voice {voice}" if voice else ""]
    return ", ".join(part for part in parts if part)


def _trouble(message: Message) -> Trouble:
    return Trouble(
        message=str(message.get("message") or "an error without words"),
        code=str(message.get("code") or ""),
        fatal=bool(message.get("fatal")),
    )


_COMMON: dict[str, Reading] = {
    "session_ready": _ready,
    "speech_started": _always(SpeechStarted()),
    "speech_stopped": _always(SpeechStopped()),
    "response_started": _always(AnswerStarted()),
    "response_done": _always(AnswerOver()),
    "error": _trouble,
}

VOICE = Frontend(
    name="voice",
    path="/ws/voice",
    audio_type="audio_input",
    end_turn=({"type": "commit_audio"},),
    readings={**_COMMON, "audio_chunk": _audio_in("audio"), "transcript": _transcript},
)

CONVERSATION = Frontend(
    name="conversation",
    path="/ws/conversation",
    audio_type="audio",
    readings={
        **_COMMON,
        "audio_delta": _audio_in("audio"),
        "text_delta": _piece("assistant", "text"),
        "transcription": _whole("user", "text"),
    },
)

_ASR = "conversation.item.input_audio_transcription"

OPENAI = Frontend(
    name="openai",
    path="/v1/realtime",
    audio_type="input_audio_buffer.append",
    opening=(
        {
            "type": "session.update",
            "session": {
                "type": "realtime",
                "audio": {"input": {"transcription": {"model": "whisper-1"}}},
            },
        },
    ),
    end_turn=({"type": "input_audio_buffer.commit"}, {"type": "response.create"}),
    readings={
        "session.created": _session_created,
        "input_audio_buffer.speech_started": _always(SpeechStarted()),
        "input_audio_buffer.speech_stopped": _always(SpeechStopped()),
        "response.created": _always(AnswerStarted()),
        "response.output_audio.delta": _audio_in("delta"),
        "response.output_audio_transcript.delta": _piece("assistant", "delta"),
        "response.output_audio_transcript.done": _whole("assistant", "transcript"),
        "response.output_text.delta": _piece("assistant", "delta"),
        "response.output_text.done": _whole("assistant", "text"),
        f"{_ASR}.delta": _piece("user", "delta"),
        f"{_ASR}.completed": _whole("user", "transcript"),
        "response.done": _always(AnswerOver()),
        "error": lambda message: _trouble(message.get("error") or {}),
    },
)

FRONTENDS = {frontend.name: frontend for frontend in (VOICE, CONVERSATION, OPENAI)}
