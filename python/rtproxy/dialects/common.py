"""What a client of any small dialect may say beside its own (contract, "Common to …").

Owns the fields of these messages and the events that they mean. Must not know any
dialect, nor in which envelope the fields came.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import msgspec

from rtproxy.dialects.json_text import event_id_of
from rtproxy.model import events as ev
from rtproxy.model.session_config import FieldError, read_session_config

MAX_OUTPUT_BYTES = 1_048_576

# What a message is about, beside the fields of the session that it changes.
_NOT_OF_THE_SESSION = ("type", "event_id")


class _Playback(msgspec.Struct):
    """How much has been heard; of the item that plays, where none is named."""

    played_ms: Annotated[float, msgspec.Meta(ge=0)] = msgspec.field(name="playedMs")
    item_id: str | None = msgspec.field(default=None, name="itemId")
    event_id: str | None = None


class _ToolResult(msgspec.Struct):
    """What a tool has come to: text, or any JSON that is passed on as text."""

    call_id: str = msgspec.field(name="callId")
    output: Any
    event_id: str | None = None


def _played(fields: _Playback) -> Sequence[ev.Event]:
    played_ms, item_id = fields.played_ms, fields.item_id
    return [ev.Playback(event_id=fields.event_id, played_ms=played_ms, item_id=item_id)]


def _tool_result(fields: _ToolResult) -> Sequence[ev.Event]:
    output = fields.output
    text = output if isinstance(output, str) else msgspec.json.encode(output).decode()
    size = len(text.encode())
    if output is None or size > MAX_OUTPUT_BYTES:
        said = "null" if output is None else f"{size} bytes"
        words = (
            f"tool_result: 'output' is {said}; it must be text or JSON of at most "
            f"{MAX_OUTPUT_BYTES} bytes."
        )
        return [_refuse("output", words, fields.event_id)]
    return [ev.ToolAnswered(event_id=fields.event_id, call_id=fields.call_id, output=text)]


class _Approval(msgspec.Struct):
    """Whether a tool of an MCP server may be called."""

    approval_id: str = msgspec.field(name="approvalId")
    approve: bool
    reason: str | None = None
    event_id: str | None = None


def _approved(fields: _Approval) -> Sequence[ev.Event]:
    return [
        ev.ApprovalGiven(
            event_id=fields.event_id,
            approval_id=fields.approval_id,
            approve=fields.approve,
            reason=fields.reason,
        )
    ]


def _session_update(fields: dict[str, Any]) -> Sequence[ev.Event]:
    """Fields of a session under any of their names."""
    event_id = event_id_of(fields)
    wanted = {key: value for key, value in fields.items() if key not in _NOT_OF_THE_SESSION}
    try:
        config = read_session_config(wanted, where="")
    except FieldError as error:
        return [_refuse(error.param, f"session_update: {error.message}", event_id)]
    return [ev.SessionUpdate(event_id=event_id, session=config.session, dropped=config.dropped)]


def _refuse(param: str, words: str, event_id: str | None) -> ev.Misunderstood:
    return ev.Misunderstood(code="invalid_field", message=words, param=param, event_id=event_id)


# A message's fields, and what it means.
REQUESTS: dict[str, tuple[Any, Callable[[Any], Sequence[ev.Event]]]] = {
    "playback": (_Playback, _played),
    "session_update": (dict[str, Any], _session_update),
    "tool_result": (_ToolResult, _tool_result),
    "approve_tool": (_Approval, _approved),
}
