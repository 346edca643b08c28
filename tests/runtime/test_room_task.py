"""A room as a nursery: what its core asks for is done, and how it ends.

The core here is a script, so that each request is made alone; the whole is tried with the
real one in `tests/e2e/test_rooms.py`.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from math import inf
from typing import Any

import pytest
import structlog
import trio
import trio.testing

from rtproxy.dialects.broadcast import BROADCAST
from rtproxy.legs.leg import LegsOptions
from rtproxy.model import events as ev
from rtproxy.model.close import CloseCode, CloseReason
from rtproxy.model.room import AudioSaid, Role, RoomEnded
from rtproxy.resilience.backoff import Backoff
from rtproxy.rooms import commands as cmd
from rtproxy.rooms.events import Joined, Left, RoomEvent, Said, Spoke, TimePassed
from rtproxy.runtime.audience import Encode
from rtproxy.runtime.dialing import Dialler
from rtproxy.runtime.process import Process
from rtproxy.runtime.room_line import LineTerms
from rtproxy.runtime.room_task import RoomTask

DRAIN = CloseReason(CloseCode.GOING_AWAY, "the server is stopping")


@dataclass
class ScriptedCore:
    """Does what the script says for each class of event; keeps all that it is told."""

    script: dict[type, Callable[[Any], list[cmd.Command]]] = field(default_factory=dict)
    told: list[RoomEvent] = field(default_factory=list)
    deadline: float = inf

    def receive(self, event: RoomEvent, now: float) -> list[cmd.Command]:
        self.told.append(event)
        if isinstance(event, TimePassed):
            self.deadline = inf
        return self.script.get(type(event), lambda _: [])(event)


class Leg:
    """A member's leg as its room sees it."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def keep_alive(self, **_: object) -> None: ...

    def waiting(self) -> tuple[int, int]:
        return 0, 0

    def send(self, payload: bytes) -> None:
        self.sent.append(json.loads(payload))


class Guest:
    """A member as its room sees it."""

    role = Role.LISTENER

    def __init__(self, name: str, language: str | None = "de") -> None:
        self.session_id = name
        self.language = language
        self.reason: CloseReason | None = None
        self.leg = Leg()

    def end(self, reason: CloseReason) -> None:
        self.reason = self.reason or reason

    @property
    def types(self) -> list[str]:
        return [each["type"] for each in self.leg.sent]


@dataclass
class Trial:
    room: RoomTask
    core: ScriptedCore
    over: int = 0

    def enter(self, guest: Guest) -> None:
        self.room.enter(guest, guest.leg)  # type: ignore[arg-type] # it has all that is used


@asynccontextmanager
async def a_room(
    core: ScriptedCore, *, within_s: float = 10.0, encode: Encode = BROADCAST.encode
) -> AsyncIterator[Trial]:
    """A room that somebody visits while the block runs; its task has ended afterwards."""

    def over() -> None:
        trial.over += 1

    lines = LineTerms(
        dialler=Dialler([], 1.0, Backoff()),
        open_legs=None,  # type: ignore[arg-type] # nobody dials
        options=LegsOptions(),
        message_bytes=1,
        first_event_s=1.0,
        translation_model="m",
        process=Process("simulator", lambda: 0.0, 0.0),
    )
    room = RoomTask(
        "room_1",
        "hall",
        core,
        encode=encode,
        lines=lines,
        ring_ms=60_000,
        ping_every_s=15,
        pong_within_s=10,
        over=over,
    )
    trial = Trial(room, core)
    with trio.fail_after(within_s):
        async with trio.open_nursery() as nursery:
            with room.visited():
                nursery.start_soon(room.run)
                yield trial
    assert trial.over == 1


async def test_a_member_comes_speaks_and_goes() -> None:
    async with a_room(ScriptedCore()) as trial:
        guest = Guest("m1")
        trial.enter(guest)
        trial.room.said(guest, ev.ClientPing())
        trial.room.spoke(guest, AudioSaid(audio=b"", event_id="mine"), bytes(1_920))
        trial.room.leave(guest)
        trial.room.leave(guest)
        trial.room.said(guest, ev.ClientPing())
    assert trial.core.told == [
        Joined("m1", Role.LISTENER, "de"),
        Said("m1", ev.ClientPing()),
        Spoke("m1", 40.0, "mine"),
        Left("m1"),
    ]


