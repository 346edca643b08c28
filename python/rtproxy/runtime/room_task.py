"""A room at run time: one nursery with a task for each upstream session, and no more.

Owns the way from what members say, upstreams say and time brings, through the pure
room, to what is done about it; and the end of a room. Members run in the tasks of their
own connections. A bug here ends this room's members with 1011, and nobody else. Must
not decide anything about the room: that is the core's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

import structlog
import trio

from rtproxy.legs.leg import Leg
from rtproxy.model import events as ev
from rtproxy.model.close import CloseCode, CloseReason, Origin
from rtproxy.model.room import AudioSaid, Role
from rtproxy.rooms import commands as cmd
from rtproxy.rooms.events import (
    Heard,
    Joined,
    Left,
    LineLost,
    LineReady,
    RoomEvent,
    Said,
    Spoke,
    TimePassed,
)
from rtproxy.rooms.line import Line
from rtproxy.runtime.audience import Audience, Encode
from rtproxy.runtime.heartbeat import Heartbeat
from rtproxy.runtime.notes import Notes
from rtproxy.runtime.room_audio import RoomAudio, length_ms
from rtproxy.runtime.room_line import LineTask, LineTerms

_GONE = CloseReason(CloseCode.RESTART, "the room has just ended; come again")


class RoomCore(Protocol):
    """The pure core of a room."""

    @property
    def deadline(self) -> float:
        """When it is to be told that time has passed, by its clock; inf: never."""

    def receive(self, event: RoomEvent, now: float) -> list[cmd.Command]:
        """What the event calls for."""


class Member(Protocol):
    """A member as its room knows it."""

    session_id: str
    reason: CloseReason | None  # why it ends, once it does

    @property
    def role(self) -> Role:
        """What it is here for."""

    @property
    def language(self) -> str | None:
        """What it speaks or reads."""

    def end(self, reason: CloseReason) -> None:
        """End soon; idempotent, the first reason counts."""


class RoomTask:
    """One room; `run` is its life, `end` its end."""

    def __init__(
        self,
        session_id: str,
        name: str,
        core: RoomCore,
        *,
        encode: Encode,
        lines: LineTerms,
        ring_ms: int,
        ping_every_s: float,
        pong_within_s: float,
        over: Callable[[], None],
    ) -> None:
        """`over` is called once, when nobody can come in here any more."""
        self.session_id = session_id
        self._core = core
        self._terms = lines
        self._over: Callable[[], None] | None = over
        self._log = structlog.get_logger().bind(room=name)
        self._notes = Notes(self._log, trio.current_time)
        self._visits = 0
        self._members: dict[str, Member] = {}
        self._audience = Audience(encode)
        self._audio = RoomAudio(ring_ms)
        self._spoken = b""
        self._lines: dict[Line, LineTask] = {}
        self._nursery: trio.Nursery | None = None
        self._heartbeat = Heartbeat(
            every_s=ping_every_s,
            within_s=pong_within_s,
            log=self._log,
            deadline=lambda: core.deadline,
            passed=lambda: self._receive(TimePassed()),
        )

    # What its members do

    @contextmanager
    def visited(self) -> Iterator[None]:
        """Somebody is about to come in, is here, and goes: the room stays while the block runs."""
        self._visits += 1
        try:
            yield
        finally:
            self._visits -= 1
            self._end_if_empty()

    def enter(self, member: Member, leg: Leg) -> None:
        """A member comes in, unless it is dismissed at once."""
        if self._over is None:
            member.end(_GONE)
            return
        self._heartbeat.watch(leg)
        self._members[member.session_id] = member
        self._audience.add(member.session_id, member.language, leg)
        self._receive(Joined(member.session_id, member.role, member.language))
        if member.reason is not None:
            self._forget(member.session_id)  # it was told why, and has never come

    def leave(self, member: Member) -> None:
        """A member has gone."""
        if member.session_id in self._members:
            self._forget(member.session_id)
            self._receive(Left(member.session_id))

    def said(self, member: Member, event: ev.Event) -> None:
        """A member has said something."""
        if member.session_id in self._members:
            self._receive(Said(member.session_id, event))

    def spoke(self, member: Member, said: AudioSaid, samples: bytes) -> None:
        """A member has sent audio; `samples` are what the room keeps of it."""
        if member.session_id in self._members:
            self._spoken = samples
            cause = said.event_id, said.message_type
            self._receive(Spoke(member.session_id, length_ms(samples), *cause))

    def _forget(self, member: str) -> None:
        del self._members[member]
        self._audience.remove(member)

    # Its life

    async def run(self) -> None:
        """Live until nobody is here and no line is open; never raises but what cancels it."""
        started_s = trio.current_time()
        self._log.info("room_opened")
        try:
            async with trio.open_nursery() as nursery:
                self._nursery = nursery
                if self._over is None:  # it was told to end before it began
                    nursery.cancel_scope.cancel()
                for task in self._lines.values():  # that were wanted before it began
                    nursery.start_soon(task.run)
                self._end_if_empty()
                await self._heartbeat.run()
        except* Exception as bugs:  # noqa: BLE001 - the room's edge: a bug ends this one alone
            self._end_by_bug(bugs)
        finally:
            self._shut()
            self._log.info("room_closed", after_s=round(trio.current_time() - started_s, 1))

    def end(self, reason: CloseReason) -> None:
        """Hang up all lines; its members are told by who ends them."""
        self._log.info("room_ending", reason=reason.text)
        self._shut()

    def _shut(self) -> None:
        """Nobody comes in any more, nothing is received, lines say goodbye."""
        if self._over is not None:
            over, self._over = self._over, None
            over()
            if self._nursery is not None:
                self._nursery.cancel_scope.cancel()

    def _end_if_empty(self) -> None:
        if self._nursery is not None and not self._visits and not self._lines:
            self._shut()

    def _end_by_bug(self, bug: BaseException) -> None:
        """Tell its members that it was our fault, with an id that finds the log line."""
        self._log.error("room_bug", error_id=self.session_id, exc_info=bug)
        if self._over is None:
            return  # they have been told, or are told something else
        self._shut()
        message = f"Internal error in the proxy; its log has the details under {self.session_id}."
        for member in list(self._members.values()):
            member.end(CloseReason(CloseCode.OUR_FAULT, message, Origin.US))
        failure = ev.Failure(type="server_error", code="internal_error", message=message)
        self._audience.tell_everybody(ev.ErrorTold(error=failure, fatal=True))

    # Its core

    def _receive(self, event: RoomEvent) -> None:
        """Tell the core, and do what it asks; nothing happens in a room that is over."""
        if self._over is None:
            return
        try:
            for command in self._core.receive(event, trio.current_time()):
                self._perform(command)
        except Exception as bug:  # noqa: BLE001 - the room's edge: not the member's that spoke
            self._end_by_bug(bug)
            return
        self._heartbeat.look_again()
        self._end_if_empty()

    def _perform(self, command: cmd.Command) -> None:  # noqa: C901 - one case per command
        match command:
            case cmd.Tell(member, event):
                self._audience.tell(member, event)
            case cmd.TellLanguage(language, event, final):
                self._audience.tell_language(language, event, final=final)
            case cmd.TellAll(event, but):
                self._audience.tell_everybody(event, but=but)
            case cmd.Dismiss(member, reason):
                self._dismiss(member, reason)
            case cmd.TakeAudio():
                self._audio.take(self._spoken)
            case cmd.OpenLine(line, session):
                self._open(line, session)
            case cmd.CloseLine(line):
                self._lines.pop(line).close()
                self._audio.forget(line)
            case cmd.Feed(line, from_ms, to_ms):
                self._feed(line, from_ms, to_ms)
            case cmd.StopFeeding(line, at_ms):
                self._audio.stop(line, at_ms)
            case cmd.FeedSilence(line, length_ms):
                self._audio.pause(line, length_ms)
            case cmd.ToLine(line, event):
                self._tell_line(line, event)
            case cmd.Note(name, level, fields):
                self._notes.write(name, level, fields)

    def _dismiss(self, member: str, reason: CloseReason) -> None:
        if member in self._members:
            self._members[member].end(reason)

    # Its lines

    def _open(self, line: Line, session: dict[str, object]) -> None:
        task = self._lines[line] = LineTask(
            line,
            session,
            self._terms,
            watch=self._heartbeat.watch,
            tell=self._hear,
            log=self._log,
        )
        if self._nursery is not None:
            self._nursery.start_soon(task.run)

    def _hear(self, event: LineReady | Heard | LineLost) -> None:
        """A line has something to tell, unless it was closed meanwhile."""
        if event.line not in self._lines:
            return
        if isinstance(event, LineLost):
            self._audio.forget(event.line)
            del self._lines[event.line]
        self._receive(event)

    def _tell_line(self, line: Line, event: ev.Event) -> None:
        """Whatever was to be said to a line that is gone meanwhile, nobody misses it."""
        if line in self._lines:
            self._lines[line].tell(event)

    def _feed(self, line: Line, from_ms: float, to_ms: float | None) -> None:
        task = self._lines[line]
        gone_ms = self._audio.feed(line, task.send, task.appends, from_ms, to_ms)
        if gone_ms:
            self._log.warning("room_audio_gone", line=str(line), gone_ms=round(gone_ms))
