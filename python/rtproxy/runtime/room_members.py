"""One member of a room: its connection, from the upgrade to the goodbye.

Owns the task of a member, which is that of its connection: what it says is understood,
its audio converted, and how far ahead of its time that may come. A bug here ends this
member with 1011, and nobody else. Must not know what the room makes of what is said.
"""

from __future__ import annotations

import structlog
import trio

from rtproxy.dialects.broadcast import Broadcast, Membership
from rtproxy.legs.leg import Leg, SessionLegs, Side
from rtproxy.legs.transport import Connection
from rtproxy.model import events as ev
from rtproxy.model.close import CloseCode, CloseReason, Origin
from rtproxy.model.errors import LegClosed
from rtproxy.model.room import AudioSaid, Role
from rtproxy.runtime.perform import Screen
from rtproxy.runtime.room_audio import Ears, length_ms
from rtproxy.runtime.room_task import RoomTask

_CANCELLED = CloseReason(CloseCode.GOING_AWAY, "the server is stopping")


class MemberTask:
    """One member; `run` is its life, `end` its end."""

    def __init__(
        self,
        session_id: str,
        membership: Membership,
        dialect: Broadcast,
        room: RoomTask,
        *,
        screen: Screen,
        ahead_ms: float,
    ) -> None:
        """`ahead_ms` of audio may come before its time; then the member is not read."""
        self.session_id = session_id
        self.reason: CloseReason | None = None
        self.role: Role = membership.role
        self.language: str | None = membership.language
        self._dialect = dialect
        self._room = room
        self._screen = screen
        self._ears = Ears(dialect.audio.speaks, longest_ms=ahead_ms)
        self._ahead_s = ahead_ms / 1000
        self._said_until_s = 0.0  # when all that it said would have been said
        self._scope = trio.CancelScope()
        self._log = structlog.get_logger().bind(room=membership.room, member=session_id)

    def end(self, reason: CloseReason) -> None:
        """End the membership; the first reason counts."""
        if self.reason is None:
            self.reason = reason
        self._scope.cancel()

    async def run(self, connection: Connection, legs: SessionLegs, message_bytes: int) -> None:
        """Live until something ends it; never raises but what cancels it from outside."""
        try:
            leg = legs.add(Side.CLIENT, connection, max_message_bytes=message_bytes)
        except LegClosed as closed:
            self._log.error("member_refused", reason=closed.reason.text)
            return
        started_s = trio.current_time()
        self._log.info("member_joined", role=self.role.value, language=self.language)
        try:
            with self._scope:
                self._room.enter(self, leg)
                await self._read(leg, legs)
        except Exception as bug:  # noqa: BLE001 - the member's edge: a bug ends this one alone
            self._end_by_bug(leg, bug)
        finally:
            self._room.leave(self)
            reason = self.reason or _CANCELLED
            await leg.aclose(reason)
            self._log.info(
                "member_left",
                code=int(reason.code),
                reason=reason.text,
                by=reason.origin.value,
                after_s=round(trio.current_time() - started_s, 1),
            )

    async def _read(self, leg: Leg, legs: SessionLegs) -> None:
        try:
            while True:
                message = await leg.receive()
                with legs.together():
                    leg.release(message)
                    events = self._dialect.decode(message.raw, binary=message.binary)
                    for event in self._screen(events, trio.current_time()):
                        self._take(event)
                await self._keep_pace()
        except LegClosed as closed:
            self.end(closed.reason)

    def _take(self, event: ev.Event) -> None:
        if not isinstance(event, AudioSaid):
            self._room.said(self, event)
            return
        try:
            samples = self._ears.hear(event.audio)
        except ValueError as error:
            self._room.said(self, _unheard(event, error))
            return
        if samples:
            now = trio.current_time()
            self._said_until_s = max(self._said_until_s, now) + length_ms(samples) / 1000
            self._room.spoke(self, event, samples)

    async def _keep_pace(self) -> None:
        """Let whoever uploads what was said wait, for the room remembers only so much."""
        early_s = self._said_until_s - trio.current_time() - self._ahead_s
        if early_s > 0:
            await trio.sleep(early_s)

    def _end_by_bug(self, leg: Leg, bug: Exception) -> None:
        """Tell the member that it was our fault, with an id that finds the log line."""
        self._log.error("member_bug", error_id=self.session_id, exc_info=bug)
        message = f"Internal error in the proxy; its log has the details under {self.session_id}."
        failure = ev.Failure(type="server_error", code="internal_error", message=message)
        for payload in self._dialect.encode(ev.ErrorTold(error=failure, fatal=True)):
            leg.send(payload)
        self.reason = CloseReason(CloseCode.OUR_FAULT, message, Origin.US)


def _unheard(said: AudioSaid, error: ValueError) -> ev.Misunderstood:
    return ev.Misunderstood(
        code="invalid_audio",
        message=f"A message of audio could not be read and is left out: {error}.",
        event_id=said.event_id,
        message_type=said.message_type,
    )
