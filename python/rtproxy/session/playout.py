"""Who hands back the marks by which it is known what was played: the lane, or the client.

Owns the difference between a client that is paced, whose marks wait in the lane, and one
that buffers by protocol and is given them. How much was heard the splice knows of both.
Must not know answers, nor how a mark looks on a wire.
"""

from __future__ import annotations

from typing import Protocol

from rtproxy.model import events as ev
from rtproxy.session.commands import Command, PlaceMark, ToClient


class Playout(Protocol):
    """How the play-out of one client is followed."""

    @property
    def certain(self) -> bool:
        """Whether every mark comes back, be it because nothing is left to wait for."""

    def place(self, mark: PlaceMark, tells: ev.Event | None) -> list[Command]:
        """Learn when all audio so far was played; `tells`: what the client is told then."""


class ByClock:
    """A client that is paced: the lane's clock tells, and its marks wait in the lane."""

    certain = True

    def place(self, mark: PlaceMark, tells: ev.Event | None) -> list[Command]:
        """The lane hands it back when its time has come."""
        del tells
        return [mark]


class ByReports:
    """A client that buffers: marks are its to hand back, and some never do."""

    certain = False

    def place(self, mark: PlaceMark, tells: ev.Event | None) -> list[Command]:
        """A mark that only tells something is for clients that have to be told."""
        return [] if tells is not None else [ToClient(ev.MarkAsked(token=mark.token))]
