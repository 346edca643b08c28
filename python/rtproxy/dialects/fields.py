"""What the small dialects share: their messages as tables of typed fields.

Owns the way from a parsed JSON object to an event or to a `Misunderstood` that
names the field. Must not know which messages there are: each dialect brings its
own table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from rtproxy.dialects.common import REQUESTS
from rtproxy.dialects.create_response import CREATE_RESPONSE
from rtproxy.dialects.json_text import event_id_of, parse_object
from rtproxy.dialects.spoken import SpokenAudio
from rtproxy.dialects.wrong_fields import wrong_field
from rtproxy.model import events as ev

# A message's fields (a struct, or an object as it came), and the events that it means.
Reading = tuple[Any, Callable[[Any], Sequence[ev.Event]]]
Readings = Mapping[str, Reading]


class Nothing(msgspec.Struct):
    """A message without fields of its own."""

    event_id: str | None = None


class Text(msgspec.Struct):
    """A message with a text."""

    text: str
    event_id: str | None = None


def read_message(
    raw: bytes,
    *,
    binary: bool,
    readings: Readings,
    audio: SpokenAudio,
    envelope: str | None = None,
) -> Sequence[ev.Event]:
    """The events that a client's held message means, by the dialect's tables.

    They know by which type, so that an error can say what it is about.
    `envelope`: the key under which a message has its fields, where not at its top.
    """
    if binary:
        return audio.read_binary(raw)
    parsed = parse_object(raw)
    if isinstance(parsed, ev.Misunderstood):
        return [parsed]
    fields = parsed if envelope is None else _opened(parsed, envelope)
    if isinstance(fields, ev.Misunderstood):
        return [fields]
    events = read_object(fields, parsed, readings, audio)
    name = fields.get("type")
    if not isinstance(name, str) or (name not in readings and name not in audio.types):
        return events
    return [msgspec.structs.replace(event, message_type=name) for event in events]


def _opened(parsed: dict[str, Any], envelope: str) -> dict[str, Any] | ev.Misunderstood:
    """The fields of an envelope as if they stood at the top; one may be left out if empty."""
    data = parsed.get(envelope)
    event_id = parsed.get("event_id")
    if data is not None and not isinstance(data, dict):
        message = f"'{envelope}' must be an object with the message's fields."
        return _refuse("invalid_field", message, envelope, event_id_of(parsed))
    fields = {**(data or {}), "type": parsed.get("type")}
    return fields if event_id is None else {**fields, "event_id": event_id}


def read_object(
    parsed: dict[str, Any], whole: dict[str, Any], readings: Readings, audio: SpokenAudio
) -> Sequence[ev.Event]:
    """The events that a parsed message means; `whole` is what it came in."""
    echoed = event_id_of(parsed)
    name = parsed.get("type")
    if not isinstance(name, str):
        known = ", ".join((*audio.types, *readings))
        message = f"Every message needs a string 'type'; known are: {known}."
        return [_refuse("missing_type", message, "type", echoed)]
    if name in audio.types:
        return audio.read(name, whole, event_id=echoed)
    reading = readings.get(name)
    if reading is None:
        known = ", ".join((*audio.types, *readings))
        message = f"Unknown message type '{name[:64]}'; known are: {known}."
        return [_refuse("unknown_type", message, "type", echoed)]
    shape, meaning = reading
    try:
        return meaning(msgspec.convert(parsed, shape))
    except msgspec.ValidationError as error:
        wrong = wrong_field(shape, parsed, error)
        message = f"{name}: {wrong.message}"
        return [_refuse("invalid_field", message, wrong.param, echoed)]


def _refuse(code: str, message: str, param: str | None, event_id: str | None) -> ev.Misunderstood:
    return ev.Misunderstood(code=code, message=message, param=param, event_id=event_id)


def plain(make: Callable[[str | None], Sequence[ev.Event]]) -> Reading:
    """A message without fields of its own."""
    return Nothing, lambda fields: make(fields.event_id)


def _typed(fields: Text) -> Sequence[ev.Event]:
    content = [{"type": "input_text", "text": fields.text}]
    item = {"type": "message", "role": "user", "content": content}
    return [
        ev.ItemCreate(event_id=fields.event_id, item=item),
        ev.ResponseCreate(event_id=fields.event_id),
    ]


# Each has what another one of them brought: `text` (an item, which wants an answer) is of
# `companion` and `conversation`; the next two are those of `voice`, without which
# push-to-talk could be switched on in the others, too, but no question be ended.
COMMON_READINGS: dict[str, Reading] = {
    "text": (Text, _typed),
    "commit_audio": plain(lambda event_id: [ev.InputCommit(event_id=event_id, respond=True)]),
    "stop_audio": plain(lambda event_id: [ev.InputClear(event_id=event_id)]),
    "interrupt": plain(lambda event_id: [ev.Interrupt(event_id=event_id)]),
    "ping": plain(lambda event_id: [ev.ClientPing(event_id=event_id)]),
    **REQUESTS,
    "create_response": CREATE_RESPONSE,
}


def error_fields(event: ev.ErrorTold) -> dict[str, Any]:
    """The fields that every error of the small dialects has."""
    failure = event.error
    fields: dict[str, Any] = {
        "message": failure.message,
        "code": failure.code or failure.type,
        "error_type": failure.type,
        "fatal": event.fatal,
    }
    if event.about is not None:
        fields["about"] = event.about
    if failure.param is not None:
        fields["param"] = failure.param
    if failure.event_id is not None:
        fields["event_id"] = failure.event_id
    return fields


def with_echo(fields: dict[str, Any], event_id: str | None) -> dict[str, Any]:
    """The fields, and the client's own id for what they answer, if it sent one."""
    return fields if event_id is None else {**fields, "event_id": event_id}


