"""From an upgrade request to a session: which dialect, whose turn, or why not.

Owns the first decisions about a WebSocket request. Must not know how a session
runs once it has begun.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import trio

from rtproxy.credentials.judge import Admitted, Credentials, Refused
from rtproxy.credentials.refusal import unauthorized
from rtproxy.dialects.dialect import Dialect
from rtproxy.dialects.http_error import HEADERS, http_error
from rtproxy.dialects.registry import DIALECTS, choose_dialect
from rtproxy.legs.leg import LegsOptions, OpenLegs, Side
from rtproxy.legs.listener import Upgrade
from rtproxy.model import events as ev
from rtproxy.model.brief import Brief
from rtproxy.model.close import CloseCode, CloseReason
from rtproxy.model.ids import new_id
from rtproxy.personas.casting import Casting
from rtproxy.resilience.admission import Admission, Rejected, Visit
from rtproxy.runtime.admitting import asked_of_upstream, at_start, bound, introduction, judged
from rtproxy.runtime.dialing import Dialler
from rtproxy.runtime.perform import Core
from rtproxy.runtime.process import Process
from rtproxy.runtime.session_task import SessionLimits, SessionTask
from rtproxy.session.greeting import Greeting
from rtproxy.session.lifetime import Patience
from rtproxy.session.relay import RelaySession
from rtproxy.session.requests import screened
from rtproxy.session.session import Session


@dataclass(frozen=True, slots=True)
class FrontDoor:
    """Takes upgrades; everything that their sessions need was built before.

    `casting` says who answers, `credentials` who may come in, `admission` how many,
    `input_rate_hz` is the sample rate of clients that name none, `patience` says how
    long a session may last;
    `open_legs` is the driver; `paced` are the options of legs whose client is paced,
    `relayed` of those whose client buffers by protocol.
    """

    dialler: Dialler
    limits: SessionLimits
    process: Process
    casting: Casting
    credentials: Credentials
    admission: Admission
    input_rate_hz: Callable[[Dialect], int]
    patience: Patience
    open_legs: OpenLegs
    paced: LegsOptions
    relayed: LegsOptions

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
        query = upgrade.query
        dialect = choose_dialect(
            path,
            query,
            upgrade.subprotocols,
            beta_header=upgrade.header("openai-beta"),
        )
        if dialect is None:
            await upgrade.refuse(404, _nothing_here(upgrade.path, query))
            return
        admitted = judged(self.credentials, upgrade, dialect)
        if isinstance(admitted, Refused):
            await self._keep_out(upgrade, dialect, admitted)
            return
        rejected = visit.rejected or self._count(visit, dialect, admitted)
        if rejected is not None:
            await self._keep_waiting(upgrade, dialect, rejected)
            return
        asked = dialect.asked(query, input_rate_hz=self.input_rate_hz(dialect))
        if isinstance(asked, ev.Misunderstood):
            await self._correct(upgrade, dialect, asked)
            return
        brief = Brief({}) if dialect.relays else self.casting.at_connect(dialect.name, query)
        if isinstance(brief, ev.Misunderstood):
            await self._correct(upgrade, dialect, brief)
            return
        brief = bound(brief, admitted.session)
        dialect = asked
        offered = dialect.subprotocol in upgrade.subprotocols
        connection = await upgrade.accept(dialect.subprotocol if offered else None)
        session_id = new_id("sess", secrets.token_bytes(16))
        async with self.open_legs(self.relayed if dialect.relays else self.paced) as legs:
            task = SessionTask(
                session_id,
                self._core(session_id, dialect, brief, upgrade, admitted, visit),
                dialect,
                legs,
                asked=asked_of_upstream(upgrade, dialect, admitted, brief),
                bound=admitted.session if dialect.relays else None,
                dialler=self.dialler,
                limits=self.limits,
                process=self.process,
                screen=partial(screened, take=visit.request),
            )
            with self.process.live.entered(task):
                await task.run(connection)

    def _core(
        self,
        session_id: str,
        dialect: Dialect,
        brief: Brief,
        upgrade: Upgrade,
        admitted: Admitted,
        visit: Visit,
    ) -> Core:
        if dialect.relays:
            return RelaySession(session_id)
        greeting = None
        if dialect.greets:
            greeting = Greeting(
                partial(at_start, self.casting, dialect.name, upgrade.query, admitted.session),
                admit=introduction(self.credentials, upgrade, visit, trio.current_time),
            )
        return Session(
            session_id,
            brief.session,
            bare_audio=dialect.audio.binary,
            greeting=greeting,
            opening=brief.opening,
            patience=self.patience,
        )

    def _count(self, visit: Visit, dialect: Dialect, admitted: Admitted) -> Rejected | None:
        """Count the session as its key's or token's; a greeted client is to name a user."""
        if dialect.greets or admitted.subject is None:
            return None
        return visit.name(admitted.subject, trio.current_time())

    async def _keep_out(self, upgrade: Upgrade, dialect: Dialect, refused: Refused) -> None:
        """Without a good key."""
        if dialect.relays:  # official SDKs read the status
            await upgrade.turn_away(401, *unauthorized(refused))
            return
        failure = ev.Failure(
            type="authentication_error", code=refused.code, message=refused.message
        )
        reason = CloseReason(CloseCode.UNAUTHENTICATED, refused.message)
        await self._turn_away(upgrade, dialect, failure, reason)

    async def _correct(self, upgrade: Upgrade, dialect: Dialect, wrong: ev.Misunderstood) -> None:
        """Say what is wrong with the query."""
        failure = ev.Failure(code=wrong.code, message=wrong.message, param=wrong.param)
        reason = CloseReason(CloseCode.BAD_REQUEST, f"bad {wrong.param}")
        await self._turn_away(upgrade, dialect, failure, reason)

    async def _keep_waiting(self, upgrade: Upgrade, dialect: Dialect, rejected: Rejected) -> None:
        """Too many are in."""
        failure = ev.Failure(
            type="rate_limit_error", code="too_many_sessions", message=rejected.message
        )
        if dialect.relays:  # official SDKs read the status
            await upgrade.turn_away(429, HEADERS, http_error(failure))
            return
        reason = CloseReason(CloseCode.RATE_LIMITED, rejected.message)
        await self._turn_away(upgrade, dialect, failure, reason)

    async def _turn_away(
        self, upgrade: Upgrade, dialect: Dialect, failure: ev.Failure, reason: CloseReason
    ) -> None:
        """Say why in the dialect's own words, and close: browsers cannot read an HTTP status."""
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
