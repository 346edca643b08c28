"""Events of a room: what its members ask for, what they are told, what a translation says.

Owns one frozen struct for each. Must not know how any of them looks on a wire, nor
who in a room is told what.
"""

from __future__ import annotations

from enum import Enum, unique

from rtproxy.model.event import Event
from rtproxy.model.failure import Failure


@unique
class Role(Enum):
    """What a member is here for."""

    SPEAKER = "speaker"
    LISTENER = "listener"


# What a member asks for


class AudioSaid(Event, frozen=True, kw_only=True):
    """Audio of a member, in the format of its connection; whole samples of it."""

    audio: bytes


class FloorAsked(Event, frozen=True, kw_only=True):
    """A speaker wants to speak."""


class FloorReleased(Event, frozen=True, kw_only=True):
    """A speaker does not want to speak any more, or to wait for it."""


class EndAsked(Event, frozen=True, kw_only=True):
    """The speaker has said everything: what is under way is finished, then it is over."""


# What members are told


class RoomState(Event, frozen=True, kw_only=True):
    """Who speaks (a member's id), how many listen, and which languages members read.

    `member` is the id of who is told: in the first one after joining, None in others.
    """

    speaker: str | None
    listeners: int
    languages: tuple[str, ...]
    member: str | None = None


class Floor(Event, frozen=True, kw_only=True):
    """Where a speaker stands: "granted", "waiting" or "released"; `speaker` has the floor now."""

    state: str
    speaker: str | None


class Caption(Event, frozen=True, kw_only=True):
    """A piece of an item's text, or (`final`) the whole of it.

    `kind` is "transcript" or "translation", `language` that of the text. `skipped`
    pieces were left out before this message, because who is told did not read them.
    """

    kind: str
    item_id: str
    language: str
    text: str
    final: bool = False
    skipped: int = 0


class CaptionFailed(Event, frozen=True, kw_only=True):
    """There will be no text of an item in this language; what was told of it is all."""

    kind: str
    item_id: str
    language: str
    error: Failure


class RoomEnded(Event, frozen=True, kw_only=True):
    """Everything that was said has been told; a new speaker may begin anew."""


# What a translation session of the upstream says


class TranslationDelta(Event, frozen=True, kw_only=True):
    """A piece of a translation; `elapsed_ms`: how far the translator was in its audio.

    Several pieces may have the same; None: the upstream does not say.
    """

    delta: str
    elapsed_ms: int | None = None
