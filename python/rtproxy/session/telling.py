"""What the client, and the log, are told of what went wrong.

Owns the words and where they go. Must not know what else follows from it.
"""

from __future__ import annotations

from typing import Any

import msgspec

from rtproxy.model import events as ev
from rtproxy.model.close import CloseCode, CloseReason, Origin
from rtproxy.session.causes import AUDIO, Cause
from rtproxy.session.commands import Command, End, Note, ToClient
from rtproxy.session.failures import end_after_loss, told_of_loss


def misunderstood(event: ev.Misunderstood) -> list[Command]:
    """A message of the client that could not be understood."""
    fields = {"code": event.code, "param": event.param, "text": event.message}
    note = Note("client_message_refused", fields=fields)
    return [note, ToClient(ev.ErrorTold(error=event.failure))]


def about(command: ToClient, message_type: str) -> ToClient:
    """The same; an error that does not say yet which message it is about says this one."""
    event = command.event
    if not isinstance(event, ev.ErrorTold) or event.about is not None:
        return command
    told = msgspec.structs.replace(event, about=message_type)
    return ToClient(told, command.response_id)


def upstream_error(
    event: ev.ErrorTold, cause: Cause | None, *, fatal: bool = False
) -> list[Command]:
    """An error of the upstream, about what the client said where that was its cause.

    `cause` is what we had sent, if it was that.
    """
    failure = ev.Failure(
        type=event.error.type,
        code=event.error.code,
        message=event.error.message,
        param=event.error.param,
        event_id=cause.client_event_id if cause else None,
    )
    fields = {"code": failure.code, "text": failure.message, **caused_by(event, cause)}
    note = Note("upstream_error", "error" if fatal else "warning", fields)
    message_type = cause.message_type if cause else None
    return [note, ToClient(ev.ErrorTold(error=failure, fatal=fatal, about=message_type))]


def caused_by(event: ev.ErrorTold, cause: Cause | None) -> dict[str, Any]:
    """For the log: what of ours the error is about, and what of the client's.

    `about` and `sent_as` are our event and its number, `message` and `client_event_id` the
    client's type and id of what made us send it. Of audio, which the lane sends, only our
    number is known.
    """
    fields: dict[str, Any] = {}
    if event.error.event_id is not None:
        fields["sent_as"] = event.error.event_id
        if event.error.event_id.startswith(AUDIO):
            fields["about"] = ev.InputAudio.__name__
    if cause is None:
        return fields
    fields["about"] = type(cause.event).__name__
    if cause.message_type is not None:
        fields["message"] = cause.message_type
    if cause.client_event_id is not None:
        fields["client_event_id"] = cause.client_event_id
    return fields


def otherwise(dropped: tuple[str, ...]) -> list[Command]:
    """What the client asked for and gets otherwise, or not: for the log."""
    return [Note("session_field_dropped", fields={"text": text}) for text in dropped]


def unknown_audio(message: str) -> list[Command]:
    """The upstream takes or speaks what cannot be converted: the end."""
    failure = ev.Failure(type="server_error", code="unknown_audio_format", message=message)
    note = Note("upstream_audio_unknown", "error", {"text": message})
    reason = CloseReason(CloseCode.UPSTREAM_REFUSED, message, Origin.PEER)
    return [note, ToClient(ev.ErrorTold(error=failure, fatal=True)), End(reason)]


def upstream_lost(event: ev.UpstreamLost) -> list[Command]:
    """The upstream is gone: the end."""
    reason = end_after_loss(event.code, event.reason, final=event.final)
    failure = told_of_loss(event.reason, reason)
    note = Note("upstream_lost", "warning", {"code": event.code, "text": event.reason})
    return [note, ToClient(ev.ErrorTold(error=failure, fatal=True)), End(reason)]


def unheard(event: ev.InputTranscriptFailed) -> list[Command]:
    """What the person said could not be written down; the conversation goes on without."""
    fields = {"item": event.item_id, "code": event.error.get("code")}
    return [Note("transcription_failed", "warning", fields)]
