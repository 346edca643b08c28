"""One upstream session of a room, from the dial to the goodbye.

Owns the task of a line: reaching the upstream, agreeing on the session, reading what it
says; and how a line is spoken with, by its kind. Must not know what the room makes of
what a line says, nor whether another line follows it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn

import trio

from rtproxy.dialects import realtime, translation
from rtproxy.legs.leg import Leg, LegsOptions, OpenLegs, SessionLegs, Side
from rtproxy.model import events as ev
from rtproxy.model.close import CloseCode, CloseReason, Origin
from rtproxy.model.errors import DialFailed, LegClosed
from rtproxy.model.event import Json
from rtproxy.rooms.events import Heard, LineLost, LineReady
from rtproxy.rooms.line import Line, LineKind
from rtproxy.runtime.dialing import Dialler
from rtproxy.runtime.notes import Log
from rtproxy.runtime.process import Process
from rtproxy.runtime.room_audio import Appends
from rtproxy.session.failures import end_after_loss, end_of_session
from rtproxy.upstreams.upstream import conceal, wishes_of_session

# How much audio a translation session takes at a time (protocol reference, section 2).
_TRANSLATION_FRAME_MS = 200

_OVER = CloseReason(CloseCode.DONE, "the room needs this session no more")


@dataclass(frozen=True, slots=True)
class LineTerms:
    """What is the same for all lines.

    `options` are those of their legs; `first_event_s` is how long an upstream may keep
    silent before it has accepted the session; `interpreter_model` None: the upstream's
    own. `process` knows whether an upstream answered last time.
    """

    dialler: Dialler
    open_legs: OpenLegs
    options: LegsOptions
    message_bytes: int
    first_event_s: float
    translation_model: str
    process: Process
    interpreter_model: str | None = None

    def asked(self, kind: LineKind) -> Mapping[str, str]:
        """What the address of such a line says."""
        match kind:
            case LineKind.TRANSCRIBER:
                return wishes_of_session({"type": "transcription"})
            case LineKind.TRANSLATOR:
                return wishes_of_session({"type": "translation", "model": self.translation_model})
            case LineKind.INTERPRETER:
                return {"model": self.interpreter_model} if self.interpreter_model else {}


@dataclass(frozen=True, slots=True)
class _Speech:
    """How a line is spoken with."""

    decode: Callable[[bytes], ev.Event]
    appends: Appends


_REALTIME = _Speech(realtime.decode_server, Appends(realtime.encode_append))
_SPEECH = {
    LineKind.TRANSCRIBER: _REALTIME,
    LineKind.INTERPRETER: _REALTIME,
    LineKind.TRANSLATOR: _Speech(
        translation.decode_server, Appends(translation.encode_append, _TRANSLATION_FRAME_MS)
    ),
}


class LineTask:
    """One line; `run` is its life, `close` its end."""

    def __init__(
        self,
        line: Line,
        session: Json,
        terms: LineTerms,
        *,
        watch: Callable[[Leg], None],
        tell: Callable[[LineReady | Heard | LineLost], None],
        log: Log,
    ) -> None:
        """Ask for `session`; `tell` is told of it, `watch` keeps its leg alive."""
        self.line = line
        self.appends = _SPEECH[line.kind].appends
        self._session = session
        self._terms = terms
        self._decode = _SPEECH[line.kind].decode
        self._watch = watch
        self._tell = tell
        self._log = log.bind(line=str(line))
        self._scope = trio.CancelScope()
        self._leg: Leg | None = None

    def close(self) -> None:
        """Hang up; nothing more is told of the line."""
        self._scope.cancel()

    def send(self, payload: bytes) -> None:
        """Say this to the upstream; nothing, where the line is gone already."""
        if self._leg is not None:
            self._leg.send(payload)

    def tell(self, event: ev.Event) -> None:
        """Say an event of ours to the upstream."""
        self.send(realtime.encode_client(event))

    async def run(self) -> None:
        """Live until the line is closed, or lost: the room is told of that."""
        started_s = trio.current_time()
        lost: LineLost | None = None
        with self._scope:
            lost = await self._live()
        after_s = round(trio.current_time() - started_s, 1)
        if lost is None:
            self._log.info("line_closed", after_s=after_s)
            return
        self._log.warning("line_lost", reason=lost.reason, final=lost.final, after_s=after_s)
        self._tell(lost)

    async def _live(self) -> LineLost:
        """Until it is lost."""
        # Legs first: once there is a connection, it belongs to one without a pause.
        async with self._terms.open_legs(self._terms.options) as legs:
            try:
                await self._connect(legs)
            except DialFailed as failed:
                self._terms.process.upstream_answered = False
                return self._lost(str(failed), final=failed.final)
            except LegClosed as closed:
                return self._lost(closed.reason.text, final=_is_final(closed.reason))

    async def _connect(self, legs: SessionLegs) -> NoReturn:
        asked = self._terms.asked(self.line.kind)
        connection = await self._terms.dialler.dial(asked, self._retrying)
        leg = legs.add(Side.UPSTREAM, connection, max_message_bytes=self._terms.message_bytes)
        try:
            await self._speak(leg)
        finally:
            self._leg = None
            await leg.aclose(_OVER)

    async def _speak(self, leg: Leg) -> NoReturn:
        """Agree on the session, then tell the room what is said; raises LegClosed."""
        self._watch(leg)
        await self._agree(leg)
        self._leg = leg
        self._log.info("line_opened")
        self._tell(LineReady(self.line))
        while True:
            self._tell(Heard(self.line, await self._receive(leg)))

    async def _agree(self, leg: Leg) -> None:
        """Ask for the session; each message until it is accepted has its time."""
        said_s = self._terms.first_event_s
        with trio.move_on_after(said_s) as patience:
            asked = False
            while True:
                match await self._receive(leg):
                    case ev.SessionUpdated() if asked:
                        return
                    case ev.ErrorTold(error=failure):
                        raise LegClosed(_refusal(failure))
                    case _ if not asked:
                        wish = ev.SessionUpdate(event_id="session", session=self._session)
                        leg.send(realtime.encode_client(wish))
                        asked = True
                patience.deadline = trio.current_time() + said_s
        leg.abort()
        text = f"the upstream did not accept the session, and said nothing for {said_s:g} s"
        raise LegClosed(CloseReason(CloseCode.TRY_LATER, text, Origin.PEER))

    async def _receive(self, leg: Leg) -> ev.Event:
        message = await leg.receive()
        self._terms.process.upstream_answered = True
        leg.release(message)
        return self._decode(message.raw)

    def _retrying(self, attempt: int, failed: DialFailed) -> None:
        self._terms.process.upstream_answered = False
        self._log.warning("dial_failed", attempt=attempt, error=str(failed))

    def _lost(self, reason: str, *, final: bool) -> LineLost:
        told = conceal(reason.encode(), self._terms.dialler.secrets).decode()
        die = random.random()  # noqa: S311 - jitter only
        return LineLost(self.line, told, final=final, die=die)


def _refusal(failure: ev.Failure) -> CloseReason:
    """A session that is refused as it was asked for will be so again."""
    end = end_of_session(failure)
    if end is None and failure.type == "invalid_request_error":
        return CloseReason(CloseCode.UPSTREAM_REFUSED, failure.message, Origin.PEER)
    return end or CloseReason(CloseCode.TRY_LATER, failure.message, Origin.PEER)


def _is_final(reason: CloseReason) -> bool:
    """Whether the next try would end alike."""
    refused = CloseCode.UPSTREAM_REFUSED
    return refused in (reason.code, end_after_loss(reason.code, "", final=False).code)