def _with_text(fields: dict[str, Any], text: str | None) -> dict[str, Any]:
    return fields if text is None else {**fields, "text": text}


# Words about who speaks, which rooms have, too.
SPEECH_WORDS: dict[type[ev.Event], Callable[[Any], dict[str, Any]]] = {
    ev.SpeechStarted: lambda event: {
        "type": "speech_started",
        "itemId": event.item_id,
        "audioStartMs": event.audio_start_ms,
    },
    ev.SpeechStopped: lambda event: {
        "type": "speech_stopped",
        "itemId": event.item_id,
        "audioEndMs": event.audio_end_ms,
    },
}

# Words that the small dialects have in common.
COMMON_WORDS: dict[type[ev.Event], Callable[[Any], dict[str, Any]]] = {
    ev.SessionReady: lambda event: {
        "type": "session_ready",
        "sessionId": event.session_id,
        "model": event.model,
        "voice": event.voice,
    },
    **SPEECH_WORDS,
    ev.AnswerStarted: lambda event: {
        "type": "response_started",
        "responseId": event.response_id,
        "itemId": event.item_id,
    },
    ev.AudioStarted: lambda event: {
        "type": "audio_start",
        "responseId": event.response_id,
        "itemId": event.item_id,
    },
    ev.AnswerPlayed: lambda event: {
        "type": "audio_done",
        "responseId": event.response_id,
        "itemId": event.item_id,
    },
    ev.Interrupted: lambda event: {
        "type": "interrupted",
        "itemId": event.item_id,
        "playedMs": event.played_ms,
    },
    ev.ToolCalled: lambda event: {
        "type": "tool_call",
        "callId": event.call_id,
        "name": event.name,
        "arguments": event.arguments,
        "responseId": event.response_id,
        "itemId": event.item_id,
    },
    ev.ToolProgress: lambda event: _with_text(
        {
            "type": "tool_progress",
            "callId": event.call_id,
            "name": event.name,
            "state": event.state,
        },
        event.text,
    ),
    ev.ApprovalAsked: lambda event: {
        "type": "tool_approval",
        "approvalId": event.approval_id,
        "server": event.server,
        "name": event.name,
        "arguments": event.arguments,
    },
    ev.AsideAnswered: lambda event: with_echo(
        {
            "type": "response_result",
            "responseId": event.response_id,
            "metadata": event.metadata,
            "text": event.text,
            "status": event.status,
        },
        event.event_id,
    ),
    ev.SessionChanged: lambda event: with_echo(
        {"type": "session_updated", "voice": event.voice}, event.event_id
    ),
    ev.SessionExpiring: lambda event: {"type": "session_expiring", "inMs": event.in_ms},
    ev.Reconnecting: lambda event: {"type": "reconnecting", "attempt": event.attempt},
    ev.Pong: lambda event: with_echo({"type": "pong"}, event.event_id),
    ev.ErrorTold: lambda event: {"type": "error", **error_fields(event)},
}
