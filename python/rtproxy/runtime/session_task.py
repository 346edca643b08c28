"""A session is a nursery: client reader, upstream reader, heartbeat, one scope.

Owns the tasks of one session and its end. Any end — client gone, upstream lost,
drain, policy, a bug — is a CloseReason that cancels the one scope; both legs then
get their close frame inside a short shielded deadline, and no task outlives the
session. Must not decide anything about the conversation: that is the core's.

A client that is greeted is answered at once until it is known who it is and what it
wants; then an upstream is dialled, for other clients at once. What a client says while
the upstream is not there yet waits in its leg, in order (a hold that is not answered
stands its direction still). Only audio runs ahead, into the replay ring, and is said
to the upstream as soon as that has said what it takes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

import structlog
import trio

from rtproxy.dialects.dialect import Dialect
from rtproxy.legs.leg import Leg, Message, SessionLegs, Side
from rtproxy.legs.transport import Connection
from rtproxy.model import events as ev
from rtproxy.model.close import CloseCode, CloseReason, Origin
from rtproxy.model.errors import DialFailed, LegClosed
from rtproxy.model.event import Json
from rtproxy.runtime import audio_report
from rtproxy.runtime.asking import Asking
from rtproxy.runtime.binding import Beginning, begin_bound
from rtproxy.runtime.dialing import Dialler
from rtproxy.runtime.heartbeat import Heartbeat
from rtproxy.runtime.perform import Core, Performer, Screen
from rtproxy.runtime.process import Process
from rtproxy.runtime.speaking import Speaking
from rtproxy.runtime.tool_tasks import ToolTasks
from rtproxy.session.commands import RunTool
from rtproxy.session.formats import UpstreamAudio


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """What one session may take; seconds and bytes, see the configuration.

    `relayed_message_bytes` is for clients of the upstream's own protocol, which
    upload whole files in one message.
    """

    client_message_bytes: int
    relayed_message_bytes: int
    upstream_message_bytes: int
    auth_s: float
    first_event_s: float
    ping_every_s: float
    pong_within_s: float


class SessionTask:
    """One live session; `run` is its life, `end` its end."""

    def __init__(
        self,
        session_id: str,
        core: Core,
        dialect: Dialect,
        legs: SessionLegs,
        *,
        asked: Mapping[str, str],
        dialler: Dialler,
        limits: SessionLimits,
        process: Process,
        screen: Screen,
        tools: ToolTasks,
        bound: Json | None = None,
    ) -> None:
        """Take what the session is made of.

        `asked` are the client's wishes of an upstream; `bound` is the session that the
        token of a client of the upstream's own protocol stands for.
        """
        self.session_id = session_id
        self.reason: CloseReason | None = None
        self._core = core
        self._legs = legs
        self._asked = asked
        self._bound = bound
        self._dialler = dialler
        self._limits = limits
        self._process = process
        self._log = structlog.get_logger().bind(session=session_id, dialect=dialect.name)
        self._upstream_wanted = trio.Event()
        if not dialect.greets:
            self._upstream_wanted.set()
        self._upstream_there = trio.Event()
        self._speaking = Speaking(dialect, legs, dialler.secrets)
        self.asking = Asking(self._post)
        self._performer = Performer(
            core,
            dialect,
            legs,
            clock=trio.lowlevel.current_clock().current_time,
            end=self.end,
            join=self._join,
            dial=self._want_upstream,
            adopt=self._speaking.adopt,
            run_tool=self._run_tool,
            aside=self.asking.answered,
            screen=screen,
            log=self._log,
            secrets=dialler.secrets,
        )
        self._heartbeat = Heartbeat(
            every_s=limits.ping_every_s,
            within_s=limits.pong_within_s,
            log=self._log,
            deadline=lambda: core.deadline,
            passed=lambda: self._post(ev.TimePassed()),
        )
        self._tools = tools
        self._nursery: trio.Nursery | None = None

    def end(self, reason: CloseReason) -> None:
        """End the session; the first reason counts."""
        if self.reason is None:
            self.reason = reason
        if self._nursery is not None:
            self._nursery.cancel_scope.cancel()

    def _run_tool(self, call: RunTool) -> None:
        """Beside the readers: its end comes back as an event."""
        if self._nursery is not None:
            self._tools.start(call, self._nursery, self._performer.post, self.asking.ask, self._log)

    def _post(self, event: ev.Event) -> None:
        """Tell the core something that is no message."""
        self._performer.post(event)

    def _want_upstream(self, model: str | None) -> None:
        """Dial now; a model that the client's address names goes over this one."""
        if model is not None:
            self._asked = {"model": model, **self._asked}
        self._upstream_wanted.set()

    async def run(self, client: Connection) -> None:
        """Live until something ends it; never raises but what cancels it from outside."""
        try:
            leg = self._take_client(client)
        except LegClosed as closed:
            self._log.error("session_refused", reason=closed.reason.text)
            return
        started_s = trio.current_time()
        self._log.info("session_started")
        try:
            await self._live(leg)
        finally:
            await self._close_legs(self.reason or _CANCELLED)
            reason = self.reason or _CANCELLED
            self._log.info(
                "session_ended",
                code=int(reason.code),
                reason=reason.text,
                by=reason.origin.value,
                after_s=round(trio.current_time() - started_s, 1),
            )
            # No circle: what it is made of knows it, too, and would keep it (`circles.py`).
            del self._performer, self._heartbeat, self.asking

    async def _live(self, client: Leg) -> None:
        try:
            async with trio.open_nursery() as nursery:
                self._nursery = nursery
                if self.reason is not None:  # it was told to end before it began
                    nursery.cancel_scope.cancel()
                nursery.start_soon(self._read_upstream)
                nursery.start_soon(self._heartbeat.run)
                if audio_report.is_read():
                    nursery.start_soon(audio_report.report_audio, self._legs, self._log)
                await self._read_client(client)  # by the connection's own task
        except* Exception as bugs:  # noqa: BLE001 - the session's edge: a bug ends this one alone
            self._end_by_bug(bugs)

    def _end_by_bug(self, bugs: ExceptionGroup[Exception]) -> None:
        """Tell the client that it was our fault, with an id that finds the log line."""
        error_id = self.session_id
        self._log.error("session_bug", error_id=error_id, exc_info=bugs)
        message = f"Internal error in the proxy; its log has the details under {error_id}."
        failure = ev.Failure(type="server_error", code="internal_error", message=message)
        if self._speaking.client is not None:
            for payload in self._speaking.dialect.encode(ev.ErrorTold(error=failure, fatal=True)):
                self._speaking.client.send(payload)
        self.reason = CloseReason(CloseCode.OUR_FAULT, message, Origin.US)

    def _answer(self, one: Callable[[Message], None], messages: Iterable[Message]) -> None:
        for message in messages:
            one(message)
        self._heartbeat.look_again()

    # The client

    def _take_client(self, client: Connection) -> Leg:
        limits, relays = self._limits, self._speaking.dialect.relays
        largest = limits.relayed_message_bytes if relays else limits.client_message_bytes
        with self._legs.together():
            leg = self._speaking.client = self._legs.add(
                Side.CLIENT, client, max_message_bytes=largest
            )
            self._heartbeat.watch(leg)
            if not relays:
                self._speaking.attach_client()
        return leg

    async def _read_client(self, leg: Leg) -> None:
        try:
            while not self._upstream_there.is_set():
                message = await leg.receive()
                if self._upstream_wanted.is_set() and not self._upstream_there.is_set():
                    await self._wait_for_upstream(leg)
                self._performer.client_message(leg, message)
                self._heartbeat.look_again()
            await leg.serve(partial(self._answer, partial(self._performer.client_message, leg)))
        except LegClosed as closed:
            self.end(closed.reason)

    async def _wait_for_upstream(self, leg: Leg) -> None:
        """Wait with a hold in hand: behind it, nothing is told of the leg's end."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._end_with, leg)
            await self._upstream_there.wait()
            nursery.cancel_scope.cancel()

    async def _end_with(self, leg: Leg) -> None:
        await leg.wait_gone()
        self.end(_LEFT)

    # The upstream

    async def _read_upstream(self) -> None:
        """Losing the upstream ends this reader's loop; what follows is the core's word."""
        if not self._upstream_wanted.is_set():
            await self._greet()
        try:
            connection = await self._dialler.dial(self._asked, self._retrying)
        except DialFailed as failed:
            self._process.upstream_answered = False
            self._lose(
                ev.UpstreamLost(code=failed.reason.code, reason=str(failed), final=failed.final)
            )
            return
        try:
            leg = self._take_upstream(connection)
            await self._agree(leg)
            await leg.serve(partial(self._answer, partial(self._performer.upstream_message, leg)))
        except LegClosed as closed:
            self._lose(ev.UpstreamLost(code=closed.reason.code, reason=closed.reason.text))

    async def _greet(self) -> None:
        """Until it is known what the client wants."""
        with trio.move_on_after(self._limits.auth_s):
            await self._upstream_wanted.wait()
        if not self._upstream_wanted.is_set():
            self._performer.post(ev.GreetingOverdue())
            self._heartbeat.look_again()
            await self._upstream_wanted.wait()

    def _lose(self, lost: ev.UpstreamLost) -> None:
        """Tell the core; a client that was to wait for the upstream must hear of it, too."""
        if not self._upstream_there.is_set():
            self._speaking.attach_client()
        self._performer.post(lost)

    def _retrying(self, attempt: int, failed: DialFailed) -> None:
        self._process.upstream_answered = False
        self._log.warning("dial_failed", attempt=attempt, error=str(failed))
        self._performer.post(ev.Reconnecting(attempt=attempt))

    def _take_upstream(self, connection: Connection) -> Leg:
        largest = self._limits.upstream_message_bytes
        with self._legs.together():
            leg = self._legs.add(Side.UPSTREAM, connection, max_message_bytes=largest)
            self._speaking.upstream = leg
            self._heartbeat.watch(leg)
        return leg

    async def _agree(self, leg: Leg) -> None:
        """Until the upstream has accepted its configuration, each message has its time."""
        said_s = self._limits.first_event_s
        with trio.move_on_after(said_s) as patience:
            if self._bound is None:
                self._begin(leg, await leg.receive())
            else:
                self._begin_bound(leg, await begin_bound(leg, self._bound))
            while not self._upstream_there.is_set():
                patience.deadline = trio.current_time() + said_s
                self._performer.upstream_message(leg, await leg.receive())
            return
        leg.abort()
        text = f"the upstream accepted the connection, then said nothing for {said_s:g} s"
        raise LegClosed(CloseReason(CloseCode.TRY_LATER, text, Origin.PEER))

    def _begin(self, leg: Leg, first: Message, raw: bytes | None = None) -> None:
        """The upstream has spoken: attach it, deaf until it has said what it takes."""
        self._process.upstream_answered = True
        with self._legs.together():
            self._speaking.attach_upstream()
            if self._speaking.dialect.relays:
                self._speaking.attach_client()
                self._upstream_there.set()
            self._performer.post(ev.ClockRead(unix_s=time.time()))
            self._performer.upstream_message(leg, first, raw)

    def _begin_bound(self, leg: Leg, beginning: Beginning) -> None:
        """A token's session has been asked for before anybody else could speak."""
        self._begin(leg, beginning.message, beginning.raw)
        if (refused := beginning.refused) is not None:
            wrong = ev.Misunderstood(
                code=refused.code or refused.type, message=refused.message, param=refused.param
            )
            self._performer.post(wrong)

    def _join(self, audio: UpstreamAudio) -> None:
        """The upstream takes and speaks this: join the legs by it.

        At first it is then told what the client said so far.
        """
        self._speaking.agree(audio)
        if not self._upstream_there.is_set():
            self._legs.replay(0.0)
            self._upstream_there.set()
            self._heartbeat.look_again()

    # The end

    async def _close_legs(self, reason: CloseReason) -> None:
        """Both part at the same time, each within its own deadline."""
        legs = [(self._speaking.client, reason), (self._speaking.upstream, _OVER)]
        parting = [(leg, why) for leg, why in legs if leg is not None]
        for leg, why in parting:
            leg.begin_closing(why)
        for leg, why in parting:
            await leg.aclose(why)


_OVER = CloseReason(CloseCode.DONE, "the client's session is over")
_LEFT = CloseReason(CloseCode.GOING_AWAY, "the client left before its upstream came", Origin.PEER)
_CANCELLED = CloseReason(CloseCode.GOING_AWAY, "the server is stopping")
