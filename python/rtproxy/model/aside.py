"""Answers beside the conversation: who wants one, and what it has come to.

Owns these events; they are read as part of `events`. Must not know how any of them
looks on a wire, nor how an answer is kept apart from the conversation.
"""

from __future__ import annotations

import msgspec

from rtproxy.model.event import Event, Json

# The key of ours in a response's metadata, by which it is known again.
MARK = "rtproxy_aside"


class AskAside(Event, frozen=True, kw_only=True):
    """Answer this beside the conversation, which neither waits for it nor keeps it.

    `response` has the fields of GA's `response.create` but for `conversation`.
    `last_items`: so many of the conversation's last items are its context, before what
    `response.input` has; None: what that has, or the whole conversation. `number` is the
    asker's own, where it is the proxy that asks.
    """

    response: Json = msgspec.field(default_factory=dict)
    last_items: int | None = None
    number: int | None = None


class ForgetAside(Event, frozen=True, kw_only=True):
    """Nobody waits any more for the answer that was asked for under this number."""

    number: int


class AsideAnswered(Event, frozen=True, kw_only=True):
    """What a client's question beside the conversation has come to.

    `status` is GA's of a response that is done; `metadata` is the client's own.
    """

    response_id: str
    text: str
    status: str
    metadata: Json
