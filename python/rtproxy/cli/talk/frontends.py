"""The dialects from the frontend's side: what `talk` says and what it is told.

Owns the messages of `voice`, `companion`, `conversation` and `openai` as a client sends
and reads them (`telephone` has those of `twilio`); written apart from `rtproxy.dialects` on
purpose, so that each checks the other. Pure; must not know sockets, files or the screen.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from rtproxy.cli.talk.formats import WireFormats
from rtproxy.cli.talk.heard import (
    AnswerAudio,
    AnswerOver,
    AnswerStarted,
    Dialogue,
    FormatsTold,
    Heard,
    Message,
    Ready,
    Reconnecting,
    Role,
    Said,
    SpeechStarted,
    SpeechStopped,
    ToolNews,
    Trouble,
)
from rtproxy.model.audio_format import PCM16_24K, AudioFormat, Encoding, LegAudio

Reading = Callable[[Message], Heard]


@dataclass(frozen=True, slots=True)
class Frontend:
    """One dialect as a client speaks it.

    Attributes:
        name: as in `--dialect`.
        path: where a proxy speaks it.
        audio_type: the type of a message with audio for the proxy.
        envelope: the key under which messages have their fields; None: at the top.
        introduction: what is said before anything else, and waits for no answer.
        opening: what is said first; where it is anything, the formats are asked for in
            it, and nothing is spoken before `FormatsTold` answers it.
        carries: the formats that can be asked for; None: any, by query parameters.
        end_turn: what ends a turn by hand; empty where only turn detection can.
        readings: by message type, what it means; other types mean nothing here.
        piece_ms: how much audio a message has at most; None: as much as there is.
    """

    name: str
    path: str
    audio_type: str
    readings: Mapping[str, Reading]
    envelope: str | None = None
    introduction: Sequence[Message] = field(default=())
    opening: Callable[[WireFormats], Sequence[Message]] = field(default=lambda _: ())
    carries: Collection[LegAudio] | None = None
    end_turn: Sequence[Message] = field(default=())
    piece_ms: int | None = None

    def connect(self) -> Dialogue:
        """For one connection; itself, where it remembers nothing of it."""
        return self

    def due(self, now: float) -> Sequence[Heard | Message]:
        """Nothing: this client leaves it to the proxy to know what was played."""
        del now
        return ()

    def audio(self, chunk: bytes, *, binary: bool = False) -> str | bytes:
        """A chunk of speech as a message; bytes are for a binary frame."""
        if binary:
            return chunk
        encoded = base64.b64encode(chunk).decode("ascii")
        fields = {"audio": encoded}
        inside = fields if self.envelope is None else {self.envelope: fields}
        return json.dumps({"type": self.audio_type, **inside}, separators=(",", ":"))

    def read(self, raw: str | bytes, *, binary: bool = False) -> Heard | None:
        """What a message means; None for what this client has no use for.

        Raises ValueError where it is not JSON, its audio is not base64, or it is a
        binary frame and those were not asked for.
        """
        if isinstance(raw, bytes):
            if not binary:
                raise ValueError(f"a binary frame of {len(raw)} bytes")
            return AnswerAudio(raw)
        message = json.loads(raw)
        kind = message.get("type") if isinstance(message, dict) else None
        reading = self.readings.get(str(kind))
        if reading is None:
            return None
        return reading(message if self.envelope is None else message.get(self.envelope) or {})


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


def _tool_news(message: Message) -> ToolNews:
    call_id, name, state = (str(message.get(key) or "") for key in ("callId", "name", "state"))
    return ToolNews(call_id, name, state, str(message.get("text") or ""))


_COMMON: dict[str, Reading] = {
    "session_ready": _ready,
    "speech_started": _always(SpeechStarted()),
    "speech_stopped": _always(SpeechStopped()),
    "response_started": _always(AnswerStarted()),
    "response_done": _always(AnswerOver()),
    "reconnecting": lambda message: Reconnecting(str(message.get("attempt") or "")),
    "tool_progress": _tool_news,
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

COMPANION = Frontend(
    name="companion",
    path="/ws",
    audio_type="audio",
    envelope="data",
    introduction=(
        {"type": "auth", "data": {"userId": "talk", "conversationId": "talk"}},
        {"type": "start_realtime", "data": {}},
    ),
    readings={
        **_COMMON,
        "audio_delta": _audio_in("audioData"),
        "text_delta": _piece("assistant", "text"),
        "transcription": _whole("user", "transcript"),
        "response_complete": _always(AnswerOver()),
    },
)

_ASR = "conversation.item.input_audio_transcription"

# Where the session.update of the opening is refused, nothing can follow.
_OPENING_ID = "talk_opening"
_WIRE_TYPES: dict[LegAudio, str] = {
    PCM16_24K: "audio/pcm",
    AudioFormat(Encoding.G711_ULAW, 8_000): "audio/pcmu",
    AudioFormat(Encoding.G711_ALAW, 8_000): "audio/pcma",
}
_BY_WIRE_TYPE = {name: audio_format for audio_format, name in _WIRE_TYPES.items()}


def _wire_format(audio_format: LegAudio) -> Message:
    rate = {"rate": PCM16_24K.rate_hz} if audio_format == PCM16_24K else {}
    return {"type": _WIRE_TYPES[audio_format], **rate}


def _open_session(formats: WireFormats) -> Sequence[Message]:
    audio = {
        "input": {
            "format": _wire_format(formats.mic),
            "transcription": {"model": "whisper-1"},
        },
        "output": {"format": _wire_format(formats.speaker)},
    }
    session = {"type": "realtime", "audio": audio}
    return ({"type": "session.update", "event_id": _OPENING_ID, "session": session},)


def _session_updated(message: Message) -> FormatsTold | Trouble:
    audio = (message.get("session") or {}).get("audio") or {}
    mic, speaker = (_format_name(audio.get(side)) for side in ("input", "output"))
    if mic in _BY_WIRE_TYPE and speaker in _BY_WIRE_TYPE:
        return FormatsTold(_BY_WIRE_TYPE[mic], _BY_WIRE_TYPE[speaker])
    known = ", ".join(_BY_WIRE_TYPE)
    words = f"the upstream takes {mic} and answers with {speaker}; talk knows {known}"
    return Trouble(words, "unknown_format", fatal=True)


def _format_name(side: Message | None) -> str:
    """What is not named is PCM16, 24 kHz: the protocol's default."""
    return str(((side or {}).get("format") or {}).get("type") or "audio/pcm")


def _error(message: Message) -> Trouble:
    error = message.get("error") or {}
    return _trouble({**error, "fatal": error.get("event_id") == _OPENING_ID})


def _answer_over(message: Message) -> AnswerOver:
    """A failed answer has its reason inside; no `error` comes beside it."""
    details = (message.get("response") or {}).get("status_details") or {}
    error = details.get("error") or {}
    return AnswerOver(str(error.get("message") or error.get("code") or ""))


OPENAI = Frontend(
    name="openai",
    path="/v1/realtime",
    audio_type="input_audio_buffer.append",
    opening=_open_session,
    carries=tuple(_WIRE_TYPES),
    end_turn=({"type": "input_audio_buffer.commit"}, {"type": "response.create"}),
    readings={
        "session.created": _session_created,
        "session.updated": _session_updated,
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
        "response.done": _answer_over,
        "error": _error,
    },
)

FRONTENDS = {frontend.name: frontend for frontend in (VOICE, COMPANION, CONVERSATION, OPENAI)}
