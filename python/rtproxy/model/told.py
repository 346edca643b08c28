"""Events of the proxy's own: what it tells a client, and what it tells its own core.

Owns one frozen struct for each; they are read as part of `events`. Must not know
how any of them looks on a wire.
"""

from __future__ import annotations

import msgspec

from rtproxy.model.event import Event, Json


class SessionReady(Event, frozen=True, kw_only=True):
    """The conversation can begin."""

    session_id: str
    model: str
    voice: str


class AnswerStarted(Event, frozen=True, kw_only=True):
    """The client is about to hear an answer."""

    response_id: str
    item_id: str | None


class AudioStarted(Event, frozen=True, kw_only=True):
    """The audio that comes next, bare, is of this item."""

    response_id: str
    item_id: str


class AnswerPlayed(Event, frozen=True, kw_only=True):
    """The audio of one part of an answer has had its time."""

    response_id: str
    item_id: str


class AnswerOver(Event, frozen=True, kw_only=True):
    """The answer has been played, or cut: the next input is welcome."""

    response_id: str
    status: str
    usage: Json | None = None


class Interrupted(Event, frozen=True, kw_only=True):
    """An answer was cut, and where."""

    item_id: str
    played_ms: int


class Pong(Event, frozen=True, kw_only=True):
    """The answer to a frontend's `ping` message."""


class Reconnecting(Event, frozen=True, kw_only=True):
    """The upstream could not be reached; the next try is under way."""

    attempt: int


class MarkReached(Event, frozen=True, kw_only=True):
    """The play-out clock reached a mark of the session core."""

    token: bytes


class HeardPart(msgspec.Struct, frozen=True, kw_only=True):
    """How much of one part of an answer was heard, and how much of it had come."""

    item_id: str
    content_index: int
    heard_ms: float
    received_ms: float

    @property
    def whole(self) -> bool:
        """Whether all that had come was heard."""
        return self.heard_ms >= self.received_ms


class Dropped(Event, frozen=True, kw_only=True):
    """What a cut left, part by part, in the order of playing."""

    response_id: str
    heard: tuple[HeardPart, ...]


class InputFlushed(Event, frozen=True, kw_only=True):
    """All input so far is on its way: a commit by hand stands there in the upstream's time."""

    at_ms: float


class UpstreamLost(Event, frozen=True, kw_only=True):
    """The upstream's leg is gone; `final` if the same session cannot be had again."""

    code: int
    reason: str
    final: bool = False


class GreetingOverdue(Event, frozen=True, kw_only=True):
    """The time in which a client is to say who it is has passed."""


class ToolCalled(Event, frozen=True, kw_only=True):
    """A tool that the client declared is to be run; `arguments` is JSON as text."""

    call_id: str
    name: str
    arguments: str
    response_id: str
    item_id: str


class SessionChanged(Event, frozen=True, kw_only=True):
    """What the client asked of its session holds now; `voice` is the one in use."""

    voice: str


class SessionExpiring(Event, frozen=True, kw_only=True):
    """The upstream ends the session soon."""

    in_ms: int


class Measured(Event, frozen=True, kw_only=True):
    """How much of an item has been sent to the client, for who reports `played_ms` of it.

    `item_id` is what was asked for, or what is being played; None: nothing is.
    `sent_ms` is None where nothing is known of the item.
    """

    item_id: str | None
    sent_ms: float | None
    played_ms: float


class ClockRead(Event, frozen=True, kw_only=True):
    """What time it is in the world: seconds since 1970."""

    unix_s: float


class TimePassed(Event, frozen=True, kw_only=True):
    """The core's deadline has come."""


class ShapeKnown(Event, frozen=True, kw_only=True):
    """A client of the upstream's own protocol has shown which shape of it it speaks."""

    beta: bool
