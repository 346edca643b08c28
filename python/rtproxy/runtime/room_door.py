"""From an upgrade request to a member of a room, or why not.

Owns the decisions about such a request: as what the client comes, whether it may, and
whether the room may be opened for it. Listeners cost no upstream of their own, so they
are not counted as sessions of their user; speakers are. Must not know what happens in a
room.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial

from rtproxy.credentials.judge import Credentials, Refused
from rtproxy.dialects.broadcast import BROADCAST, Broadcast, Membership, read_membership
from rtproxy.legs.leg import LegsOptions, OpenLegs
from rtproxy.legs.listener import Upgrade
from rtproxy.model import events as ev
from rtproxy.model.ids import new_id
from rtproxy.model.room import Role
from rtproxy.resilience.admission import Visit
from rtproxy.runtime.admitting import judged, named
from rtproxy.runtime.no_entry import (
    NoEntry,
    stranger,
    too_many,
    too_many_rooms,
    turn_away,
    wrong_query,
)
from rtproxy.runtime.process import Process
from rtproxy.runtime.room_members import MemberTask
from rtproxy.runtime.room_task import RoomTask
from rtproxy.runtime.rooms import Rooms
from rtproxy.session.requests import screened


@dataclass(frozen=True, slots=True)
class RoomDoor:
    """Takes upgrades under the rooms' path.

    `languages` may be asked for; `ahead_ms` of audio may come before its time; the rest
    is as of `FrontDoor`.
    """

    rooms: Rooms
    credentials: Credentials
    process: Process
    open_legs: OpenLegs
    options: LegsOptions
    message_bytes: int
    languages: Collection[str]
    input_rate_hz: int
    ahead_ms: float

    async def enter(self, upgrade: Upgrade, path: str, visit: Visit) -> None:
        """Answer one upgrade request; returns when the member has left."""
        asked = self._judge(upgrade, path, visit)
        if isinstance(asked, NoEntry):
            await self._turn_away(upgrade, asked)
            return
        with self.rooms.visited(asked.membership.room) as room:
            if room is None:
                await self._turn_away(upgrade, too_many_rooms(self.rooms.most))
            else:
                await self._serve(upgrade, asked, room, visit)

    def _judge(self, upgrade: Upgrade, path: str, visit: Visit) -> _Guest | NoEntry:
        if visit.rejected is not None:
            return too_many(visit.rejected)
        admitted = judged(self.credentials, upgrade, BROADCAST)
        if isinstance(admitted, Refused):
            return stranger(admitted)
        membership = read_membership(path, upgrade.query, self.languages)
        if isinstance(membership, ev.Misunderstood):
            return wrong_query(membership)
        dialect = BROADCAST.asked(upgrade.query, input_rate_hz=self.input_rate_hz)
        if isinstance(dialect, ev.Misunderstood):
            return wrong_query(dialect)
        speaks = membership.role is Role.SPEAKER
        rejected = named(visit, admitted.subject) if speaks else None
        return _Guest(membership, dialect) if rejected is None else too_many(rejected)

    async def _serve(self, upgrade: Upgrade, guest: _Guest, room: RoomTask, visit: Visit) -> None:
        connection = await upgrade.accept(_subprotocol(upgrade))
        async with self.open_legs(self.options) as legs:
            member = MemberTask(
                new_id("member", secrets.token_bytes(16)),
                guest.membership,
                guest.dialect,
                room,
                screen=partial(screened, take=visit.request),
                ahead_ms=self.ahead_ms,
            )
            with self.process.live.entered(member, counts=member.role is Role.SPEAKER):
                await member.run(connection, legs, self.message_bytes)

    async def _turn_away(self, upgrade: Upgrade, why: NoEntry) -> None:
        await turn_away(
            upgrade,
            BROADCAST,
            why,
            open_legs=self.open_legs,
            options=self.options,
            largest_bytes=self.message_bytes,
        )


@dataclass(frozen=True, slots=True)
class _Guest:
    """As what a client comes in, and how it speaks."""

    membership: Membership
    dialect: Broadcast


def _subprotocol(upgrade: Upgrade) -> str | None:
    name = BROADCAST.subprotocol
    return name if name in upgrade.subprotocols else None
