"""What the session core asks to be done.

Owns one frozen struct per request. Whoever performs them decides nothing; they
must not know how they are performed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rtproxy.model.close import CloseReason
from rtproxy.model.events import Event, Failure, Json
from rtproxy.session.formats import UpstreamAudio


@dataclass(frozen=True, slots=True)
class ToClient:
    """Tell the client; behind the start of `response_id`, where that still waits."""

    event: Event
    response_id: str | None = None


@dataclass(frozen=True, slots=True)
class ToUpstream:
    """Tell the upstream."""

    event: Event


@dataclass(frozen=True, slots=True)
class PlaceMark:
    """Come back (as MarkReached) when all audio received so far has been played."""

    response_id: str
    token: bytes


@dataclass(frozen=True, slots=True)
class TellWhenPlayed:
    """Tell the client when all audio received so far has been played.

    `starts`: with this the response starts; what is told of it meanwhile waits.
    """

    response_id: str
    event: Event
    starts: bool = False


@dataclass(frozen=True, slots=True)
class Drop:
    """Cut a response; answered at once by a Dropped event."""

    response_id: str


@dataclass(frozen=True, slots=True)
class Finish:
    """No more audio of the response will come."""

    response_id: str


@dataclass(frozen=True, slots=True)
class Exclude:
    """Keep a response's audio out of the lane: it is out-of-band."""

    response_id: str


@dataclass(frozen=True, slots=True)
class FlushInput:
    """A commit follows: conversion tails go before it. Answered at once by InputFlushed."""


@dataclass(frozen=True, slots=True)
class DiscardInput:
    """What was said is forgotten: conversion tails with it."""


@dataclass(frozen=True, slots=True)
class ForgetInput:
    """Nobody will have to be told again what came before that, in the upstream's input time."""

    before_ms: float


@dataclass(frozen=True, slots=True)
class JoinAudio:
    """The upstream takes and speaks this from here on; at first: now it may be sent audio."""

    audio: UpstreamAudio


@dataclass(frozen=True, slots=True)
class Resubmit:
    """The held message was audio after all: this is its canonical form."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Dial:
    """It is known who the client is and what it wants: reach an upstream.

    `model` None: its own.
    """

    model: str | None = None


@dataclass(frozen=True, slots=True)
class Shape:
    """How loud (`gain`, 0 to 4) and how high (`pitch`, 0.5 to 2) answers are heard."""

    gain: float
    pitch: float


@dataclass(frozen=True, slots=True)
class Measure:
    """How much of an item (None: of what plays) was sent; answered at once by Measured."""

    item_id: str | None
    played_ms: float
    event_id: str | None = None


@dataclass(frozen=True, slots=True)
class Playback:
    """So much of the item has been heard by now: the play-out clock goes by that."""

    item_id: str
    played_ms: float


@dataclass(frozen=True, slots=True)
class RunTool:
    """Run a tool of the proxy's own; answered in its time by ToolRan. `arguments`: JSON as text."""

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Aside:
    """What the proxy asked beside the conversation, under this number, has come to.

    `status` is GA's of a response that is done, "failed" where it was refused; then
    `failure` says why. `metadata` is the asker's own.
    """

    number: int
    text: str
    status: str
    metadata: Json = field(default_factory=dict)
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class End:
    """End the session."""

    reason: CloseReason


@dataclass(frozen=True, slots=True)
class Note:
    """A line for the log."""

    name: str
    level: str = "info"
    fields: dict[str, Any] = field(default_factory=dict)


Command = (
    ToClient
    | ToUpstream
    | PlaceMark
    | TellWhenPlayed
    | Drop
    | Finish
    | Exclude
    | FlushInput
    | DiscardInput
    | ForgetInput
    | JoinAudio
    | Resubmit
    | Dial
    | Shape
    | Measure
    | Playback
    | RunTool
    | Aside
    | End
    | Note
)
