"""From an upgrade request to a session: which dialect, whose turn, or why not.

Owns the first decisions about a WebSocket request. Must not know how a session
runs once it has begun.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from rtproxy.credentials.judge import Credentials, Refused
from rtproxy.credentials.refusal import unauthorized
from rtproxy.dialects.dialect import Dialect
from rtproxy.dialects.registry import DIALECTS, choose_dialect
from rtproxy.dialects.twilio import Twilio
from rtproxy.legs.leg import LegsOptions, OpenLegs, Side
from rtproxy.legs.listener import Upgrade
from rtproxy.model import events as ev
from rtproxy.model.brief import Brief
from rtproxy.model.close import CloseCode, CloseReason
from rtproxy.model.events import Json
from rtproxy.model.ids import new_id
from rtproxy.personas.casting import Casting
from rtproxy.runtime.admitting import asked_of_upstream, bound, judged, late
from rtproxy.runtime.dialing import Dialler
from rtproxy.runtime.perform import Core
from rtproxy.runtime.process import Process
from rtproxy.runtime.session_task import SessionLimits, SessionTask
from rtproxy.runtime.switchboard import Switchboard
from rtproxy.session.greeting import Greeting
from rtproxy.session.keypad import Keypad
from rtproxy.session.lifetime import Patience
from rtproxy.session.playout import ByReports
from rtproxy.session.relay import RelaySession
from rtproxy.session.session import Session


@dataclass(frozen=True, slots=True)
class FrontDoor:
    """Takes upgrades; everything that their sessions need was built before.

    `casting` says who answers, `credentials` who may come in, `input_rate_hz` the sample
    rate of clients that name none; `patience` says how long a session may last;
    `open_legs` is the driver; `paced` are the options of legs whose client is paced,
    `relayed` of those whose client buffers by protocol; `switchboard` knows Twilio's calls,
    in which the keys that are pressed are heeded or not.
    """

    credentials: Credentials
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
    heeds_keys: bool = True

    async def enter(self, upgrade: Upgrade) -> None:
        """Answer one upgrade request; returns when its session is over."""
        if not self.process.welcomes:
            await upgrade.refuse(503, "The server is stopping; try again in a moment.")
            return
        query = upgrade.query
        dialect = choose_dialect(upgrade.path, query, upgrade.subprotocols)
        if dialect is None:
            await upgrade.refuse(404, _nothing_here(upgrade.path, query))
            return
        if isinstance(dialect, Twilio) and not self.switchboard.is_twilios(upgrade):
            await upgrade.refuse(403, "This request is not signed by Twilio.")
            return
        admitted = judged(self.credentials, upgrade, dialect)
        if isinstance(admitted, Refused):
            await self._keep_out(upgrade, dialect, admitted)
            return
        asked = dialect.asked(query, input_rate_hz=self.input_rate_hz(dialect))
        if isinstance(asked, ev.Misunderstood):
            await self._misunderstand(upgrade, dialect, asked)
            return
        brief = Brief({}) if dialect.relays else self.casting.at_connect(dialect.name, query)
        if isinstance(brief, ev.Misunderstood):
            await self._misunderstand(upgrade, dialect, brief)
            return
        brief = bound(brief, admitted.session)
        dialect = asked
        offered = dialect.subprotocol in upgrade.subprotocols
        connection = await upgrade.accept(dialect.subprotocol if offered else None)
        session_id = new_id("sess", secrets.token_bytes(16))
        async with self.open_legs(self.relayed if dialect.buffers else self.paced) as legs:
            task = SessionTask(
                session_id,
                self._core(session_id, dialect, brief, upgrade, admitted.session),
                dialect,
                legs,
                asked=asked_of_upstream(upgrade, dialect, admitted, brief),
                dialler=self.dialler,
                limits=self.limits,
                process=self.process,
            )
            with self.process.live.entered(task):
                await task.run(connection)

    def _core(
        self,
        session_id: str,
        dialect: Dialect,
        brief: Brief,
        upgrade: Upgrade,
        session: Json | None,
    ) -> Core:
        """`session` is what the client's token says of it."""
        if dialect.relays:
            return RelaySession(session_id)
        greeting = None
        if dialect.greets:
            at_start = partial(self._at_start, dialect.name, upgrade.query, session)
            vouched = isinstance(dialect, Twilio) and self.switchboard.checks
            admit = late(self.credentials, upgrade, vouched=vouched)
            greeting = Greeting(at_start, admit=admit, once=dialect.buffers)
        return Session(
            session_id,
            brief.session,
            bare_audio=dialect.audio.binary,
            greeting=greeting,
            opening=brief.opening,
            patience=self.patience,
            playout=ByReports() if dialect.buffers else None,
            keypad=Keypad() if dialect.buffers and self.heeds_keys else None,
        )

    def _at_start(
        self, dialect: str, query: Mapping[str, str], session: Json | None, start: ev.StartAsked
    ) -> Brief | ev.Misunderstood:
        brief = self.casting.at_start(dialect, query, start)
        return brief if isinstance(brief, ev.Misunderstood) else bound(brief, session)

    async def _keep_out(self, upgrade: Upgrade, dialect: Dialect, refused: Refused) -> None:
        """Without a good key: SDKs read the status, browsers cannot."""
        if dialect.relays:
            await upgrade.turn_away(401, *unauthorized(refused))
            return
        failure = ev.Failure(
            type="authentication_error", code=refused.code, message=refused.message
        )
        reason = CloseReason(CloseCode.UNAUTHENTICATED, refused.message)
        await self._turn_away(upgrade, dialect, failure, reason)

    async def _misunderstand(
        self, upgrade: Upgrade, dialect: Dialect, wrong: ev.Misunderstood
    ) -> None:
        failure = ev.Failure(code=wrong.code, message=wrong.message, param=wrong.param)
        reason = CloseReason(CloseCode.BAD_REQUEST, f"bad {wrong.param}")
        await self._turn_away(upgrade, dialect, failure, reason)

    async def _turn_away(
        self, upgrade: Upgrade, dialect: Dialect, failure: ev.Failure, reason: CloseReason
    ) -> None:
        """Say what is wrong in the dialect's words: browsers cannot read an HTTP status."""
        offered = dialect.subprotocol in upgrade.subprotocols
        connection = await upgrade.accept(dialect.subprotocol if offered else None)
        async with self.open_legs(self.paced) as legs:
            largest = self.limits.client_message_bytes
            leg = legs.add(Side.CLIENT, connection, max_message_bytes=largest)
            for payload in dialect.encode(ev.ErrorTold(error=failure, fatal=True)):
                leg.send(payload)
            await leg.aclose(reason)


def _nothing_here(path: str, query: dict[str, str]) -> str:
    paths = ", ".join(path for dialect in DIALECTS for path in dialect.paths)
    wanted = f" with dialect '{query['dialect']}'" if "dialect" in query else ""
    return f"No WebSocket is spoken at {path}{wanted}; try one of: {paths}."
