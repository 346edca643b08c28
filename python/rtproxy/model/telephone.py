"""Events of telephone calls: what there is only where audio comes from a call.

Owns one frozen struct for each; they are read as part of `events`. Must not know
who carries the call, nor how any of them looks on a wire.
"""

from __future__ import annotations

from rtproxy.model.event import Event


class StreamStarted(Event, frozen=True, kw_only=True):
    """A call's audio begins: the stream's id and the call's."""

    stream_id: str
    call_id: str | None = None


class KeyPressed(Event, frozen=True, kw_only=True):
    """The caller has pressed a key: 0-9, `*`, `#` or A-D."""

    key: str


class Hangup(Event, frozen=True, kw_only=True):
    """The call is over, or its audio."""


class MarkAsked(Event, frozen=True, kw_only=True):
    """The client is to say (as MarkReached) when all audio before this was played."""

    token: bytes


class Unheeded(Event, frozen=True, kw_only=True):
    """Something that means nothing here and is no error; `what` is for the log."""

    what: str
