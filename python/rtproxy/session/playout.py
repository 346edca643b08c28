"""What is known of what the person hears: by the lane's clock, or by the client's word.

Owns the difference between a client that is paced, whose play-out the lane's own clock
follows, and one that buffers by protocol and reports what it has played. Must not know
answers, nor how a mark looks on a wire.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Protocol

import msgspec

from rtproxy.model import events as ev
from rtproxy.session.commands import Command, PlaceMark, ToClient

# Items whose reports are remembered; a call has one or two at a time.
MAX_ITEMS = 64


class Playout(Protocol):
    """How the play-out of one client is followed."""

    def place(self, mark: PlaceMark, tells: ev.Event | None) -> list[Command]:
        """Learn when all audio so far was played; `tells`: what the client is told then."""

    @property
    def silent(self) -> bool:
        """Whether nobody has told yet what was heard, so that a mark may never come back."""

    def note(self, item_id: str, played_ms: float) -> None:
        """The client says how much of an item it has played."""

    def heard(self, part: ev.HeardPart) -> ev.HeardPart:
        """How much of a part was heard, of which the lane's clock says so much."""


class ByClock:
    """A client that is paced: the lane's clock tells, and its marks wait in the lane."""

    silent = False

    def place(self, mark: PlaceMark, tells: ev.Event | None) -> list[Command]:
        """The lane hands it back when its time has come."""
        del tells
        return [mark]

    def note(self, item_id: str, played_ms: float) -> None:
        """The clock is corrected by it: nothing is to be remembered."""

    def heard(self, part: ev.HeardPart) -> ev.HeardPart:
        """As the clock says."""
        return part


class ByReports:
    """A client that buffers: only what it reports was heard, and marks are its to hand back.

    Until its first report the lane's clock counts, and for one that never reports.
    """

    def __init__(self) -> None:
        """Start with nothing heard."""
        self.silent = True
        self._played_ms: OrderedDict[str, float] = OrderedDict()

    def place(self, mark: PlaceMark, tells: ev.Event | None) -> list[Command]:
        """A mark that only tells something is for clients that have to be told."""
        return [] if tells is not None else [ToClient(ev.MarkAsked(token=mark.token))]

    def note(self, item_id: str, played_ms: float) -> None:
        """The last report counts."""
        self.silent = False
        self._played_ms[item_id] = played_ms
        self._played_ms.move_to_end(item_id)
        if len(self._played_ms) > MAX_ITEMS:
            self._played_ms.popitem(last=False)

    def heard(self, part: ev.HeardPart) -> ev.HeardPart:
        """As was reported, but no more than there is."""
        if self.silent:
            return part
        reported_ms = self._played_ms.get(part.item_id, 0.0)
        # Reports are in whole milliseconds: the last of them may hide less than one.
        whole = reported_ms >= int(part.received_ms)
        heard_ms = part.received_ms if whole else reported_ms
        return msgspec.structs.replace(part, heard_ms=heard_ms)