async def test_who_is_dismissed_at_once_has_never_come() -> None:
    full = CloseReason(CloseCode.RATE_LIMITED, "full")

    def joined(event: Joined) -> list[cmd.Command]:
        if event.member != "late":
            return []
        return [cmd.Tell("late", ev.Pong()), cmd.Dismiss("late", full)]

    core = ScriptedCore({Joined: joined, Said: lambda _: [cmd.TellAll(RoomEnded())]})
    async with a_room(core) as trial:
        there, late = Guest("there"), Guest("late")
        trial.enter(there)
        trial.enter(late)
        trial.room.said(there, ev.ClientPing())
        trial.room.leave(late)
        trial.room.leave(there)
    assert (late.reason, late.types) == (full, ["pong"])
    assert (there.reason, there.types) == (None, ["ended"])
    assert [event for event in trial.core.told if isinstance(event, Left)] == [Left("there")]


def bug(_: RoomEvent) -> list[cmd.Command]:
    """A bug of ours."""
    raise RuntimeError("a bug of ours")


async def test_a_bug_ends_the_members_of_its_room() -> None:
    with structlog.testing.capture_logs() as logged:
        async with a_room(ScriptedCore({Said: bug})) as trial:
            one, other, late = Guest("one"), Guest("other"), Guest("late")
            trial.enter(one)
            trial.enter(other)
            trial.room.said(one, ev.ClientPing())
            for guest in (one, other):
                assert guest.reason is not None
                assert guest.reason.code == CloseCode.OUR_FAULT
                assert (guest.leg.sent[-1]["code"], guest.leg.sent[-1]["fatal"]) == (
                    "internal_error",
                    True,
                )
                trial.room.leave(guest)
            trial.enter(late)
            assert late.reason is not None
            assert late.reason.code == CloseCode.RESTART
    assert len(trial.core.told) == 3
    assert [line["error_id"] for line in logged if line["event"] == "room_bug"] == ["room_1"]


async def test_time_is_kept_and_a_bug_in_it_is_contained(
    autojump_clock: trio.testing.MockClock,
) -> None:
    core = ScriptedCore()
    async with a_room(core, within_s=7_200) as trial:
        guest = Guest("m1")
        trial.enter(guest)
        core.deadline = trio.current_time() + 3_600
        trial.room.said(guest, ev.ClientPing())
        await trio.sleep(3_599)
        assert not [event for event in core.told if isinstance(event, TimePassed)]
        await trio.sleep(2)
        assert core.told[-1] == TimePassed()
        core.script[TimePassed] = bug
        core.deadline = trio.current_time() + 1
        trial.room.said(guest, ev.ClientPing())
        await trio.sleep(2)
        assert guest.reason is not None
        assert guest.reason.code == CloseCode.OUR_FAULT


async def test_a_drained_room_hears_nothing_more() -> None:
    async with a_room(ScriptedCore()) as trial:
        guest = Guest("m1")
        trial.enter(guest)
        trial.room.end(DRAIN)
        trial.room.end(DRAIN)
        trial.room.said(guest, ev.ClientPing())
        trial.room.leave(guest)
    assert trial.core.told == [Joined("m1", Role.LISTENER, "de")]


async def test_a_room_is_told_in_the_log() -> None:
    note = cmd.Note("floor_passed", fields={"to": "m1"})
    with structlog.testing.capture_logs() as logged:
        async with a_room(ScriptedCore({Joined: lambda _: [note]})) as trial:
            guest = Guest("m1")
            trial.enter(guest)
            trial.room.leave(guest)
    assert [(line["event"], line["room"]) for line in logged] == [
        ("floor_passed", "hall"),
        ("room_opened", "hall"),
        ("room_closed", "hall"),
    ]


async def test_a_bug_in_the_words_for_a_bug_goes_no_further() -> None:
    def speechless(_: ev.Event) -> list[bytes]:
        raise RuntimeError("no words for it")

    async with a_room(ScriptedCore({Said: bug}), encode=speechless) as trial:
        guest = Guest("m1")
        trial.enter(guest)
        with pytest.raises(RuntimeError, match="no words"):
            trial.room.said(guest, ev.ClientPing())
        assert guest.reason is not None
        assert guest.reason.code == CloseCode.OUR_FAULT
