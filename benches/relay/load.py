"""The load: N sessions that speak in real time and check every chunk that comes back.

Owns the schedule (one task sends for all sessions, each in its own phase), the
checks (nothing lost, reordered, repeated or changed) and the times of the way
there and back. Must not know which relay it talks to, nor how its CPU is read.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field

import msgspec
import numpy as np
import trio

from benches.relay.speech import CHUNK_MS, Speech
from benches.relay.wire import (
    CLOSE,
    PING,
    PONG,
    TEXT,
    Frames,
    RelayError,
    Socket,
    connect,
    frame,
)

MASK = b"\x37\xfa\x21\x3d"
READY_S = 10.0
TAIL_S = 15.0  # a relay that fell behind on a busy machine may catch up


@dataclass(frozen=True, slots=True)
class Plan:
    """How much, and how long: a warm-up, then the window that is measured."""

    sessions: int
    warm_up_s: float
    window_s: float

    @property
    def chunks(self) -> int:
        """Chunks that each session says in all."""
        return round((self.warm_up_s + self.window_s) * 1000 / CHUNK_MS)


@dataclass(slots=True)
class Tally:
    """What happened inside the window, over all sessions."""

    sent: int = 0
    received: int = 0
    transcripts: int = 0
    round_trips_ms: list[float] = field(default_factory=list)
    late_ms: list[float] = field(default_factory=list)

    @property
    def relayed(self) -> int:
        """Audio messages that crossed the relay, both directions.

        What came back has crossed it twice; what was sent and is still waiting in a
        relay that lags has not, so it does not count.
        """
        return 2 * self.received


class ServerMessage(msgspec.Struct):
    """What is read of the relay's messages (dialect `voice`)."""

    type: str
    audio: str = ""
    role: str = ""
    text: str = ""
    message: str = ""


class Session:
    """One client: what it said, what came back, and whether that is all of it."""

    def __init__(self, number: int, link: Socket, frames: Frames) -> None:
        """A session on an open WebSocket."""
        self.ready = trio.Event()
        self.received = 0
        self._number = number
        self._link = link
        self._frames = frames
        self._speech = Speech(number)
        self._decoder = msgspec.json.Decoder(ServerMessage)
        self._sent_at: list[float] = []
        self._words = 0

    def say(self, now: float) -> None:
        """Send the next chunk."""
        self._link.write(self._speech.chunk(len(self._sent_at)))
        self._sent_at.append(now)

    @property
    def complete(self) -> bool:
        """Whether every chunk has come back."""
        return self.received == len(self._sent_at)

    async def listen(self, tally: Callable[[], Tally | None]) -> None:
        """Read until the relay goes; raises RelayError where a message is wrong."""
        data = b""
        while True:
            for opcode, payload in self._frames.feed(data):
                if opcode == TEXT:
                    self._receive(payload, tally())
                elif opcode == PING:
                    self._link.write(frame(PONG, payload, MASK))
                elif opcode == CLOSE:
                    raise RelayError(f"the relay closed session {self._number}: {payload!r}")
            if not (data := await self._link.read()):
                raise RelayError(f"the relay dropped session {self._number}")

    def _receive(self, payload: bytes, tally: Tally | None) -> None:
        message = self._decoder.decode(payload)
        if message.type == "audio_chunk":
            self._receive_audio(message.audio, tally)
        elif message.type == "transcript" and message.role == "assistant":
            self._receive_word(message.text, tally)
        elif message.type == "session_ready":
            self.ready.set()
        elif message.type == "error":
            raise RelayError(f"session {self._number} was told: {message.message}")

    def _receive_audio(self, audio: str, tally: Tally | None) -> None:
        number = self._speech.recognise(audio)
        if number != self.received:
            raise RelayError(
                f"session {self._number} got chunk {number} where {self.received} was due: "
                "the relay lost, repeated or reordered audio"
            )
        self.received += 1
        if tally is not None:
            tally.received += 1
            tally.round_trips_ms.append((trio.current_time() - self._sent_at[number]) * 1000)

    def _receive_word(self, text: str, tally: Tally | None) -> None:
        if int(text) != self._words:
            raise RelayError(
                f"session {self._number} got word {text!r} where {self._words} was due: "
                "the relay lost or reordered transcripts"
            )
        self._words += 1
        if tally is not None:
            tally.transcripts += 1

    def say_goodbye(self) -> None:
        """Send a close frame; the relay's own is not waited for."""
        self._link.write(frame(CLOSE, b"\x03\xe8", MASK))

    def close(self) -> None:
        """Let the socket go."""
        self._link.close()


async def _await_ready(sessions: list[Session]) -> None:
    with trio.move_on_after(READY_S):
        for session in sessions:
            await session.ready.wait()
        return
    waiting = sum(not session.ready.is_set() for session in sessions)
    raise RelayError(f"{waiting} sessions had no session_ready within {READY_S:.0f} s")


async def _await_tail(sessions: list[Session]) -> None:
    deadline = trio.current_time() + TAIL_S
    while trio.current_time() < deadline:
        if all(session.complete for session in sessions):
            return
        await trio.sleep(0.01)
    incomplete = [session for session in sessions if not session.complete]
    raise RelayError(f"{len(incomplete)} sessions never got all their audio back")


class Load:
    """One run against one relay."""

    def __init__(self, plan: Plan) -> None:
        """Nothing is counted before the window opens."""
        self._plan = plan
        self._tally: Tally | None = None

    async def run(self, port: int, probe: Callable[[], None]) -> Tally:
        """Load the relay at `port`; `probe` is called as the window opens and as it closes.

        Raises RelayError where the relay loses, reorders, changes or refuses anything.
        """
        with ExitStack() as closing:
            sessions = []
            for number in range(self._plan.sessions):
                sessions.append(Session(number, *await connect("127.0.0.1", port, "/ws/voice")))
                closing.callback(sessions[-1].close)
            return await self._converse(sessions, probe)

    async def _converse(self, sessions: list[Session], probe: Callable[[], None]) -> Tally:
        async with trio.open_nursery() as nursery:
            for session in sessions:
                nursery.start_soon(session.listen, lambda: self._tally)
            await _await_ready(sessions)
            tally = await self._speak(sessions, probe)
            await _await_tail(sessions)
            nursery.cancel_scope.cancel()
        for session in sessions:
            session.say_goodbye()
        return tally

    async def _speak(self, sessions: list[Session], probe: Callable[[], None]) -> Tally:
        """Every session says a chunk every 40 ms, each at its own phase."""
        step_s = CHUNK_MS / 1000 / len(sessions)
        opens_at = round(self._plan.warm_up_s / step_s)
        start = trio.current_time()
        tally = Tally()
        for turn in range(self._plan.chunks * len(sessions)):
            if turn == opens_at:
                probe()
                self._tally = tally
            due = start + turn * step_s
            await trio.sleep_until(due)
            now = trio.current_time()
            sessions[turn % len(sessions)].say(now)
            if self._tally is not None:
                tally.sent += 1
                tally.late_ms.append((now - due) * 1000)
        self._tally = None
        probe()
        return tally


def percentile(values: list[float], rank: float) -> float:
    """The value below which `rank` percent of them lie; NaN of nothing."""
    return float(np.percentile(values, rank)) if values else float("nan")
