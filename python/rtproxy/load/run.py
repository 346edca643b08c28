"""A run: the legs, the ramp, the microphones and the end.

Owns the tasks, the sockets and the clock. One task speaks for all sessions, each in
its own phase; one descriptor stands for all their sockets; a task of its own has a
session only while it is being opened. Must not know how anything is shown.

    run
      legs            read all sockets
      speak           what is due, for every session that is up
      tick            twice a second: a span is over, somebody may look
      the stages      open sessions, then hold; `stop` ends them early
    then: wait for what is outstanding, and close
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import trio

from rtproxy.legs.connector import dial
from rtproxy.legs.lean_leg import LeanLeg, LeanLegs
from rtproxy.legs.transport import SocketTransport
from rtproxy.load.call import Call, ProtocolBroken
from rtproxy.load.echo_call import EchoCall
from rtproxy.load.frontends import Frontend
from rtproxy.load.plan import CHUNK_S, TICK_S, Mode, Plan, Stage
from rtproxy.load.speech import Speech, load_speech
from rtproxy.load.tally import Span, Tally
from rtproxy.load.turn_call import TurnCall
from rtproxy.model.close import DONE, CloseCode, CloseReason, Origin
from rtproxy.model.errors import DialFailed

READY_S = 15.0
_TAILS_S = {Mode.ECHO: 5.0, Mode.PARROT: 15.0}  # an answer is played to its end
CLOSE_S = 3.0
SLOT_S = 0.001  # a wake costs about as much as a chunk: never more than a thousand a second
MESSAGE_MAX_BYTES = 16 * 1024 * 1024
_CALLS: dict[Mode, Callable[[int, Frontend, Speech, Tally], Call]] = {
    Mode.ECHO: EchoCall,
    Mode.PARROT: TurnCall,
}


@dataclass(slots=True)
class Observer:
    """Who wants to know: called as things happen, and must not wait.

    `ticked` twice a second with the span that is over; `full_began` and `full_ended`
    around the measured time with all sessions.
    """

    ticked: Callable[[Span], None] = field(default=lambda _span: None)
    full_began: Callable[[], None] = field(default=lambda: None)
    full_ended: Callable[[], None] = field(default=lambda: None)


class Session:
    """A call and its leg."""

    def __init__(self, call: Call, leg: LeanLeg, tally: Tally) -> None:
        self.call = call
        self.leg = leg
        self.over = trio.Event()
        self.ready = trio.Event()  # or over before it was
        self.speaks = False
        self._tally = tally

    def receive(self, payload: bytes, *, text: bool, at_ns: int) -> None:
        """A message came: the call's to judge."""
        try:
            self.call.receive(payload, at_ns)
        except ProtocolBroken as error:
            self._tally.fail("protocol", str(error))
            self.leg.close(CloseReason(CloseCode.PROTOCOL, str(error)))
            self.ended(None)
            return
        if self.call.ready and not self.ready.is_set():
            self.ready.set()
            self.speaks = True
            self._tally.ready += 1
            self._tally.up += 1

    def ended(self, reason: CloseReason | None) -> None:
        """The leg is gone, or no longer worth anything (None: that was counted)."""
        if self.over.is_set():
            return
        self.over.set()
        self.ready.set()
        broken = reason is not DONE
        self._tally.up -= self.speaks
        self.speaks = False
        self.call.end(broken=broken)
        self._tally.failed += broken
        if broken and reason is not None:
            self._tally.fail(_kind(reason), reason.text)


def _kind(reason: CloseReason) -> str:
    if reason.origin is Origin.US:
        return "protocol" if reason.code == CloseCode.PROTOCOL else f"gave up {reason.code}"
    return f"closed {reason.code}"


