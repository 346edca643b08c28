"""A room among members who come, speak and go, and upstreams that work or do not.

Owns time, the way of every event, and the rules that no step of a room may break. Must not
know in which order members do what: a test says so.
"""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass, field
from itertools import count

from fake_lines import CHUNK_MS, FakeLine, Moods, fake_line

from rtproxy.model import events as ev
from rtproxy.model import room as said
from rtproxy.rooms import commands as cmd
from rtproxy.rooms import events as told
from rtproxy.rooms.line import Line
from rtproxy.rooms.room import Room
from rtproxy.rooms.terms import RoomTerms

NETWORK_S = 0.05
CAP_S = 3_600.0
EXPIRED = ev.Other(type="expired")


@dataclass
class Reader:
    """A member, and what it was told."""

    role: said.Role
    language: str | None
    came_at: float
    events: list[tuple[float, ev.Event]] = field(default_factory=list)

    def captions(self) -> list[said.Caption]:
        return [event for _, event in self.events if isinstance(event, said.Caption)]

    def finals(self) -> list[said.Caption]:
        return [caption for caption in self.captions() if caption.final]


class World:
    """One room; `tape` has the name of each chunk that counted, None where it was silent."""

    def __init__(self, seed: int, terms: RoomTerms, moods: Moods) -> None:
        self.dice = random.Random(seed)
        self.terms, self.moods = terms, moods
        self.room = Room("any", terms)
        self.now = 1_000.0
        self.here: dict[str, Reader] = {}
        self.gone: list[Reader] = []
        self.lines: dict[Line, FakeLine] = {}
        self.tape: list[str | None] = []
        self.taken_at: list[float] = []
        self.losses = 0
        self._chunk: str | None = None
        self._taken = False
        self._dismissed: list[str] = []
        self._soon: list[tuple[float, int, Line, ev.Event | None]] = []
        self._order = count()

    # Time

    def wait(self, seconds: float) -> None:
        """Let everything happen that is due by then."""
        until = self.now + seconds
        steps = 0
        while True:
            due = min(self.room.deadline, self._soon[0][0] if self._soon else until + 1)
            if due > until:
                break
            steps = 0 if due > self.now else steps
            self.now = max(self.now, due)
            if self._soon and self._soon[0][0] <= self.now:
                self._happen()
                continue
            self.receive(told.TimePassed())
            steps += 1
            assert steps < 20, "time stands still"
        self.now = until

    def _happen(self) -> None:
        _, _, line, event = heapq.heappop(self._soon)
        fake = self.lines.get(line)
        if fake is None:
            return  # it was closed meanwhile
        if event is EXPIRED:
            self.lose(line)
        elif event is not None:
            self.receive(told.Heard(line, event))
        elif self.dice.random() < self.moods.fails:
            self.lose(line)
        else:
            fake.ready = True
            self.receive(told.LineReady(line))

    def receive(self, event: told.RoomEvent) -> None:
        for command in self.room.receive(event, self.now):
            self._perform(command)
        while self._dismissed:  # whose connections end
            self.receive(told.Left(self._dismissed.pop()))

    # What may happen

    def joins(self, member: str, role: said.Role, language: str | None) -> None:
        self.here[member] = Reader(role, language, self.now)
        self.receive(told.Joined(member, role, language))

    def leaves(self, member: str) -> None:
        self.gone.append(self.here.pop(member))
        self.receive(told.Left(member))

    def says(self, member: str, event: ev.Event) -> None:
        self.receive(told.Said(member, event))

    def speaks(self, member: str, chunks: int, *, voice: bool) -> None:
        for _ in range(chunks):
            if member not in self.here:
                return
            self._chunk = f"c{len(self.tape)}" if voice else None
            self._taken = False
            self.receive(told.Spoke(member, float(CHUNK_MS)))
            assert self._taken == (member == self.room.floor.holder or self._taken)
            self.wait(CHUNK_MS / 1000)

    def lose(self, line: Line, *, final: bool = False) -> None:
        del self.lines[line]
        self.losses += 1
        self.receive(told.LineLost(line, "gone", final, self.dice.random()))

    # What comes of it

    def _perform(self, command: cmd.Command) -> None:
        match command:
            case cmd.Tell(member, event):
                self.here[member].events.append((self.now, event))
            case cmd.TellLanguage(language, event):
                self._tell(event, language=language)
            case cmd.TellAll(event, but):
                self._tell(event, but=but)
            case cmd.Dismiss(member):
                self.gone.append(self.here.pop(member))
                if member in self.room.members:
                    self._dismissed.append(member)
            case cmd.TakeAudio():
                self._take()
            case cmd.OpenLine(line):
                self._open(line)
            case cmd.CloseLine(line):
                del self.lines[line]
            case cmd.Feed(line, from_ms, to_ms):
                self._feed(line, from_ms, to_ms)
            case cmd.StopFeeding(line):
                assert self.lines[line].live, "it was not fed"
                self.lines[line].live = False
            case cmd.FeedSilence(line, length_ms):
                assert self.lines[line].live, "it is not fed"
                for _ in range(round(length_ms / CHUNK_MS)):
                    self._hear(line, self.lines[line].hear(None))
            case cmd.ToLine(line, event):
                assert self.lines[line].ready, "it is not ready"
                self._hear(line, self.lines[line].told(event))

    def _tell(self, event: ev.Event, *, language: str | None = "*", but: str | None = None) -> None:
        for member, reader in self.here.items():
            if language in ("*", reader.language) and member != but:
                reader.events.append((self.now, event))

    def _take(self) -> None:
        assert not self._taken, "taken twice"
        self._taken = True
        self.tape.append(self._chunk)
        self.taken_at.append(self.now)
        for line, fake in self.lines.items():
            if fake.live:
                self._hear(line, fake.hear(self._chunk))

    def _open(self, line: Line) -> None:
        same = [
            each for each in self.lines if (each.kind, each.language) == (line.kind, line.language)
        ]
        assert len(same) < 2, "a line has one successor at most"
        assert line not in self.lines
        self.lines[line] = fake_line(line, self.dice, self.moods, lambda: self.now)
        at = self.now + self.dice.uniform(0.1, 1.0)
        heapq.heappush(self._soon, (at, next(self._order), line, None))
        heapq.heappush(self._soon, (at + CAP_S, next(self._order), line, EXPIRED))

    def _feed(self, line: Line, from_ms: float, to_ms: float | None) -> None:
        fake, length_ms = self.lines[line], CHUNK_MS * len(self.tape)
        assert fake.ready
        assert not fake.live, "it is fed already"
        assert max(0, length_ms - self.terms.ring_ms) <= from_ms <= length_ms
        assert to_ms is None or from_ms <= to_ms <= length_ms
        fake.live = to_ms is None
        end = len(self.tape) if to_ms is None else round(to_ms / CHUNK_MS)
        for chunk in self.tape[round(from_ms / CHUNK_MS) : end]:
            self._hear(line, fake.hear(chunk))

    def _hear(self, line: Line, said_by_it: list[tuple[float, ev.Event]]) -> None:
        for after_s, event in said_by_it:
            at = self.now + NETWORK_S + after_s
            heapq.heappush(self._soon, (at, next(self._order), line, event))
