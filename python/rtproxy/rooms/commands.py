"""What a room asks to be done.

Owns one frozen struct per request. They are carried out in order, without a pause
between those that one event has led to; whoever does it decides nothing.

The room counts its audio in milliseconds from its first: what `TakeAudio` took is the
room's audio, one after the other, whoever spoke. Positions (`from_ms`, `to_ms`, `at_ms`)
are in that time; one never lies further back than `RoomTerms.ring_ms`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rtproxy.model.close import CloseReason
from rtproxy.model.event import Event, Json
from rtproxy.rooms.line import Line


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell one member."""

    member: str
    event: Event


@dataclass(frozen=True, slots=True)
class TellLanguage:
    """Tell every member that joined with this language (None: with none).

    `final`: nobody may miss it; otherwise who reads too slowly is passed over.
    """

    language: str | None
    event: Event
    final: bool


@dataclass(frozen=True, slots=True)
class TellAll:
    """Tell every member (`but` this one, who knows); nobody may miss it."""

    event: Event
    but: str | None = None


@dataclass(frozen=True, slots=True)
class Dismiss:
    """Close a member's connection."""

    member: str
    reason: CloseReason


@dataclass(frozen=True, slots=True)
class TakeAudio:
    """The audio of the `Spoke` just told counts: keep it, and feed the lines that are fed."""


@dataclass(frozen=True, slots=True)
class OpenLine:
    """Dial a line, and ask for this GA session, whole; then `LineReady` or `LineLost`."""

    line: Line
    session: Json


@dataclass(frozen=True, slots=True)
class CloseLine:
    """Hang up, ready or not; nothing is heard of the line any more."""

    line: Line


@dataclass(frozen=True, slots=True)
class Feed:
    """Send a line the audio from `from_ms` on: to `to_ms`, or (None) on and on as it comes."""

    line: Line
    from_ms: float
    to_ms: float | None = None


@dataclass(frozen=True, slots=True)
class StopFeeding:
    """A line that is fed gets no audio from `at_ms` on; what it has got already, it has."""

    line: Line
    at_ms: float


@dataclass(frozen=True, slots=True)
class FeedSilence:
    """Send a line that is fed so much silence behind all that was said; it is not the room's."""

    line: Line
    length_ms: float


@dataclass(frozen=True, slots=True)
class ToLine:
    """Tell the upstream of a line; behind the audio that it was fed before."""

    line: Line
    event: Event


@dataclass(frozen=True, slots=True)
class Note:
    """A line for the log."""

    name: str
    level: str = "info"
    fields: dict[str, Any] = field(default_factory=dict)


Command = (
    Tell
    | TellLanguage
    | TellAll
    | Dismiss
    | TakeAudio
    | OpenLine
    | CloseLine
    | Feed
    | StopFeeding
    | FeedSilence
    | ToLine
    | Note
)
