"""Who hands back the marks by which it is known what was played: the lane, or the client.

Owns the difference between a client that is paced, whose marks wait in the lane, and one
that buffers by protocol and is given them. How much was heard the splice knows of both.
Must not know answers, nor how a mark looks on a wire.
"""

from __future__ import annotations

from typing import Protocol

from rtproxy.model import events as ev
from rtproxy.session.commands import Command, PlaceMark, TellWhenPlayed, ToClient


class Playout(Protocol):
    """How the play-out of one client is followed."""

    @property
    def certain(self) -> bool:
        """Whether every mark comes back, be it because nothing is left to wait for."""

    def place(self, mark: PlaceMark) -> list[Command]:
        """Learn when all audio so far was played."""

    def tell(self, told: TellWhenPlayed) -> list[Command]:
        """Have the client told when all audio so far was played."""


class ByClock:
    """A client that is paced: the lane's clock tells, and its marks wait in the lane."""

    certain = True

    def place(self, mark: PlaceMark) -> list[Command]:
        """The lane hands it back when its time has come."""
        return [mark]

    def tell(self, told: TellWhenPlayed) -> list[Command]:
        """The lane says it when its time has come: nothing need be decided then."""
        return [told]


class ByReports:
    """A client that buffers: marks are its to hand back, and some never do."""

    certain = False

    def place(self, mark: PlaceMark) -> list[Command]:
        """The client says when it has played so far."""
        return [ToClient(ev.MarkAsked(token=mark.token))]

    def tell(self, told: TellWhenPlayed) -> list[Command]:
        """It knows itself what it has played."""
        del told
        return []
