"""Events of the Realtime API: what a beta client says in GA, and GA's in the beta shape.

Owns the two tables (protocol reference, sections 1.2 and 1.3). Must not know wires,
sessions of ours, or what any event leads to. A message is a parsed JSON object; none
is ever changed in place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rtproxy.dialects import realtime
from rtproxy.dialects.beta_items import item_to_beta, item_to_ga
from rtproxy.dialects.beta_session import (
    param_to_beta,
    response_to_beta,
    response_to_ga,
    session_to_beta,
)
from rtproxy.model.event import Json

AUDIO_DELTA = "response.audio.delta"

_ASR = "conversation.item.input_audio_transcription"
# Written the same in both shapes: these need nobody to translate them.
SAME = (
    "conversation.item.deleted",
    "conversation.item.truncated",
    f"{_ASR}.delta",
    f"{_ASR}.completed",
    f"{_ASR}.failed",
    "input_audio_buffer.cleared",
    "input_audio_buffer.committed",
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    "output_audio_buffer.cleared",
    "output_audio_buffer.started",
    "output_audio_buffer.stopped",
    "rate_limits.updated",
    "response.content_part.added",
    "response.content_part.done",
    "response.function_call_arguments.delta",
    "response.function_call_arguments.done",
)
# Written the same but for the type.
RENAMED = {
    "response.output_text.delta": "response.text.delta",
    "response.output_text.done": "response.text.done",
    "response.output_audio.done": "response.audio.done",
    "response.output_audio_transcript.delta": "response.audio_transcript.delta",
    "response.output_audio_transcript.done": "response.audio_transcript.done",
}
# What a beta client would not know. Others that nobody has heard of are left out, too.
GA_ONLY = (
    "conversation.created",  # it has been told of one
    "conversation.item.done",
    f"{_ASR}.segment",
    "input_audio_buffer.dtmf_event_received",
    "input_audio_buffer.timeout_triggered",
    "mcp_list_tools.completed",
    "mcp_list_tools.failed",
    "mcp_list_tools.in_progress",
    "response.mcp_call.completed",
    "response.mcp_call.failed",
    "response.mcp_call.in_progress",
    "response.mcp_call_arguments.delta",
    "response.mcp_call_arguments.done",
)

# What a client says


def _response_create(message: Json) -> Json:
    response = message.get("response")
    if not isinstance(response, dict):
        return message
    ga = response_to_ga(response)
    if isinstance(ga.get("input"), list):
        ga["input"] = [item_to_ga(item) for item in ga["input"]]
    return {**message, "response": ga}


def _item_create(message: Json) -> Json:
    return {**message, "item": item_to_ga(message.get("item"))}


FROM_CLIENT: Mapping[str, Callable[[Json], Json]] = {
    "response.create": _response_create,
    "conversation.item.create": _item_create,
}

# What the upstream says

_Told = Callable[[Json, str | None], Json | None]


def _renamed(name: str) -> _Told:
    return lambda message, _: {**message, "type": name}


def _session(name: str) -> _Told:
    """A session that only transcribes has events of its own in the beta shape."""

    def told(message: Json, _: str | None) -> Json:
        session = message.get("session")
        if not isinstance(session, dict):
            return message
        transcribes = session.get("type") == "transcription"
        kind = f"transcription_{name}" if transcribes else name
        return {**message, "type": kind, "session": session_to_beta(session)}

    return told


def _item(name: str) -> _Told:
    def told(message: Json, _: str | None) -> Json | None:
        item = item_to_beta(message.get("item"))
        return None if item is None else {**message, "type": name, "item": item}

    return told


def _response(message: Json, conversation_id: str | None) -> Json:
    response = message.get("response")
    if not isinstance(response, dict):
        return message
    beta = response_to_beta(response)
    if isinstance(beta.get("output"), list):
        items = (item_to_beta(item) for item in beta["output"])
        beta["output"] = [item for item in items if item is not None]
    if conversation_id is not None and beta.get("conversation_id") is not None:
        beta["conversation_id"] = conversation_id
    return {**message, "response": beta}


def _error(message: Json, _: str | None) -> Json:
    """Errors name fields as the client wrote them."""
    error = message.get("error")
    if not isinstance(error, dict) or not isinstance(param := error.get("param"), str):
        return message
    named = param_to_beta(param)
    words = error.get("message")
    said = words.replace(param, named) if isinstance(words, str) else words
    return {**message, "error": {**error, "param": named, "message": said}}


FROM_UPSTREAM: Mapping[str, _Told] = {
    "error": _error,
    "session.created": _session("session.created"),
    "session.updated": _session("session.updated"),
    "conversation.item.added": _item("conversation.item.created"),
    "conversation.item.retrieved": _item("conversation.item.retrieved"),
    "response.created": _response,
    "response.done": _response,
    "response.output_item.added": _item("response.output_item.added"),
    "response.output_item.done": _item("response.output_item.done"),
    realtime.AUDIO_DELTA: _renamed(AUDIO_DELTA),
    **{ga: _renamed(beta) for ga, beta in RENAMED.items()},
    **dict.fromkeys(SAME, lambda message, _: message),
}


def to_beta(message: Json, conversation_id: str | None = None) -> Json | None:
    """An event of the upstream's as a beta client is told it; None: it is not.

    `conversation_id` is how the client's conversation was called when it was told of.
    """
    kind = message.get("type")
    told = FROM_UPSTREAM.get(kind) if isinstance(kind, str) else None
    return None if told is None else told(message, conversation_id)


def to_ga(message: Json) -> Json:
    """An event of the client's as the upstream takes it, but for what sets up a session."""
    translate = FROM_CLIENT.get(str(message.get("type")))
    return message if translate is None else translate(message)


def conversation_of(session: Mapping[str, Any]) -> str | None:
    """What a session's conversation is called, where the upstream does not tell of one.

    None for a session that has none, because it only transcribes.
    """
    name = session.get("id")
    if session.get("type") == "transcription" or not isinstance(name, str):
        return None
    return f"conv_{name.removeprefix('sess_')}"


def conversation_created(conversation_id: str) -> Json:
    """What the beta shape tells second: there is a conversation."""
    return {
        "type": "conversation.created",
        "event_id": f"event_{conversation_id}",
        "conversation": {"id": conversation_id, "object": "realtime.conversation"},
    }
