"""From an upgrade request to a session: which dialect, whose turn, or why not.

Owns the first decisions about a WebSocket request. Must not know how a session
runs once it has begun.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from rtproxy.credentials.judge import Admitted, Credentials, Refused
from rtproxy.dialects.broadcast import BROADCAST, Broadcast
from rtproxy.dialects.dialect import Dialect
from rtproxy.dialects.registry import DIALECTS, choose_dialect
from rtproxy.legs.leg import LegsOptions, OpenLegs
from rtproxy.legs.listener import Upgrade
from rtproxy.model import events as ev
from rtproxy.model.brief import Brief
from rtproxy.model.ids import new_id
from rtproxy.model.place import show
from rtproxy.personas.casting import Casting
from rtproxy.resilience.admission import Admission, Visit
from rtproxy.runtime.admitting import asked_of_upstream, judged, late, named
from rtproxy.runtime.dialing import Dialler
from rtproxy.runtime.no_entry import NoEntry, stranger, too_many, turn_away, wrong_query
from rtproxy.runtime.perform import Core
from rtproxy.runtime.process import Process
from rtproxy.runtime.room_door import RoomDoor
from rtproxy.runtime.session_task import SessionLimits, SessionTask
from rtproxy.runtime.switchboard import NOT_SIGNED, Switchboard
from rtproxy.runtime.tool_tasks import ToolTasks
from rtproxy.session.greeting import Greeting
from rtproxy.session.lifetime import Patience
from rtproxy.session.relay import RelaySession
from rtproxy.session.requests import screened
from rtproxy.session.session import Session
from rtproxy.tools.runner import Runner


@dataclass(frozen=True, slots=True)
class Guest:
    """A client that comes in: how it speaks, as whom, and what its session is to be."""

    upgrade: Upgrade
    dialect: Dialect
    brief: Brief
    admitted: Admitted
    visit: Visit


@dataclass(frozen=True, slots=True)
class FrontDoor:
    """Takes upgrades; everything that their sessions need was built before.

    `casting` says who answers, `credentials` and `admission` who may come in and how many,
    `input_rate_hz` the sample rate of clients that name none, `patience` how long a
    session may last; `open_legs` is the driver; `paced` are the options of legs whose
    client is paced, `relayed` of those whose client buffers by protocol; `switchboard`
    knows what calls need, `room_door` takes those who want to be in a room, `runner` runs the
    proxy's own tools.
    """

    credentials: Credentials
    admission: Admission
    dialler: Dialler
    limits: SessionLimits
    process: Process
    casting: Casting
    input_rate_hz: Callable[[Dialect], int]
    patience: Patience
    open_legs: OpenLegs
    paced: LegsOptions
    relayed: LegsOptions
    switchboard: Switchboard
    room_door: RoomDoor
    runner: Runner

    async def enter(self, upgrade: Upgrade, *, home: str = "/") -> None:
        """Answer one upgrade request; returns when its session is over.

        `home` is the path that `/` stands for where it came in.
        """
        path = home if upgrade.path == "/" else upgrade.path
        with self.admission.visiting(upgrade.peer[0]) as visit:
            await self._receive(upgrade, path, visit)

    async def _receive(self, upgrade: Upgrade, path: str, visit: Visit) -> None:
        if not self.process.welcomes:
            await upgrade.refuse(503, "The server is stopping; try again in a moment.")
            return
        beta = upgrade.header("openai-beta")
        dialect = choose_dialect(path, upgrade.query, upgrade.subprotocols, beta_header=beta)
        if dialect is None:
            await upgrade.refuse(404, _nothing_here(upgrade.path, upgrade.query))
            return
        if isinstance(dialect, Broadcast):
            await self.room_door.enter(upgrade, path, visit)
            return
        if dialect.telephone and not self.switchboard.is_twilios(upgrade):
            await upgrade.refuse(403, NOT_SIGNED)
            return
        guest = self._judge(upgrade, dialect, visit)
        if isinstance(guest, Guest):
            await self._serve(guest)
            return
        await turn_away(
            upgrade,
            dialect,
            guest,
            open_legs=self.open_legs,
            options=self.paced,
            largest_bytes=self.limits.client_message_bytes,
        )

    def _judge(self, upgrade: Upgrade, dialect: Dialect, visit: Visit) -> Guest | NoEntry:
        if visit.rejected is not None:
            return too_many(visit.rejected)
        admitted = judged(self.credentials, upgrade, dialect)
        if isinstance(admitted, Refused):
            return stranger(admitted)
        # Who is greeted says who is there: many of them may share one key.
        rejected = None if dialect.greets else named(visit, admitted.subject)
        if rejected is not None:
            return too_many(rejected)
        asked = dialect.asked(upgrade.query, input_rate_hz=self.input_rate_hz(dialect))
        if isinstance(asked, ev.Misunderstood):
            return wrong_query(asked)
        relays, query = dialect.relays, upgrade.query
        brief = Brief({}) if relays else self.casting.at_connect(dialect.name, query)
        if isinstance(brief, ev.Misunderstood):
            return wrong_query(brief)
        return Guest(upgrade, asked, brief.bound_to(admitted.session), admitted, visit)

    async def _serve(self, guest: Guest) -> None:
        upgrade, dialect = guest.upgrade, guest.dialect
        offered = dialect.subprotocol in upgrade.subprotocols
        connection = await upgrade.accept(dialect.subprotocol if offered else None)
        session_id = new_id("sess", secrets.token_bytes(16))
        async with self.open_legs(self._options(dialect)) as legs:
            task = SessionTask(
                session_id,
                self._core(session_id, guest),
                dialect,
                legs,
                asked=asked_of_upstream(upgrade, dialect, guest.admitted, guest.brief),
                dialler=self.dialler,
                limits=self.limits,
                process=self.process,
                tools=ToolTasks(self.runner, session_id, dialect.name, lambda: guest.visit.user),
                screen=partial(screened, take=guest.visit.request),
                bound=guest.admitted.session if dialect.relays else None,
            )
            with self.process.live.entered(task):
                await task.run(connection)

    def _options(self, dialect: Dialect) -> LegsOptions:
        """Where messages are relayed no input is kept: that upstream has no successor."""
        options = self.relayed if dialect.buffers else self.paced
        return replace(options, ring_ms=0) if dialect.relays else options

    def _core(self, session_id: str, guest: Guest) -> Core:
        dialect = guest.dialect
        if dialect.relays:
            return RelaySession(session_id)
        greeting = None
        if dialect.greets:
            vouched = dialect.telephone and self.switchboard.checks
            admit = late(self.credentials, guest.upgrade, guest.visit, vouched=vouched)
            at_start = partial(self._at_start, guest)
            greeting = Greeting(at_start, admit=admit, once=dialect.telephone)
        return Session(
            session_id,
            guest.brief.session,
            bare_audio=dialect.audio.binary,
            greeting=greeting,
            patience=self.patience,
            opening=guest.brief.opening,
            call=self.switchboard.take_call() if dialect.telephone else None,
            tools=guest.brief.tools,
        )

    def _at_start(self, guest: Guest, start: ev.StartAsked) -> Brief | ev.Misunderstood:
        brief = self.casting.at_start(guest.dialect.name, guest.upgrade.query, start)
        if isinstance(brief, ev.Misunderstood):
            return brief
        return brief.bound_to(guest.admitted.session, own=start.session)


def _nothing_here(path: str, query: dict[str, str]) -> str:
    paths = [path for dialect in (*DIALECTS, BROADCAST) for path in dialect.paths]
    if path not in paths:
        return f"No WebSocket is spoken at {path}; try one of: {', '.join(paths)}."
    names = ", ".join(dialect.name for dialect in DIALECTS if not dialect.relays)
    return f"?dialect={show(query['dialect'])} is not spoken at {path}; it may be one of: {names}."
