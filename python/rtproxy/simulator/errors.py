"""Every refusal of the upstream: its code, its words, and whether it ends the connection.

Owns the table of errors (protocol reference, section 4). Must not know when
they apply.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

INVALID_REQUEST = "invalid_request_error"


class Refusal(Exception):
    """What the client asked for cannot be; becomes an `error` event.

    With `close_code` it is fatal: the connection closes after the event, with
    the close reason `<type>.<code>` unless `close_reason` says another.
    """

    def __init__(
        self,
        code: str | None,
        message: str,
        param: str | None = None,
        *,
        kind: str = INVALID_REQUEST,
        close_code: int | None = None,
        close_reason: str | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.code = code
        self.message = message
        self.param = param
        self.close_code = close_code
        self.close_reason = close_reason or f"{kind}.{code}"

    def wire(self, event_id: str | None = None) -> dict[str, Any]:
        """The `error` object; `event_id` is the id of the client event it answers."""
        return {
            "type": self.kind,
            "code": self.code,
            "message": self.message,
            "param": self.param,
            "event_id": event_id,
        }


# The shape of an event


def invalid_json(why: str) -> Refusal:
    """The message is no JSON."""
    return Refusal("invalid_json", f"Could not parse the message as JSON: {why}")


def invalid_event(why: str) -> Refusal:
    """The message is no event at all: binary, or JSON that is not an object."""
    return Refusal("invalid_event", f"Expected a JSON object in a text frame, but got {why}.")


def missing(param: str) -> Refusal:
    """A required field is absent."""
    return Refusal("missing_required_parameter", f"Missing required parameter: '{param}'.", param)


def unknown(param: str) -> Refusal:
    """A field that the upstream does not know."""
    return Refusal("unknown_parameter", f"Unknown parameter: '{param}'.", param)


def wrong_type(param: str, expected: str, got: str) -> Refusal:
    """A field of another JSON type."""
    message = f"Invalid type for '{param}': expected {expected}, but got {got} instead."
    return Refusal("invalid_type", message, param)


def unsupported_value(param: str, value: object, supported: Iterable[str]) -> Refusal:
    """A value that is not one of those supported."""
    names = [f"'{name}'" for name in supported]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])}, and {names[-1]}"
    message = f"Invalid value: '{value}'. Supported values are: {listed}."
    return Refusal("invalid_value", message, param)


def invalid_value(param: str, message: str) -> Refusal:
    """A value that cannot be, for a reason of its own."""
    return Refusal("invalid_value", message, param)


def invalid_audio(param: str, expected: str) -> Refusal:
    """Audio that is no base64, or ends inside a sample."""
    message = (
        f"Invalid '{param}'. Expected base64-encoded audio bytes ({expected}), "
        "but the value could not be decoded as such."
    )
    return Refusal("invalid_value", message, param)


# Input audio


def buffer_too_small(milliseconds: float) -> Refusal:
    """A commit of less than 100 ms."""
    return Refusal(
        "input_audio_buffer_commit_empty",
        "Error committing input audio buffer: buffer too small. Expected at least 100ms "
        f"of audio, but buffer only has {milliseconds:.2f}ms of audio.",
    )


# Items


def no_item_to_delete(item_id: str) -> Refusal:
    """Delete of an item that is not there."""
    return Refusal(
        "item_delete_invalid_item_id",
        f"Error deleting item: the item with id '{item_id}' does not exist.",
    )


def no_item_to_retrieve(item_id: str) -> Refusal:
    """Retrieve of an item that is not there."""
    return Refusal(
        "item_retrieve_invalid_item_id",
        f"Error retrieving item: the item with id '{item_id}' does not exist.",
    )


def no_item_to_truncate(item_id: str) -> Refusal:
    """Truncate of an item that is not there."""
    return Refusal("item_truncate_invalid_item_id", f"Item with item_id not found: {item_id}")


def not_model_audio() -> Refusal:
    """Truncate of anything but an answer's audio."""
    message = "Only model output audio messages can be truncated"
    return Refusal("unsupported_content_type", message)


def already_shorter(have_ms: int, asked_ms: int) -> Refusal:
    """Truncate beyond the end."""
    message = f"Audio content of {have_ms}ms is already shorter than {asked_ms}ms"
    return Refusal("invalid_value", message, "audio_end_ms")


