"""What a room is told.

Owns one frozen struct for each; a member or an upstream speaks through `Said` and
`Heard`. Must not know what follows from any of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from rtproxy.model import events as ev
from rtproxy.model.room import Role
from rtproxy.rooms.line import Line


@dataclass(frozen=True, slots=True)
class Joined:
    """A member has come; `language` None: it reads whatever language is spoken.

    It is answered before anything else is told: by a `RoomState` to the member, or by a
    fatal error and `Dismiss` where a bound of the room says no; such a member has not
    come, and no `Left` follows.
    """

    member: str
    role: Role
    language: str | None


@dataclass(frozen=True, slots=True)
class Left:
    """A member has gone, whoever ended it."""

    member: str


@dataclass(frozen=True, slots=True)
class Said:
    """A member has said something: a client event of `model.room` or `model.events`.

    Not its audio, for which there is `Spoke`.
    """

    member: str
    event: ev.Event


@dataclass(frozen=True, slots=True)
class Spoke:
    """A member has sent so much audio (ms, once converted); `TakeAudio` if it counts.

    `event_id` and `message_type` are of the message that it came in, as of any event.
    """

    member: str
    length_ms: float
    event_id: str | None = None
    message_type: str | None = None


@dataclass(frozen=True, slots=True)
class LineReady:
    """The upstream has accepted the session of `OpenLine`: it may be fed and told."""

    line: Line


@dataclass(frozen=True, slots=True)
class Heard:
    """The upstream of a line has said something, once the line was ready."""

    line: Line
    event: ev.Event


@dataclass(frozen=True, slots=True)
class LineLost:
    """A line could not be had, or is gone without a `CloseLine`.

    `final`: the next try would fail alike (key, model, account), so none is made.
    `die` is evenly drawn from [0, 1), for the wait before the next try.
    """

    line: Line
    reason: str
    final: bool = False
    die: float = 0.5


@dataclass(frozen=True, slots=True)
class TimePassed:
    """The room's deadline has come."""


RoomEvent = Joined | Left | Said | Spoke | LineReady | Heard | LineLost | TimePassed
