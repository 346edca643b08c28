"""One connection, pure: messages and the time in, commands for the shell out.

Owns what surrounds a conversation: JSON text, the refusal at the door, the session
cap, and faults. Must not know sockets or clocks.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from functools import partial

import msgspec

from rtproxy.simulator import errors
from rtproxy.simulator.agenda import Agenda
from rtproxy.simulator.commands import Close, Command, Drop, Json, Send, Strike
from rtproxy.simulator.conversation import Conversation
from rtproxy.simulator.errors import Refusal
from rtproxy.simulator.faults import Fault, FaultKind, FaultPlan
from rtproxy.simulator.handshake import Admitted, SessionKind
from rtproxy.simulator.ids import Ids
from rtproxy.simulator.outbox import Outbox
from rtproxy.simulator.session import Session
from rtproxy.simulator.settings import Settings
from rtproxy.simulator.transcribing import TranscriptionSession
from rtproxy.simulator.translating import TranslationSession

_NO_REASON = 1000
_DEEPEST = 64  # levels of nesting; nothing in the protocol comes near
_decode = msgspec.json.Decoder().decode


class Connection:
    """A connection whose handshake is done.

    Every call returns what is to be done now, in order; nothing is to be done
    after a `Close` or a `Drop`.
    """

    def __init__(
        self,
        admitted: Admitted,
        settings: Settings,
        plan: FaultPlan,
        ids: Ids,
        created_at: int,
        now: float,
    ) -> None:
        self._settings = settings
        self._refusal = admitted.refusal
        self._plan = plan
        self._talk = _session(admitted, settings, ids, created_at, now)
        self._outbox = Outbox(ids)
        self._agenda = Agenda()
        self._held: list[Command] = []
        self._stalled_until = -math.inf
        self._ended = False

    def open(self, now: float) -> list[Command]:
        """The first words: `session.created`, or why there is no session."""
        if self._refusal is not None:
            self._end(self._refusal)
            return self._let_out([], now)
        self._agenda.at(now + self._settings.session_max_s, self._expire)
        return self._let_out([*self._arm(self._plan.opened(), now), *self._talk.tick(now)], now)

    def receive(self, raw: str | bytes, now: float) -> list[Command]:
        """A message came: text as str, binary as bytes."""
        try:
            event = _read_event(raw)
        except Refusal as refusal:
            commands = self._talk.tick(now)
            self._outbox.refuse(refusal)
            return self._let_out([*commands, *self._outbox.take()], now)
        return self._let_out(self._talk.receive(event, now), now)

    def tick(self, now: float) -> list[Command]:
        """Everything that is due by now."""
        self._agenda.run(now)
        return self._let_out(self._talk.tick(now), now)

    def next_due(self) -> float | None:
        """When `tick` has something to do, if nothing is received before."""
        due = (self._agenda.next_due(), self._talk.next_due())
        return min((time for time in due if time is not None), default=None)

    def _let_out(self, commands: list[Command], now: float) -> list[Command]:
        """What really goes out, once faults have had their say."""
        out: list[Command] = []
        queue = deque([*self._outbox.take(), *commands])
        if now >= self._stalled_until:
            queue.extendleft(reversed(self._held))
            self._held = []
        while queue and not self._ended:
            command = queue.popleft()
            if isinstance(command, Strike):
                self._strike(command.fault, now)
                queue.extendleft(reversed(self._outbox.take()))
            elif isinstance(command, Send):
                self._hold_or_let(command, out, now)
                queue.extendleft(self._arm(self._plan.sent(command.event["type"]), now))
            else:
                self._ended = True
                out.append(command)
        return out

    def _hold_or_let(self, command: Send, out: list[Command], now: float) -> None:
        if now >= self._stalled_until:
            out.append(command)
        elif self._stalled_until < math.inf:
            self._held.append(command)

    def _arm(self, faults: Iterable[Fault], now: float) -> list[Strike]:
        """Those that strike at once; the others are put on the agenda."""
        at_once = []
        for fault in faults:
            strike = Strike(fault)
            if fault.delay_ms:
                later = partial(self._strike_later, strike)
                self._agenda.at(now + fault.delay_ms / 1000, later)
            else:
                at_once.append(strike)
        return at_once

    def _strike_later(self, strike: Strike, _now: float) -> None:
        self._outbox.command(strike)

    def _strike(self, fault: Fault, now: float) -> None:
        match fault.kind:
            case FaultKind.DROP:
                self._outbox.command(Drop())
            case FaultKind.STALL:
                self._stall(fault.value, now)
            case FaultKind.RATE_LIMIT:
                self._talk.starve(fault.value)
            case FaultKind.EXPIRE:
                self._expire(now)
            case FaultKind.CLOSE:
                self._outbox.command(Close(fault.value, "the simulator was told to close"))
            case FaultKind.REFUSE:
                pass  # a handshake was refused or it was not: this connection is open

    def _stall(self, duration_ms: int, now: float) -> None:
        self._stalled_until = now + duration_ms / 1000 if duration_ms else math.inf
        if duration_ms:
            self._agenda.at(self._stalled_until, lambda _now: None)  # so that a tick comes

    def _expire(self, _now: float) -> None:
        self._end(errors.session_expired(self._settings.session_max_s / 60))

    def _end(self, refusal: Refusal) -> None:
        self._outbox.refuse(refusal)
        self._outbox.command(Close(refusal.close_code or _NO_REASON, refusal.close_reason))


def _session(
    admitted: Admitted, settings: Settings, ids: Ids, created_at: int, now: float
) -> Session:
    """The session that the URL asks for."""
    if admitted.kind is SessionKind.TRANSCRIPTION:
        return TranscriptionSession(settings, ids, created_at, session=admitted.session)
    if admitted.kind is SessionKind.TRANSLATION:
        return TranslationSession(
            settings, admitted.model, ids, created_at, session=admitted.session
        )
    return Conversation(settings, admitted.model, ids, created_at, now, session=admitted.session)


def _read_event(raw: str | bytes) -> Json:
    """A JSON object, whatever is in it; Refusal where it is none."""
    if isinstance(raw, bytes):
        raise errors.invalid_event("a binary frame")
    try:
        event = _decode(raw)
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise errors.invalid_json(str(error)) from None
    except RecursionError:
        raise errors.invalid_json("it is nested too deeply") from None
    if raw.count("{") + raw.count("[") > _DEEPEST and _depth(event, _DEEPEST + 1) > _DEEPEST:
        raise errors.invalid_json("it is nested too deeply")
    if not isinstance(event, dict):
        raise errors.invalid_event(f"JSON of another kind ({type(event).__name__})")
    return event


def _depth(value: object, limit: int) -> int:
    """How deeply JSON is nested, counted no further than `limit`."""
    if limit == 0 or not isinstance(value, dict | list):
        return 0
    inner = value.values() if isinstance(value, dict) else value
    return 1 + max((_depth(each, limit - 1) for each in inner), default=0)
