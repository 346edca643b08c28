"""The room: dispatches what its members and its lines say to what knows it.

Owns the state of one room. It only dispatches; who is here lives in `members`, who speaks
in `floor`, who writes and translates in `booth`, who is told what in `captions`, the end in
`closing`. It must not know sockets, dialects, tasks or the clock.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import msgspec

from rtproxy.model import events as ev
from rtproxy.model import room as said
from rtproxy.rooms import events as told
from rtproxy.rooms.booth import Booth
from rtproxy.rooms.captions import Captions
from rtproxy.rooms.closing import Closing
from rtproxy.rooms.commands import Command, Note, Tell
from rtproxy.rooms.floor import Floor
from rtproxy.rooms.items import Anew, Began, Ended, Found, Piece, Refused, Unwritten, Whole
from rtproxy.rooms.members import Members
from rtproxy.rooms.refusals import turned_away, unserved
from rtproxy.rooms.terms import RoomTerms


class Room:
    """One room; `name` as in its address."""

    def __init__(self, name: str, terms: RoomTerms) -> None:
        """Begin with nobody."""
        self.name = name
        self.members = Members(terms)
        self.floor = Floor()
        self._booth = Booth(terms)
        self._captions = Captions(terms.history)
        self._closing: Closing | None = None
        self._speaker: str | None = None
        self._saying: str | None = None
        self._ended = False
        self._now = 0.0

    @property
    def deadline(self) -> float:
        """When it wants to be told that time has passed (`TimePassed`)."""
        parts = (self.members, self._booth, self._captions)
        due = min(part.deadline for part in parts)
        return due if self._closing is None else min(due, self._closing.deadline)

    @property
    def deserted(self) -> bool:
        """Whether nobody is here and no line is open: the room can be forgotten."""
        return not self.members and self._booth.empty

    def receive(self, event: told.RoomEvent, now: float) -> list[Command]:
        """What the event calls for; `now` in seconds."""
        self._now = now
        commands = self._dispatch[type(event)](self, event)
        commands += self._follow_floor()
        commands += self._carry(self._booth.take_turns(now))
        commands += self._close_if_due()
        came = event.member if isinstance(event, told.Joined) else None
        return commands + self.members.tell_state(self.floor.holder, now, but=came)

    # Coming and going

    def _joined(self, event: told.Joined) -> list[Command]:
        if self._booth.refuses(event.language):
            return turned_away(event.member, event.language)
        refused = self.members.admit(event)
        if refused:
            return refused
        member, language = event.member, event.language
        granted = self.floor.came(member) if self.members.speaks(member) else []
        state = msgspec.structs.replace(self.members.state(self.floor.holder), member=member)
        commands = [Tell(member, state), *granted, *self._follow_floor(), *self._staff()]
        begun = self._captions.gather(language) if language is not None else []
        commands += self._captions.catch_up(member, language)
        return commands + self._carry(self._booth.translate(language or "", begun, self._now))

    def _left(self, event: told.Left) -> list[Command]:
        if event.member not in self.members:
            return []
        language = self.members.language_of(event.member)
        self.members.remove(event.member)
        if language is not None and language not in self.members.languages:
            self._captions.disperse(language)
        return [*self.floor.leave(event.member), *self._follow_floor(), *self._staff()]

    def _staff(self) -> list[Command]:
        """As many lines as are needed; none for a room that has ended, or is empty."""
        if self._ended or not self.members:
            return self._carry(self._booth.dismiss(self._now))
        return self._carry(self._booth.staff(self.members.languages, self._now))

    # The floor

    def _follow_floor(self) -> list[Command]:
        """If another has it: what was said before is an item, and another language may follow."""
        if self.floor.holder == self._speaker:
            return []
        self._speaker = self.floor.holder
        found = self._booth.transcriber.commit_speech(self._now)
        if self._speaker is not None:
            self._ended = False
            language = self.members.language_of(self._speaker)
            found += self._booth.transcriber.speak(language)
        return [*self._carry(found), *self._staff()]

    def _ask_floor(self, member: str, event: said.FloorAsked) -> list[Command]:
        if not self.members.speaks(member):
            return self.floor.refuse_listener(member, event.event_id)
        return self.floor.ask(member, event.event_id)

    def _release_floor(self, member: str, event: said.FloorReleased) -> list[Command]:
        if not self.members.speaks(member):
            return self.floor.refuse_listener(member, event.event_id)
        return self.floor.release(member, event.event_id)

    def _end(self, member: str, event: said.EndAsked) -> list[Command]:
        if member != self.floor.holder:
            speaks = self.members.speaks(member)
            return self.floor.refuse_end(member, event.event_id, speaks=speaks)
        self.floor.close()
        self._closing = Closing(member, event.event_id, self._now)
        return []

    def _close_if_due(self) -> list[Command]:
        """Once everything has been told, or it is time, the room is over for now."""
        closing, now = self._closing, self._now
        if closing is None:
            return []
        commands = self._carry(self._booth.transcriber.commit_speech(now))
        if not closing.is_over(now, busy=self._booth.busy):
            return commands
        self._closing, self._ended = None, True
        commands += self._carry(self._booth.close(now))
        commands += closing.told(here=closing.member in self.members)
        return [*commands, *self.floor.open(), *self._follow_floor()]

    # What members say

    def _spoke(self, event: told.Spoke) -> list[Command]:
        if event.member != self.floor.holder:
            return _about(self._not_now(event.member, event.event_id), event.message_type)
        return self._carry(self._booth.take(event.length_ms, self._now))

    def _commit(self, member: str, event: ev.InputCommit) -> list[Command]:
        if member != self.floor.holder:
            return self._not_now(member, event.event_id)
        return self._carry(self._booth.transcriber.commit(self._now, member, event))

    def _not_now(self, member: str, event_id: str | None) -> list[Command]:
        return self.floor.refuse(member, event_id, speaks=self.members.speaks(member))

    def _said(self, event: told.Said) -> list[Command]:
        answer = self._answers.get(type(event.event))
        commands = answer(self, event.member, event.event) if answer else []
        return _about(commands, event.event.message_type)

    def _ping(self, member: str, event: ev.ClientPing) -> list[Command]:
        return [Tell(member, ev.Pong(event_id=event.event_id))]

    def _misunderstood(self, member: str, event: ev.Misunderstood) -> list[Command]:
        fields = {"code": event.code, "param": event.param, "text": event.message}
        note = Note("client_message_refused", fields=fields)
        return [note, Tell(member, ev.ErrorTold(error=event.failure))]

    _answers: ClassVar[dict[type[ev.Event], Callable[[Room, str, Any], list[Command]]]] = {
        said.FloorAsked: _ask_floor,
        said.FloorReleased: _release_floor,
        said.EndAsked: _end,
        ev.InputCommit: _commit,
        ev.ClientPing: _ping,
        ev.Misunderstood: _misunderstood,
    }

    # What is found out

    def _carry(self, found: Found) -> list[Command]:
        """Commands as they are; facts to who has to know them."""
        commands: list[Command] = []
        for one in self._booth.pass_on(found, self._now):
            match one:
                case Began(item):
                    self._captions.begin(item)
                    start_ms = round(item.start_ms)
                    event = ev.SpeechStarted(item_id=item.item_id, audio_start_ms=start_ms)
                    self._saying = self._speaker
                    commands += self._tell_sayer(event)
                case Ended(item):
                    end_ms = round(item.end_ms or 0.0)
                    stopped = ev.SpeechStopped(item_id=item.item_id, audio_end_ms=end_ms)
                    commands += self._tell_sayer(stopped)
                case Piece() | Whole() | Anew() | Unwritten():
                    commands += self._captions.follow(one, self._now)
                case Refused(line, why):
                    commands += unserved(line, why, self.members)
                case Tell(member) if member not in self.members:
                    pass  # who asked has gone
                case _:
                    commands.append(one)
        return commands

    def _tell_sayer(self, event: ev.Event) -> list[Command]:
        sayer = self._saying
        return [Tell(sayer, event)] if sayer is not None and sayer in self.members else []

    # Lines

    def _line_ready(self, event: told.LineReady) -> list[Command]:
        return self._carry(self._booth.ready(event.line, self._now))

    def _heard(self, event: told.Heard) -> list[Command]:
        return self._carry(self._booth.heard(event.line, event.event, self._now))

    def _line_lost(self, event: told.LineLost) -> list[Command]:
        return self._carry(self._booth.lost(event, self._now))

    def _time_passed(self, _: told.TimePassed) -> list[Command]:
        passed = self._carry(self._booth.passed(self._now))
        return passed + self._captions.passed(self._now)

    _dispatch: ClassVar[dict[type, Callable[[Room, Any], list[Command]]]] = {
        told.Joined: _joined,
        told.Left: _left,
        told.Said: _said,
        told.Spoke: _spoke,
        told.LineReady: _line_ready,
        told.Heard: _heard,
        told.LineLost: _line_lost,
        told.TimePassed: _time_passed,
    }


def _about(commands: list[Command], message_type: str | None) -> list[Command]:
    """The same; an error says by which message of the member's it was caused."""
    told: list[Command] = []
    for command in commands:
        if isinstance(command, Tell) and isinstance(command.event, ev.ErrorTold):
            event = msgspec.structs.replace(command.event, about=message_type)
            told.append(Tell(command.member, event))
        else:
            told.append(command)
    return told