class Run:
    """One run of a plan against the proxy at `url` (without a path).

    `tail_s`: how long to wait for what is outstanding when all has been said.
    """

    def __init__(
        self,
        plan: Plan,
        url: str,
        observer: Observer | None = None,
        *,
        tail_s: float | None = None,
    ) -> None:
        self.plan = plan
        self.tally = Tally()
        self.steps: list[Span] = []  # one for each step of the ramp
        self.full = Span()  # with all sessions
        self.interrupted = False
        self.winding_up = False
        self._tail_s = _TAILS_S[plan.mode] if tail_s is None else tail_s
        self._url = url.rstrip("/") + plan.frontend.path
        self._observer = observer or Observer()
        self._speech = load_speech()
        self._legs = LeanLegs()
        self._sessions: dict[int, Session] = {}
        self._opened = 0
        self._opening: set[int] = set()
        self._into: Span | None = None  # where finished spans are added
        self._enough = trio.Event()
        self._span_began = 0.0

    async def run(self) -> None:
        """Do all of it; returns when every session is closed."""
        self._span_began = trio.current_time()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._legs.run)
            async with trio.open_nursery() as opening:
                nursery.start_soon(self._speak)
                nursery.start_soon(self._tick)
                for stage in self.plan.stages():
                    await self._hold(stage, opening)
                opening.cancel_scope.cancel()
            await self._wind_up()
            nursery.cancel_scope.cancel()

    def stop(self) -> None:
        """End early: open nothing more, wait for what is outstanding, and close."""
        self.interrupted = True
        self._enough.set()

    # The stages

    async def _hold(self, stage: Stage, opening: trio.Nursery) -> None:
        full = stage.opening_s == 0
        await self._open_up_to(stage, opening)
        if self._enough.is_set() or (not full and stage.measured_s == 0):
            return
        self._end_span()
        into = self._into = self.full if full else Span()
        if full:
            self._observer.full_began()
        await self._enough_by(trio.current_time() + stage.measured_s)
        self._end_span()
        if full:
            self._observer.full_ended()
        else:
            self.steps.append(into)
        self._into = None

    async def _open_up_to(self, stage: Stage, opening: trio.Nursery) -> None:
        began = trio.current_time()
        first, count = self._opened, stage.sessions - self._opened
        for place in range(count):
            if await self._enough_by(began + stage.opening_s * place / count):
                return
            opening.start_soon(self._open, first + place)
            self._opened += 1
        await self._enough_by(began + stage.opening_s)

    async def _enough_by(self, time_s: float) -> bool:
        """Wait until then, or until somebody said that it is enough: true."""
        with trio.move_on_at(time_s):
            await self._enough.wait()
        return self._enough.is_set()

    async def _open(self, number: int) -> None:
        began_ns = time.monotonic_ns()
        self._opening.add(number)
        with trio.move_on_after(READY_S):
            try:
                await self._open_session(number)
            except DialFailed as error:
                self._opening.discard(number)
                self._tally_refused(error)
                return
            if not self._sessions[number].over.is_set():
                self.tally.ready_after.add((time.monotonic_ns() - began_ns) // 1000)
            self._opening.discard(number)
            return
        self._give_up(number)

    async def _open_session(self, number: int) -> None:
        """Dial, and wait until the session is ready or has ended."""
        connection = await dial(self._url)
        assert isinstance(connection.transport, SocketTransport)  # noqa: S101 - ws:// only
        leg = LeanLeg(
            self._legs,
            connection.transport,
            seed=secrets.token_bytes(32),
            max_message_bytes=MESSAGE_MAX_BYTES,
        )
        call = _CALLS[self.plan.mode](number, self.plan.frontend, self._speech, self.tally)
        session = self._sessions[number] = Session(call, leg, self.tally)
        leg.start(session, connection.leftover)
        for message in self.plan.frontend.introduce(number):
            leg.send(message)
        await session.ready.wait()

    def _give_up(self, number: int) -> None:
        """The session did not get ready in time."""
        self._opening.discard(number)
        session = self._sessions.get(number)
        if session is None:
            self.tally.failed += 1
        else:
            session.ended(None)
            session.leg.abort()
        self.tally.fail("timeout", f"a session was not ready within {READY_S:.0f} s")

    def _tally_refused(self, error: DialFailed) -> None:
        self.tally.failed += 1
        status = "" if error.status is None else f" {error.status}"
        self.tally.fail(f"refused{status}", str(error))

    # The microphones

    async def _speak(self) -> None:
        """Every session says a chunk every 40 ms, each at its own phase.

        Those whose phases are less than `SLOT_S` apart are woken for once.
        """
        slots = sorted((self.plan.phase_s(n), n) for n in range(self.plan.sessions))
        frame = trio.current_time()
        while True:
            awake_until = 0.0
            for phase_s, number in slots:
                session = self._sessions.get(number)
                if session is None or not session.speaks:
                    continue
                if phase_s >= awake_until:
                    awake_until = phase_s + SLOT_S
                    await trio.sleep_until(frame + phase_s)
                self._say(session, frame + phase_s)
            frame += CHUNK_S
            await trio.sleep_until(frame)

    def _say(self, session: Session, due: float) -> None:
        message = session.call.say(time.monotonic_ns())
        if message is not None:
            session.leg.send(message)
            self.tally.now.late.add(int((trio.current_time() - due) * 1e6))

    # The spans

    async def _tick(self) -> None:
        while True:
            await trio.sleep(TICK_S)
            self._end_span()
            if self._nobody_left():
                self._enough.set()

    def _nobody_left(self) -> bool:
        """Whether every session has come and gone: there is nothing left to measure."""
        all_opened = self._opened == self.plan.sessions and not self._opening
        return all_opened and all(each.over.is_set() for each in self._sessions.values())

    def _end_span(self) -> None:
        now = trio.current_time()
        span = self.tally.take_span()
        span.duration_s, self._span_began = now - self._span_began, now
        span.sessions = self.tally.up
        if self._into is not None:
            self._into.merge(span)
        self._observer.ticked(span)

    # The end

    async def _wind_up(self) -> None:
        self.winding_up = True
        for number in list(self._opening):  # the run was shorter than their time
            if self.interrupted:
                self._opening.discard(number)
            else:
                self._give_up(number)
        sessions = list(self._sessions.values())
        for session in sessions:
            session.call.stop()
        deadline = trio.current_time() + self._tail_s
        while trio.current_time() < deadline:
            if all(each.call.settled or each.over.is_set() for each in sessions):
                break
            await trio.sleep(0.01)
        async with trio.open_nursery() as nursery:
            for session in sessions:
                session.ended(DONE)
                nursery.start_soon(_close, session.leg)


async def _close(leg: LeanLeg) -> None:
    await leg.aclose(DONE, within_s=CLOSE_S)