def no_previous_item(item_id: str) -> Refusal:
    """Create after an item that is not there."""
    return Refusal(
        "item_create_invalid_previous_item_id",
        f"Error adding item: the previous item with id '{item_id}' does not exist.",
        "previous_item_id",
    )


def item_exists(item_id: str) -> Refusal:
    """Create with an id that is taken."""
    return Refusal(
        "item_create_duplicate_item_id",
        f"Error adding item: an item with id '{item_id}' already exists.",
        "item.id",
    )


def no_such_call(call_id: str) -> Refusal:
    """An output for a call that nobody made."""
    message = f"Tool call ID '{call_id}' not found in conversation."
    return Refusal("invalid_tool_call_id", message, "item.call_id")


def no_such_approval(request_id: str) -> Refusal:
    """An answer to an approval that nobody asked for, or that was answered before."""
    message = f"MCP approval request '{request_id}' not found in conversation."
    return invalid_value("item.approval_request_id", message)


# Responses


def already_active(response_id: str) -> Refusal:
    """A second response in the conversation."""
    return Refusal(
        "conversation_already_has_active_response",
        f"Conversation already has an active response in progress: {response_id}. "
        "Wait until the response is finished before creating a new one.",
    )


def nothing_to_cancel() -> Refusal:
    """Cancel with no response active."""
    message = "Cancellation failed: no active response found"
    return Refusal("response_cancel_not_active", message)


# What is fixed after its first use


def voice_is_fixed() -> Refusal:
    """Another voice after audio was spoken."""
    message = "Cannot update a conversation's voice if assistant audio is present."
    return Refusal("cannot_update_voice", message)


def model_is_fixed(model: str) -> Refusal:
    """Another model than the one connected to."""
    message = f"The model is fixed when the session is opened; this one uses '{model}'."
    return invalid_value("session.model", message)


def tracing_is_fixed() -> Refusal:
    """Another tracing configuration once it is on."""
    return invalid_value(
        "session.tracing", "Tracing cannot be changed once it is enabled for a session."
    )


def speed_is_busy() -> Refusal:
    """Another speed while an answer is being spoken."""
    return invalid_value(
        "session.audio.output.speed", "Speed cannot be changed while a response is in progress."
    )


def wrong_session_type(given: str, fixed: str) -> Refusal:
    """A realtime session that should become a transcription session, or the reverse."""
    message = f"Passing a {given} session update to a {fixed} session is not allowed."
    return Refusal("invalid_parameter", message)


def no_turn_detection() -> Refusal:
    """Turn detection with a transcription model that cuts its input itself."""
    return invalid_value(
        "session.audio.input.turn_detection",
        "Turn detection is not supported for this transcription model.",
    )


# What ends the connection


def invalid_api_key(shown: str) -> Refusal:
    """The key is wrong; the handshake has passed all the same."""
    message = f"Incorrect API key provided: {shown}."
    return Refusal("invalid_api_key", message, close_code=3000)


def beta_shape_disabled() -> Refusal:
    """The client asked for the beta shape."""
    return Refusal(
        "beta_api_shape_disabled",
        "The beta shape of the Realtime API is no longer supported; connect without the "
        "OpenAI-Beta header.",
        close_code=4000,
    )


def missing_model() -> Refusal:
    """No model in the URL."""
    message = "You must provide a model parameter."
    return Refusal("missing_model", message, "model", close_code=4000)


def invalid_model(model: str) -> Refusal:
    """A model that cannot be used here."""
    message = f"Model '{model}' is not supported in realtime mode."
    return Refusal("invalid_model", message, "model", close_code=4000)


def model_beside_intent() -> Refusal:
    """A model in the URL of a transcription session."""
    message = "You must not provide a model parameter for transcription sessions."
    return Refusal("invalid_model", message, close_code=4000)


def secret_of_another_kind(kind: str) -> Refusal:
    """A client secret at the address of another kind of session."""
    message = f"This client secret is for a session of type '{kind}'."
    return Refusal("invalid_parameter", message, close_code=4000)


def model_not_found(model: str) -> Refusal:
    """A model that does not exist, or not for this key."""
    message = f"The model '{model}' does not exist or you do not have access to it."
    return Refusal("model_not_found", message, "model", close_code=4004)


def session_expired(minutes: float) -> Refusal:
    """The session has reached its cap."""
    message = f"Your session hit the maximum duration of {minutes:g} minutes."
    return Refusal("session_expired", message, close_code=1001, close_reason=message)
