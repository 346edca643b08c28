"""Transcripts of a room on the wire: what members and lines say, and what comes of it.

    # a title; in capitals: a part of others
    + anna speaker en                 a member comes (without a language: - in its place)
    - anna                            and goes
    ♪ anna 1000                       so much audio (ms) in as much time, which counts
    ♪ anna 1000 dropped               which does not
    → anna {"type": "commit"}         a member says
    ⇐ transcriber {"type": …}         a line's upstream says; `⇐ de` an interpreter's
    ! ready de                        a line is ready
    ! lost de gone                    a line is lost, for this reason; `de.1`: the first one
    ! refused de bad key              a line cannot be had
    ! after 10                        so many seconds pass
    ← anna {"type": …}                a member is told
    ← de {"type": …}                  all who joined with this language (`-`: with none) are
    ← * {"type": …}                   all are; `← *-anna`: but for one
    ⇒ de {"type": …}                  a line's upstream is told
    ⊕ de {…}                          a line is opened, with this session
    ⊖ de                              and closed
    ▶ de 0                            a line is fed from there on; `▶ de 0 1000`: up to there
    ■ de 2000                         it is fed no more
    ◌ de 1000                         it is fed silence
    ✕ anna 4429                       a member is dismissed
    & ROOM                            the lines of that part

What comes out is due in this order, and nothing else. A line names what matters: a message
may have more fields. Owns the reading of such a text; must not know any rule of a room.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from rtproxy.dialects import realtime, translation
from rtproxy.dialects.broadcast import BROADCAST
from rtproxy.model.room import Role
from rtproxy.rooms import commands as cmd
from rtproxy.rooms import events as told
from rtproxy.rooms.line import Line, LineKind
from rtproxy.rooms.room import Room
from rtproxy.rooms.terms import RoomTerms

CHUNK_MS = 100.0
DUE = "←⇒⊕⊖▶■◌✕"


@dataclass
class Stage:
    """A room, and what came out of it that no line of a transcript has named yet."""

    room: Room
    now: float = 100.0
    out: list[str] = field(default_factory=list)
    lines: dict[str, Line] = field(default_factory=dict)
    spoken_ms: float = 0.0
    taken_ms: float = 0.0

    def receive(self, event: told.RoomEvent) -> None:
        for command in self.room.receive(event, self.now):
            self._perform(command)

    def wait(self, seconds: float) -> None:
        """Time passes, and the room is told when it wants to be."""
        until = self.now + seconds
        while self.room.deadline <= until:
            self.now = max(self.now, self.room.deadline)
            self.receive(told.TimePassed())
        self.now = until

    def _perform(self, command: cmd.Command) -> None:
        match command:
            case cmd.Tell(member, event):
                self._told(member, event)
            case cmd.TellLanguage(language, event):
                self._told(language or "-", event)
            case cmd.TellAll(event, but):
                self._told(f"*-{but}" if but else "*", event)
            case cmd.Dismiss(member, reason):
                self.out.append(f"✕ {member} {int(reason.code)}")
            case cmd.TakeAudio():
                self.taken_ms += self.spoken_ms
            case cmd.OpenLine(line, session):
                self.lines[name_of(line)] = self.lines[f"{name_of(line)}.{line.number}"] = line
                self.out.append(f"⊕ {name_of(line)} {json.dumps(session)}")
            case cmd.CloseLine(line):
                self.out.append(f"⊖ {name_of(line)}")
            case cmd.Feed(line, from_ms, None):
                self.out.append(f"▶ {name_of(line)} {from_ms:g}")
            case cmd.Feed(line, from_ms, to_ms):
                self.out.append(f"▶ {name_of(line)} {from_ms:g} {to_ms:g}")
            case cmd.StopFeeding(line, at_ms):
                self.out.append(f"■ {name_of(line)} {at_ms:g}")
            case cmd.FeedSilence(line, length_ms):
                self.out.append(f"◌ {name_of(line)} {length_ms:g}")
            case cmd.ToLine(line, event):
                self.out.append(f"⇒ {name_of(line)} {realtime.encode_client(event).decode()}")
            case cmd.Note():
                pass

    def _told(self, who: str, event: Any) -> None:
        for message in BROADCAST.encode(event):
            self.out.append(f"← {who} {message.decode()}")

    # What comes in

    def take(self, sign: str, who: str, rest: str) -> None:
        """One line of a transcript."""
        match sign:
            case "+":
                role, language = rest.split()
                joined = told.Joined(who, Role(role), None if language == "-" else language)
                self.receive(joined)
            case "-":
                self.receive(told.Left(who))
            case "♪":
                self._speak(who, rest)
            case "→":
                for event in BROADCAST.decode(rest.encode(), binary=False):
                    self.receive(told.Said(who, event))
            case "⇐":
                self._hear(self.lines[who], rest)
            case _:
                assert sign == "!", sign
                self._happens(who, rest)

    def _speak(self, who: str, rest: str) -> None:
        length, _, dropped = rest.partition(" ")
        left_ms, before = float(length), self.taken_ms
        while left_ms > 0:
            self.spoken_ms = min(left_ms, CHUNK_MS)
            self.wait(self.spoken_ms / 1000)
            self.receive(told.Spoke(who, self.spoken_ms))
            left_ms -= self.spoken_ms
        assert self.taken_ms == (before if dropped else before + float(length)), rest

    def _hear(self, line: Line, raw: str) -> None:
        decode = realtime.decode_server
        if line.kind is LineKind.TRANSLATOR:
            decode = translation.decode_server
        self.receive(told.Heard(line, decode(raw.encode())))

    def _happens(self, what: str, rest: str) -> None:
        if what == "after":
            self.wait(float(rest))
            return
        name, _, reason = rest.partition(" ")
        line = self.lines[name]
        if what == "ready":
            self.receive(told.LineReady(line))
        else:
            assert what in {"lost", "refused"}, what
            self.receive(told.LineLost(line, reason, final=what == "refused"))


def name_of(line: Line) -> str:
    """As transcripts call it: the language is enough."""
    return line.language or line.kind.value


def stage(**terms: Any) -> Stage:
    """A room where nobody is."""
    return Stage(Room("demo", RoomTerms(**terms)))


def read_transcripts(text: str) -> dict[str, list[str]]:
    """The lines of each title, with those of the parts that they name."""
    sections = re.findall(r"^# (.*)\n((?:(?!# ).*\n?)*)", text, re.MULTILINE)
    plain = {title: [line for line in body.splitlines() if line] for title, body in sections}

    def whole(lines: list[str]) -> Iterator[str]:
        for line in lines:
            yield from whole(plain[line[2:]]) if line.startswith("& ") else [line]

    return {title: list(whole(lines)) for title, lines in plain.items()}


def act(played: Stage, lines: list[str]) -> None:
    """Play a transcript from its first line to its last."""
    for line in lines:
        sign, _, rest = line.partition(" ")
        if sign in DUE:
            assert played.out, f"nothing came out where this was due: {line}"
            came = played.out.pop(0)
            assert holds(came, line), f"due:  {line}\ncame: {came}"
            continue
        assert not played.out, f"not named before: {line}\n" + "\n".join(played.out)
        who, _, more = rest.partition(" ")
        played.take(sign, who, more)
    assert not played.out, "not named at the end:\n" + "\n".join(played.out)


def holds(came: str, wanted: str) -> bool:
    """Whether all that is wanted is there; an object may have more, and stand for itself."""
    if "{" not in wanted:
        return came.partition(" {")[0] == wanted
    head, _, fields = wanted.partition("{")
    came_head, _, came_fields = came.partition("{")
    return head == came_head and _holds(json.loads("{" + came_fields), json.loads("{" + fields))


def _holds(came: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        return isinstance(came, dict) and all(
            key in came and _holds(came[key], value) for key, value in wanted.items()
        )
    return bool(came == wanted)
