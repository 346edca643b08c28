"""What is said, item by item, and what becomes known of an item.

Owns an item and the facts about one: a line's worker finds them out, the room tells them
on. Must not know who finds out what, nor who is told.
"""

from __future__ import annotations

from dataclasses import dataclass

from rtproxy.model.events import Failure
from rtproxy.rooms.commands import Command
from rtproxy.rooms.line import Line


@dataclass(slots=True, eq=False)
class Item:
    """One turn of a speaker, as the transcriber's turn detection has cut it.

    `start_ms` and `end_ms` are in the room's audio; `end_ms` and `ended_at` (seconds)
    are None while it is being said. `language` is the one that is spoken in it.
    """

    item_id: str
    language: str
    start_ms: float
    end_ms: float | None = None
    ended_at: float | None = None

    def end(self, at_ms: float, now: float) -> None:
        """It has been said."""
        self.end_ms = max(at_ms, self.start_ms)
        self.ended_at = now


# Facts. In those about a text `language` says in which; None: the one that is spoken.


@dataclass(frozen=True, slots=True)
class Began:
    """Somebody has begun to say it."""

    item: Item


@dataclass(frozen=True, slots=True)
class Ended:
    """It has been said."""

    item: Item


@dataclass(frozen=True, slots=True)
class Piece:
    """More of its text."""

    language: str | None
    item: Item
    delta: str


@dataclass(frozen=True, slots=True)
class Whole:
    """All of its text; "" where there was nothing to write."""

    language: str | None
    item: Item
    text: str


@dataclass(frozen=True, slots=True)
class Anew:
    """Its text begins from the first word again: another line has been asked for it."""

    language: str | None
    item: Item


@dataclass(frozen=True, slots=True)
class Unwritten:
    """It will have no text."""

    language: str | None
    item: Item
    error: Failure


@dataclass(frozen=True, slots=True)
class Refused:
    """The upstream will not have this line: nobody writes what it was to write."""

    line: Line
    why: str


Fact = Refused | Began | Ended | Piece | Whole | Anew | Unwritten

# What comes out where something is found out: to be done, and to be told on, in order.
Found = list[Command | Fact]
