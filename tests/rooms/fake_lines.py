"""Upstreams of a room, as far as a room can tell: they hear chunks, and name what they heard.

A chunk of the room's audio is 100 ms, voice or silence. What has been written names the
chunks of voice in it, so that a test sees whether any was lost, or came twice. Owns how
such upstreams behave, well or badly; must not know the room.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from rtproxy.model import events as ev
from rtproxy.model.room import TranslationDelta
from rtproxy.rooms.line import Line, LineKind

CHUNK_MS = 100
SILENT_CHUNKS = 4  # end a turn

# An event of an upstream, and after how many seconds it says it.
Says = list[tuple[float, ev.Event]]


@dataclass
class Moods:
    """How often an upstream does not do what is asked of it."""

    fails: float = 0.0
    hangs: float = 0.0
    slow_s: float = 1.0


@dataclass
class FakeLine:
    """What all have in common: what they were fed, and whether they still are."""

    line: Line
    dice: random.Random
    moods: Moods
    ready: bool = False
    live: bool = False
    heard: list[str | None] = field(default_factory=list)  # of each chunk: its name, if voice
    buffer: list[str | None] = field(default_factory=list)
    count: int = 0

    def hear(self, chunk: str | None) -> Says:
        self.heard.append(chunk)
        self.buffer.append(chunk)
        return []

    def told(self, event: ev.Event) -> Says:
        raise NotImplementedError

    def name(self, what: str) -> str:
        self.count += 1
        return f"{what}_{self.line}_{self.line.number}_{self.count}".replace(" ", "_")

    def writes(self, chunks: list[str | None]) -> list[str]:
        prefix = f"{self.line.language}:" if self.line.language else ""
        return [f"{prefix}{chunk} " for chunk in chunks if chunk]

    def later(self) -> float:
        return self.dice.uniform(0.1, self.moods.slow_s)

    def refuses(self, event: ev.Event, code: str) -> Says:
        failure = ev.Failure(code=code, message="No.", event_id=event.event_id)
        return [(0.0, ev.ErrorTold(error=failure))]


@dataclass
class FakeTranscriber(FakeLine):
    """Turn detection by silence; commits by hand cut a turn."""

    item: str | None = None
    silent: int = 0

    def hear(self, chunk: str | None) -> Says:
        FakeLine.hear(self, chunk)
        self.silent = 0 if chunk else self.silent + 1
        now_ms = CHUNK_MS * len(self.heard)
        if chunk and self.item is None:
            self.item = self.name("item")
            self.buffer = self.buffer[-2:]  # what is before is no part of the turn
            start_ms = now_ms - CHUNK_MS * len(self.buffer)
            return [(0.0, ev.SpeechStarted(audio_start_ms=start_ms, item_id=self.item))]
        if self.item is not None and self.silent == SILENT_CHUNKS:
            stopped = ev.SpeechStopped(audio_end_ms=now_ms, item_id=self.item)
            return [(0.0, stopped), *self._commit()]
        return []

    def _commit(self) -> Says:
        item, self.item = self.item or self.name("item"), None
        chunks, self.buffer = self.buffer, []
        return [(0.0, ev.InputCommitted(item_id=item)), *self._transcribe(item, chunks)]

    def _transcribe(self, item: str, chunks: list[str | None]) -> Says:
        at_s, words = self.later(), self.writes(chunks)
        fate = self.dice.random()
        if fate < self.moods.hangs:
            return []
        if fate < self.moods.hangs + self.moods.fails:
            return [(at_s, ev.InputTranscriptFailed(item_id=item, error={"code": "unclear"}))]
        deltas = [(at_s, ev.InputTranscriptDelta(item_id=item, delta=word)) for word in words]
        whole = ev.InputTranscriptDone(item_id=item, transcript="".join(words).strip())
        return [*deltas, (at_s, whole)]

    def told(self, event: ev.Event) -> Says:
        if isinstance(event, ev.SessionUpdate):
            return []
        assert isinstance(event, ev.InputCommit), event
        if not self.buffer:
            return self.refuses(event, "input_audio_buffer_commit_empty")
        return self._commit()


@dataclass
class FakeInterpreter(FakeLine):
    """Answers what was committed last; one answer at a time."""

    committed: list[str | None] = field(default_factory=list)
    busy_until: float = 0.0
    active: bool = False
    clock: Callable[[], float] = lambda: 0.0

    def told(self, event: ev.Event) -> Says:
        if isinstance(event, ev.InputCommit):
            if not self.buffer:
                return self.refuses(event, "input_audio_buffer_commit_empty")
            self.committed, self.buffer = self.buffer, []
            return [(0.0, ev.InputCommitted(item_id=self.name("item")))]
        assert isinstance(event, ev.ResponseCreate), event
        assert self.clock() >= self.busy_until, "an answer is under way"
        return self._answer()

    def _answer(self) -> Says:
        response, at_s, fate = self.name("resp"), self.later(), self.dice.random()
        said: Says = [(0.0, ev.ResponseCreated(response={"id": response}))]
        if fate < self.moods.hangs:
            self.busy_until = float("inf")
            return said
        self.busy_until = self.clock() + at_s
        for word in self.writes(self.committed):
            delta = ev.OutputTextDelta(response_id=response, item_id="y", delta=word)
            said.append((at_s, delta))
        failed = fate < self.moods.hangs + self.moods.fails
        status = "failed" if failed else "completed"
        done = ev.ResponseDone(response={"id": response, "status": status})
        return [*said, (at_s, done)]


@dataclass
class FakeTranslator(FakeLine):
    """Writes a word for each chunk of voice, a moment after it was heard."""

    def hear(self, chunk: str | None) -> Says:
        FakeLine.hear(self, chunk)
        elapsed_ms = CHUNK_MS * (len(self.heard) - 1)
        return [
            (0.3, TranslationDelta(delta=word, elapsed_ms=elapsed_ms))
            for word in self.writes([chunk])
        ]


def fake_line(
    line: Line, dice: random.Random, moods: Moods, clock: Callable[[], float]
) -> FakeLine:
    """An upstream of this kind."""
    if line.kind is LineKind.TRANSCRIBER:
        return FakeTranscriber(line, dice, moods)
    if line.kind is LineKind.INTERPRETER:
        return FakeInterpreter(line, dice, moods, clock=clock)
    return FakeTranslator(line, dice, moods)
