"""The end that a speaker has asked for, on its way.

Owns how long it takes, and what is told then. Must not know what is still to be finished.
"""

from __future__ import annotations

from rtproxy.model.room import RoomEnded
from rtproxy.rooms.commands import Command, Tell, TellAll

# What was said last may not have been noticed yet; and nobody ends anything more often.
NOTICE_S = 1.0
PATIENCE_S = 5.0


class Closing:
    """`member` asked, with its own id for that."""

    def __init__(self, member: str, event_id: str | None, now: float) -> None:
        """Begin to wait."""
        self.member = member
        self._event_id = event_id
        self._by = now + PATIENCE_S
        self._noticed_at = now + NOTICE_S
        self._now = now

    @property
    def deadline(self) -> float:
        """When it may be over."""
        return self._noticed_at if self._noticed_at > self._now else self._by

    def is_over(self, now: float, *, busy: bool) -> bool:
        """Whether it is, given whether something is being finished."""
        self._now = now
        return now >= self._by or (not busy and now >= self._noticed_at)

    def told(self, *, here: bool) -> list[Command]:
        """It is over; `here`: who asked still is."""
        if not here:
            return [TellAll(RoomEnded())]
        answer = RoomEnded(event_id=self._event_id)
        return [Tell(self.member, answer), TellAll(RoomEnded(), but=self.member)]
