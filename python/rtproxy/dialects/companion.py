"""The `companion` dialect: apps with users, conversations, personality and voice settings.

Owns the messages of the contract's section "companion", field for field, and the three
texts of its errors. Must not know the upstream's shape: it speaks events.
"""

from __future__ import annotations

from typing import Any

from rtproxy.dialects.by_rules import Fields, by_rules, field
from rtproxy.dialects.fields import COMMON_READINGS, COMMON_WORDS, Readings, error_fields
from rtproxy.dialects.json_text import event_id_of
from rtproxy.dialects.table import TableDialect, Words
from rtproxy.model import events as ev
from rtproxy.model.field_rules import FieldError, Number, Open, Place, Text
from rtproxy.model.session_config import read_session_config
from rtproxy.model.traits import TRAITS, read_traits

_OBJECT = Open()
_PERSONA = Text(1)


class _Name:
    """What somebody is called by whoever keeps the books; it is written into logs."""

    may_be = "text of 1 to 128 characters, none of them a control character"

    def read(self, value: object, at: Place) -> str:
        if not isinstance(value, str) or not 0 < len(value) <= 128 or not value.isprintable():
            raise at.wrong(value, self.may_be)
        return value


# What a client says


def _introduced(fields: Fields) -> ev.Event:
    top = Place("")
    if "userId" not in fields:
        raise FieldError("userId", f"userId is missing; it must be {_Name.may_be}.")
    return ev.Introduced(
        event_id=event_id_of(fields),
        user_id=_Name().read(fields["userId"], top.inside("userId")),
        conversation_id=field(fields, "conversationId", _Name(), top),
        token=field(fields, "token", Text(), top),
    )


def _start(fields: Fields) -> ev.Event:
    top = Place("")
    voice = field(fields, "voiceSettings", _OBJECT, top, {})
    at = top.inside("voiceSettings")
    wanted = {name: voice[name] for name in ("voice", "speed") if voice.get(name) is not None}
    config = read_session_config(wanted, where=at.path)
    return ev.StartAsked(
        event_id=event_id_of(fields),
        persona=field(fields, "persona", _PERSONA, top),
        traits=_traits(field(fields, "personalityTraits", _OBJECT, top, {})),
        session=config.session,
        gain=float(field(voice, "volume", Number(0, 4), at, 1.0)),
        pitch=float(field(voice, "pitch", Number(0.5, 2), at, 1.0)),
        dropped=config.dropped,
    )


def _traits(named: Fields) -> dict[str, int]:
    """Those that there are; what else an app may have is ignored, as unknown fields are."""
    known = {name: named[name] for name in TRAITS if named.get(name) is not None}
    return read_traits(known, where="personalityTraits")


_READINGS: Readings = {
    "auth": by_rules(_introduced),
    "start_realtime": by_rules(_start),
    **COMMON_READINGS,
}

# What it is told

_RATE_LIMIT = "Rate limit exceeded. Please try again later."
_NOT_REACHED = "Failed to connect to OpenAI Realtime API"
_UNAVAILABLE = "Service temporarily unavailable"

# By code, what a person is shown: first the three texts of source 002.
_SHOWN = {
    "rate_limited": _RATE_LIMIT,
    "rate_limit_exceeded": _RATE_LIMIT,
    "too_many_sessions": _RATE_LIMIT,
    "upstream_lost": _NOT_REACHED,
    "upstream_refused": _NOT_REACHED,
    "invalid_api_key": _NOT_REACHED,
    "model_not_found": _NOT_REACHED,
    "insufficient_quota": _NOT_REACHED,
    "breaker_open": _UNAVAILABLE,
    "missing_credentials": "This server asks for a key: send it as data.token of 'auth'.",
    "introduction_due": "'auth' is due first: send it with data.userId, then 'start_realtime'.",
    "start_due": "'start_realtime' is due first: send it, and this again after session_ready.",
    "already_introduced": "'auth' was said already; for another user, connect anew.",
    "introduction_overdue": "'auth' did not come in time; connect again and send it first.",
}


def _error(event: ev.ErrorTold) -> dict[str, Any]:
    fields, failure = error_fields(event), event.error
    # A bad key of the client's own is no trouble with the upstream.
    its_own = failure.code == "invalid_api_key" and failure.type == "authentication_error"
    shown = failure.message if its_own else _SHOWN.get(str(failure.code), failure.message)
    return {"type": "error", "error": shown, **fields}


def _complete(event: ev.AnswerOver) -> dict[str, Any]:
    used = (event.usage or {}).get("total_tokens", 0)
    return {
        "type": "response_complete",
        "responseId": event.response_id,
        "status": event.status,
        "usage": {"total_tokens": used},
    }


_WORDS: Words = {
    **COMMON_WORDS,
    ev.OutputTextDelta: lambda event: {
        "type": "text_delta",
        "responseId": event.response_id,
        "itemId": event.item_id,
        "text": event.delta,
    },
    ev.InputTranscriptDone: lambda event: {
        "type": "transcription",
        "itemId": event.item_id,
        "transcript": event.transcript,
        "previousItemId": event.previous_item_id,
    },
    ev.AnswerOver: _complete,
    ev.ErrorTold: _error,
}

COMPANION = TableDialect(
    name="companion",
    paths=("/ws",),
    persona="companion",
    greets=True,
    envelope="data",
    audio_types={"audio": "data.audio"},
    audio_template='{"type":"audio_delta","data":'
    '{"responseId":$response_id,"itemId":$item_id,"audioData":"$audio"}}',
    answer_delta='{"type":"text_delta","data":'
    '{"responseId":$response_id,"itemId":$item_id,"text":"$text"}}',
    input_delta=None,
    readings=_READINGS,
    words=_WORDS,
)
