"""Transcripts on the wire: what each side says to the other through dialect and core.

    # a question by hand                            a title; in capitals: a part of others
    → {"type": "commit_audio"}                      the client says
    ⇒ {"type": "input_audio_buffer.commit"}         the upstream is told
    ⇐ {"type": "input_audio_buffer.committed"}      the upstream says
    ← {"type": "response_started"}                  the client is told
    ~                                               what is in the lane has been played
    ~ 730                                           of what is in the lane, so much (ms)
    ! Reconnecting {"attempt": 2}                   an event of the proxy's own
    ! after 60                                      nothing: so many seconds pass
    ✕ 1013                                          the session ends, with this code
    & ANSWER                                        the lines of that part

Lines of `⇒`, `←` and `✕` are due in this order, and nothing else. A line names what
matters: the message may have more fields. Where a dialect has an envelope, lines stand
without it. Owns the reading of such a text, and the lane as far as it needs one; must not
know any dialect or message.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from rtproxy.dialects import realtime
from rtproxy.dialects.table import TableDialect
from rtproxy.model import events as ev
from rtproxy.session import commands as cmd
from rtproxy.session.session import Session

SAYS_CLIENT, SAYS_UPSTREAM, PROXY, PLAYED = "→", "⇐", "!", "~"
TELLS_CLIENT, TELLS_UPSTREAM, ENDS = "←", "⇒", "✕"
DUE = (TELLS_CLIENT, TELLS_UPSTREAM, ENDS)
RECEIVED_MS = 2_000.0


@dataclass
class Stage:
    """A session with its dialect, and what came out of it that no line has named yet."""

    session: Session
    dialect: TableDialect
    now: float = 0.0
    out: list[tuple[str, Any]] = field(default_factory=list)
    places: list[tuple[str, bytes | cmd.TellWhenPlayed]] = field(default_factory=list)
    playing: tuple[str, str] | None = None  # response and item
    played_ms: float = 0.0

    def receive(self, *events: ev.Event) -> None:
        for event in events:
            for command in self.session.receive(event, self.now):
                self._perform(command)

    def _perform(self, command: cmd.Command) -> None:
        match command:
            case cmd.ToClient(event):
                self._tell(event)
            case cmd.ToUpstream(event):
                self.out.append((TELLS_UPSTREAM, json.loads(realtime.encode_client(event))))
            case cmd.PlaceMark(response_id, token):
                self.places.append((response_id, token))
            case cmd.TellWhenPlayed(response_id):
                self.places.append((response_id, command))
            case cmd.Drop(response_id):
                self._cut(response_id)
            case cmd.Measure(item_id, played_ms, event_id):
                self._measure(item_id, played_ms, event_id)
            case cmd.End(reason):
                self.out.append((ENDS, int(reason.code)))
            case _:
                pass  # of audio, which is not on stage

    def _tell(self, event: ev.Event) -> None:
        told = map(json.loads, self.dialect.encode(event))
        self.out += [(TELLS_CLIENT, self._opened(message)) for message in told]

    def _opened(self, message: dict[str, Any]) -> dict[str, Any]:
        envelope = self.dialect.envelope
        return message if envelope is None else {"type": message["type"], **message[envelope]}

    def client_says(self, text: str) -> None:
        """One message, or what is none."""
        if self.dialect.envelope is not None and text.endswith("}"):
            fields = json.loads(text)
            kind = {"type": fields.pop("type")} if "type" in fields else {}
            text = json.dumps({**kind, self.dialect.envelope: fields})
        self.receive(*self.dialect.decode(text.encode(), binary=False))

    def _cut(self, response_id: str) -> None:
        heard: tuple[ev.HeardPart, ...] = ()
        if self.playing is not None and self.playing[0] == response_id:
            part = ev.HeardPart(
                item_id=self.playing[1],
                content_index=0,
                heard_ms=self.played_ms,
                received_ms=RECEIVED_MS,
            )
            heard = (part,)
        self.receive(ev.Dropped(response_id=response_id, heard=heard))
        self.reach([place for place in self.places if place[0] == response_id])

    def _measure(self, item_id: str | None, played_ms: float, event_id: str | None) -> None:
        playing = self.playing[1] if self.playing else None
        named = item_id or playing
        sent_ms = RECEIVED_MS if named is not None and named == playing else None
        measured = ev.Measured(
            event_id=event_id, item_id=named, sent_ms=sent_ms, played_ms=played_ms
        )
        self.receive(measured)

    def reach(self, places: list[tuple[str, bytes | cmd.TellWhenPlayed]]) -> None:
        """The lane has come to these."""
        self.places = [place for place in self.places if place not in places]
        for _, place in places:
            if isinstance(place, cmd.TellWhenPlayed):
                self._tell(place.event)
            else:
                self.receive(ev.MarkReached(token=place))

    def play(self, ms: str) -> None:
        """All of it, or so much."""
        if ms:
            self.played_ms = float(ms)
            self.reach([place for place in self.places if getattr(place[1], "starts", False)])
        else:
            self.reach(list(self.places))
            self.playing = None

    def upstream_says(self, message: dict[str, Any]) -> None:
        """One message; the audio of it is in the lane."""
        if message["type"] == "response.content_part.added":
            self.playing, self.played_ms = (message["response_id"], message["item_id"]), 0.0
        self.receive(realtime.decode_server(json.dumps(message).encode()))


def read_transcripts(text: str) -> dict[str, list[str]]:
    """The lines of each title, with those of the parts that they name; the last one counts."""
    sections = re.findall(r"^# (.*)\n((?:(?!# ).*\n?)*)", text, re.MULTILINE)
    plain = {title: [line for line in body.splitlines() if line] for title, body in sections}

    def whole(lines: list[str]) -> Iterator[str]:
        for line in lines:
            yield from whole(plain[line[2:]]) if line.startswith("& ") else [line]

    return {title: list(whole(lines)) for title, lines in plain.items()}


def said_in(transcripts: dict[str, list[str]], sign: str, key: str) -> set[str]:
    """What all messages of one direction have under a key."""
    lines = (line for lines in transcripts.values() for line in lines if line[0] == sign)
    messages = (json.loads(line[2:]) for line in lines if line.endswith("}"))
    return {message[key] for message in messages if key in message}


def act(stage: Stage, lines: list[str]) -> None:
    """Play a transcript from its first line to its last."""
    for line in lines:
        sign, _, rest = line.partition(" ")
        if sign in DUE:
            expect(stage, sign, json.loads(rest), line)
            continue
        assert not stage.out, f"not named before: {line}\n{stage.out}"
        take(stage, sign, rest)
    assert not stage.out, f"not named at the end: {stage.out}"


def take(stage: Stage, sign: str, rest: str) -> None:
    """Something comes in."""
    if sign == SAYS_CLIENT:
        stage.client_says(rest)
    elif sign == SAYS_UPSTREAM:
        stage.upstream_says(json.loads(rest))
    elif sign == PLAYED:
        stage.play(rest)
    else:
        assert sign == PROXY, sign
        name, _, fields = rest.partition(" ")
        if name == "after":
            stage.now += float(fields)
            stage.receive(ev.TimePassed())
        else:
            stage.receive(getattr(ev, name)(**json.loads(fields or "{}")))


def expect(stage: Stage, sign: str, wanted: Any, line: str) -> None:
    """The next thing that came out is this."""
    assert stage.out, f"nothing came out where this was due: {line}"
    came = stage.out.pop(0)
    assert came[0] == sign, f"due: {line}\ncame: {came}"
    assert holds(came[1], wanted), f"due: {line}\ncame: {came}"


def holds(came: Any, wanted: Any) -> bool:
    """Whether all that is wanted is there; an object may have more."""
    if isinstance(wanted, dict):
        return isinstance(came, dict) and all(
            key in came and holds(came[key], value) for key, value in wanted.items()
        )
    return bool(came == wanted)
