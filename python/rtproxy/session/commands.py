"""What the session core asks to be done.

Owns one frozen struct per request. Whoever performs them decides nothing; they
must not know how they are performed.
"""

from __future__ import annotations

from typing import Any

import msgspec

from rtproxy.model.close import CloseReason
from rtproxy.model.events import Event, Failure, Json
from rtproxy.session.formats import UpstreamAudio


class ToClient(msgspec.Struct, frozen=True):
    """Tell the client; behind the start of `response_id`, where that still waits."""

    event: Event
    response_id: str | None = None


class ToUpstream(msgspec.Struct, frozen=True):
    """Tell the upstream."""

    event: Event


class PlaceMark(msgspec.Struct, frozen=True):
    """Come back (as MarkReached) when all audio received so far has been played."""

    response_id: str
    token: bytes


class TellWhenPlayed(msgspec.Struct, frozen=True):
    """Tell the client when all audio received so far has been played.

    `starts`: with this the response starts; what is told of it meanwhile waits.
    """

    response_id: str
    event: Event
    starts: bool = False


class Drop(msgspec.Struct, frozen=True):
    """Cut a response; answered at once by a Dropped event."""

    response_id: str


class Finish(msgspec.Struct, frozen=True):
    """No more audio of the response will come."""

    response_id: str


class Exclude(msgspec.Struct, frozen=True):
    """Keep a response's audio out of the lane: it is out-of-band."""

    response_id: str


class FlushInput(msgspec.Struct, frozen=True):
    """A commit follows: conversion tails go before it. Answered at once by InputFlushed."""


class DiscardInput(msgspec.Struct, frozen=True):
    """What was said is forgotten: conversion tails with it."""


class ForgetInput(msgspec.Struct, frozen=True):
    """Nobody will have to be told again what came before that, in the upstream's input time."""

    before_ms: float


class JoinAudio(msgspec.Struct, frozen=True):
    """The upstream takes and speaks this from here on; at first: now it may be sent audio."""

    audio: UpstreamAudio


class Resubmit(msgspec.Struct, frozen=True):
    """The held message was audio after all: this is its canonical form."""

    payload: bytes


class Dial(msgspec.Struct, frozen=True):
    """It is known who the client is and what it wants: reach an upstream.

    `model` None: its own.
    """

    model: str | None = None


class Shape(msgspec.Struct, frozen=True):
    """How loud (`gain`, 0 to 4) and how high (`pitch`, 0.5 to 2) answers are heard."""

    gain: float
    pitch: float


class Measure(msgspec.Struct, frozen=True):
    """How much of an item (None: of what plays) was sent; answered at once by Measured."""

    item_id: str | None
    played_ms: float
    event_id: str | None = None


class Playback(msgspec.Struct, frozen=True):
    """So much of the item has been heard by now: the play-out clock goes by that."""

    item_id: str
    played_ms: float


class RunTool(msgspec.Struct, frozen=True):
    """Run a tool of the proxy's own; answered in its time by ToolRan. `arguments`: JSON as text."""

    call_id: str
    name: str
    arguments: str


class Aside(msgspec.Struct, frozen=True):
    """What the proxy asked beside the conversation, under this number, has come to.

    `status` is GA's of a response that is done, "failed" where it was refused; then
    `failure` says why. `metadata` is the asker's own.
    """

    number: int
    text: str
    status: str
    metadata: Json = {}
    failure: Failure | None = None


class End(msgspec.Struct, frozen=True):
    """End the session."""

    reason: CloseReason


class Note(msgspec.Struct, frozen=True):
    """A line for the log."""

    name: str
    level: str = "info"
    fields: dict[str, Any] = {}


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
