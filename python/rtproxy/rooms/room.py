"""The room: dispatches what its members and its lines say to what knows it.

Owns the state of one room. It only dispatches; who is here lives in `members`, who speaks
in `floor`. It must not know sockets, dialects, tasks or the clock.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import msgspec

from rtproxy.model import events as ev
from rtproxy.model import room
from rtproxy.rooms import events as told
from rtproxy.rooms.commands import Command, Note, TakeAudio, Tell
from rtproxy.rooms.floor import Floor
from rtproxy.rooms.members import Members
from rtproxy.rooms.terms import RoomTerms


class Room:
    """One room; `name` as in its address."""

    def __init__(self, name: str, terms: RoomTerms) -> None:
        """Begin with nobody."""
        self.name = name
        self.members = Members(terms)
        self.floor = Floor()
        self._now = 0.0

    @property
    def deadline(self) -> float:
        """When it wants to be told that time has passed (`TimePassed`)."""
        return self.members.deadline

    @property
    def deserted(self) -> bool:
        """Whether nobody is here and no line is open: the room can be forgotten."""
        return not self.members

    def receive(self, event: told.RoomEvent, now: float) -> list[Command]:
        """What the event calls for; `now` in seconds."""
        self._now = now
        commands = self._dispatch[type(event)](self, event)
        came = event.member if isinstance(event, told.Joined) else None
        return [*commands, *self.members.tell_state(self.floor.holder, now, but=came)]

    # Members

    def _joined(self, event: told.Joined) -> list[Command]:
        refused = self.members.admit(event)
        if refused:
            return refused
        member = event.member
        granted = self.floor.came(member) if self.members.speaks(member) else []
        state = msgspec.structs.replace(self.members.state(self.floor.holder), member=member)
        return [Tell(member, state), *granted]

    def _left(self, event: told.Left) -> list[Command]:
        self.members.remove(event.member)
        return self.floor.leave(event.member)

    def _spoke(self, event: told.Spoke) -> list[Command]:
        if event.member == self.floor.holder:
            return [TakeAudio()]
        speaks = self.members.speaks(event.member)
        return self.floor.refuse(event.member, None, speaks=speaks)

    def _said(self, event: told.Said) -> list[Command]:
        answer = self._answers.get(type(event.event))
        return answer(self, event.member, event.event) if answer else []

    def _ask_floor(self, member: str, event: room.FloorAsked) -> list[Command]:
        return self.floor.ask(member, event.event_id)

    def _release_floor(self, member: str, event: room.FloorReleased) -> list[Command]:
        return self.floor.release(member, event.event_id)

    def _ping(self, member: str, event: ev.ClientPing) -> list[Command]:
        return [Tell(member, ev.Pong(event_id=event.event_id))]

    def _misunderstood(self, member: str, event: ev.Misunderstood) -> list[Command]:
        fields = {"code": event.code, "param": event.param, "text": event.message}
        note = Note("client_message_refused", fields=fields)
        return [note, Tell(member, ev.ErrorTold(error=event.failure))]

    _answers: ClassVar[dict[type[ev.Event], Callable[[Room, str, Any], list[Command]]]] = {
        room.FloorAsked: _ask_floor,
        room.FloorReleased: _release_floor,
        ev.ClientPing: _ping,
        ev.Misunderstood: _misunderstood,
    }

    # Time

    def _nothing(self, _: object) -> list[Command]:
        return []

    _dispatch: ClassVar[dict[type, Callable[[Room, Any], list[Command]]]] = {
        told.Joined: _joined,
        told.Left: _left,
        told.Said: _said,
        told.Spoke: _spoke,
        told.LineReady: _nothing,
        told.Heard: _nothing,
        told.LineLost: _nothing,
        told.TimePassed: _nothing,
    }
