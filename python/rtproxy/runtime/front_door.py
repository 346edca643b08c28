"""From an upgrade request to a session: which dialect, whose turn, or why not.

Owns the first decisions about a WebSocket request. Must not know how a session
runs once it has begun.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from rtproxy.credentials.judge import Admitted, Credentials, Refused
from rtproxy.credentials.refusal import unauthorized
from rtproxy.dialects.dialect import Dialect
from rtproxy.dialects.registry import DIALECTS, choose_dialect
from rtproxy.legs.leg import LegsOptions, OpenLegs, Side
from rtproxy.legs.listener import Upgrade
from rtproxy.model import events as ev
from rtproxy.model.close import CloseCode, CloseReason
from rtproxy.model.events import Json
from rtproxy.model.ids import new_id
from rtproxy.model.session_config import merge_session
from rtproxy.personas.persona import Persona
from rtproxy.runtime.dialing import Dialler
from rtproxy.runtime.perform import Core
from rtproxy.runtime.process import Process
from rtproxy.runtime.session_task import SessionLimits, SessionTask
from rtproxy.session.relay import RelaySession
from rtproxy.session.session import Session
from rtproxy.upstreams.upstream import wishes, wishes_of_session


@dataclass(frozen=True, slots=True)
class FrontDoor:
    """Takes upgrades; everything that their sessions need was built before.

    `persona` gives a dialect's persona, `input_rate_hz` the sample rate of its clients
    that name none; `credentials` says who may come in; `open_legs` is the driver;
    `paced` are the options of legs whose client is paced, `relayed` of those whose
    client buffers by protocol.
    """

    credentials: Credentials
    dialler: Dialler
    limits: SessionLimits
    process: Process
    persona: Callable[[Dialect], Persona]
    input_rate_hz: Callable[[Dialect], int]
    open_legs: OpenLegs
    paced: LegsOptions
    relayed: LegsOptions

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
        admitted = self.credentials.judge(upgrade)
        if isinstance(admitted, Refused):
            await self._keep_out(upgrade, dialect, admitted)
            return
        asked = dialect.asked(query, input_rate_hz=self.input_rate_hz(dialect))
        if isinstance(asked, ev.Misunderstood):
            wrong = ev.Failure(code=asked.code, message=asked.message, param=asked.param)
            reason = CloseReason(CloseCode.BAD_REQUEST, f"bad {asked.param}")
            await self._turn_away(upgrade, dialect, wrong, reason)
            return
        dialect = asked
        offered = dialect.subprotocol in upgrade.subprotocols
        connection = await upgrade.accept(dialect.subprotocol if offered else None)
        session_id = new_id("sess", secrets.token_bytes(16))
        async with self.open_legs(self.relayed if dialect.relays else self.paced) as legs:
            task = SessionTask(
                session_id,
                self._core(session_id, dialect, admitted.session),
                dialect,
                legs,
                asked=_wishes(upgrade, admitted),
                dialler=self.dialler,
                limits=self.limits,
                process=self.process,
            )
            with self.process.live.entered(task):
                await task.run(connection)

    def _core(self, session_id: str, dialect: Dialect, bound: Json | None) -> Core:
        """`bound` is the configuration that the client's token brought."""
        if dialect.relays:
            return RelaySession(session_id)
        config = merge_session(self.persona(dialect).session_object(), bound or {})
        return Session(session_id, config, bare_audio=dialect.audio.binary)

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


def _wishes(upgrade: Upgrade, admitted: Admitted) -> dict[str, str]:
    """What the client asks of the upstream; what its token says comes behind its own words."""
    user = admitted.user or upgrade.header("openai-safety-identifier")
    asked = wishes(upgrade.query, user)
    return {**wishes_of_session(admitted.session or {}), **asked}


def _nothing_here(path: str, query: dict[str, str]) -> str:
    paths = ", ".join(path for dialect in DIALECTS for path in dialect.paths)
    wanted = f" with dialect '{query['dialect']}'" if "dialect" in query else ""
    return f"No WebSocket is spoken at {path}{wanted}; try one of: {paths}."
