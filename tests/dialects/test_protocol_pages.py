"""What the pages of the small dialects show is what is said and told.

An example stands in a line of a conversation (`→ {…}`, `← {…}`) or in the first cell of
a row, below the heading of its direction.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from string import Template
from typing import Any

import pytest
from msgspec import structs

from rtproxy.dialects.broadcast import BROADCAST
from rtproxy.dialects.companion import COMPANION
from rtproxy.dialects.conversation import CONVERSATION
from rtproxy.dialects.table import TableDialect
from rtproxy.dialects.voice import VOICE
from rtproxy.model import events as ev
from rtproxy.model import room
from rtproxy.model.close import CloseCode

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "protocols"
SMALL = (VOICE, CONVERSATION, COMPANION, BROADCAST)
TO_US, TO_CLIENT = "→", "←"
EACH_DIALECT = pytest.mark.parametrize("dialect", SMALL, ids=lambda dialect: dialect.name)

# One of each thing that a client is told; where an id may be echoed, with it and without.
TOLD: tuple[ev.Event, ...] = (
    ev.SessionReady(session_id="s", model="m", voice="v"),
    ev.SpeechStarted(audio_start_ms=1, item_id="i"),
    ev.SpeechStopped(audio_end_ms=1, item_id="i"),
    ev.InputTranscriptDelta(item_id="i", delta="d"),
    ev.InputTranscriptDone(item_id="i", transcript="t"),
    ev.InputTranscriptDone(item_id="i", transcript="t", previous_item_id="j"),
    ev.AnswerStarted(response_id="r", item_id="i"),
    ev.AudioStarted(response_id="r", item_id="i"),
    ev.OutputTextDelta(response_id="r", item_id="i", delta="d"),
    ev.OutputTextDone(response_id="r", item_id="i", text="t", previous_item_id="j"),
    ev.Interrupted(item_id="i", played_ms=1),
    ev.AnswerPlayed(response_id="r", item_id="i"),
    ev.AnswerOver(response_id="r", status="completed"),
    ev.ToolCalled(call_id="c", name="n", arguments="{}", response_id="r", item_id="i"),
    ev.ToolProgress(call_id="c", name="n", state="started"),
    ev.ToolProgress(call_id="c", name="n", state="failed", text="t"),
    ev.ApprovalAsked(approval_id="a", server="s", name="n", arguments="{}"),
    ev.AsideAnswered(
        event_id="e", response_id="r", text="t", status="completed", metadata={"for": "m"}
    ),
    ev.SessionChanged(voice="v"),
    ev.SessionChanged(voice="v", event_id="e"),
    ev.SessionExpiring(in_ms=1),
    ev.Reconnecting(attempt=1),
    ev.Pong(),
    ev.Pong(event_id="e"),
    ev.ErrorTold(error=ev.Failure(code="c")),
    *(
        ev.ErrorTold(error=ev.Failure(code="c", param=param, event_id=event_id), about="m")
        for param in (None, "p")
        for event_id in (None, "e")
    ),
)

_STATE = room.RoomState(speaker="s", listeners=1, languages=("de",))
# The same for members of a room, who are told other things.
TOLD_TO_MEMBERS: tuple[ev.Event, ...] = (
    _STATE,
    structs.replace(_STATE, speaker=None),
    structs.replace(_STATE, member="m"),
    structs.replace(_STATE, speaker=None, member="m"),
    *(room.Floor(state="granted", speaker="s", event_id=echo) for echo in (None, "e")),
    *(
        room.Caption(kind=kind, item_id="i", language="de", text="t", final=final, skipped=skipped)
        for kind in ("transcript", "translation")
        for final in (False, True)
        for skipped in (0, 1)
    ),
    room.CaptionFailed(kind="transcript", item_id="i", language="de", error=ev.Failure(code="c")),
    *(room.RoomEnded(event_id=echo) for echo in (None, "e")),
    ev.SpeechStarted(audio_start_ms=1, item_id="i"),
    ev.SpeechStopped(audio_end_ms=1, item_id="i"),
    *(ev.Pong(event_id=echo) for echo in (None, "e")),
    *(
        ev.ErrorTold(error=ev.Failure(code="c", param=param, event_id=echo))
        for param in (None, "p")
        for echo in (None, "e")
    ),
)


def tried(dialect: TableDialect) -> tuple[ev.Event, ...]:
    return TOLD_TO_MEMBERS if dialect is BROADCAST else TOLD


def page(dialect: TableDialect) -> str:
    return (FOLDER / f"{dialect.name}.md").read_text(encoding="utf-8")


def examples(text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every message on a page, and its direction."""
    direction = ""
    for line in text.splitlines():
        heading = re.match(rf"\| ([{TO_US}{TO_CLIENT}]) \|", line)
        direction = heading[1] if heading else direction
        in_conversation = re.match(rf"([{TO_US}{TO_CLIENT}]) (\{{.*\}})$", line)
        in_row = re.match(r"\| `(\{.*\})` \|", line)
        if in_conversation:
            yield in_conversation[1], json.loads(in_conversation[2])
        elif in_row:
            yield direction, json.loads(in_row[1])


def shown(wanted: str) -> list[Any]:
    """The examples of one direction, each with its dialect."""
    return [
        pytest.param(dialect, message, id=f"{dialect.name}-{number}-{message['type']}")
        for dialect in SMALL
        for number, (direction, message) in enumerate(examples(page(dialect)))
        if direction == wanted
    ]


def told_by(dialect: TableDialect) -> list[dict[str, Any]]:
    """All that a client of the dialect can be told, one of each shape."""
    said = [json.loads(raw) for event in tried(dialect) for raw in dialect.encode(event)]
    if not dialect.audio_template:
        return said
    filled = Template(dialect.audio_template).substitute(
        audio="AAAA", response_id='"r"', item_id='"i"'
    )
    return [*said, json.loads(filled)]


def shape(value: Any) -> Any:
    """A message without its values; its type and kinds of value stay."""
    if isinstance(value, dict):
        kept = {key: shape(each) for key, each in value.items()}
        return kept | {"type": value["type"]} if "type" in value else kept
    return type(value)


@pytest.mark.parametrize(("dialect", "message"), shown(TO_US))
def test_what_a_page_lets_you_say_is_understood(
    dialect: TableDialect, message: dict[str, Any]
) -> None:
    events = dialect.decode(json.dumps(message).encode(), binary=False)
    assert events
    assert not [event for event in events if isinstance(event, ev.Misunderstood)]


@pytest.mark.parametrize(("dialect", "message"), shown(TO_CLIENT))
def test_what_a_page_says_you_are_told_is_told_so(
    dialect: TableDialect, message: dict[str, Any]
) -> None:
    assert shape(message) in [shape(told) for told in told_by(dialect)]


@EACH_DIALECT
def test_every_message_is_on_its_page(dialect: TableDialect) -> None:
    seen = {(direction, message["type"]) for direction, message in examples(page(dialect))}
    said = {(TO_US, name) for name in (*dialect.audio_types, *dialect.readings)}
    told = {(TO_CLIENT, message["type"]) for message in told_by(dialect)}
    assert seen == said | told


@EACH_DIALECT
def test_one_of_each_thing_that_is_told_was_tried(dialect: TableDialect) -> None:
    assert set(dialect.words) <= {type(event) for event in tried(dialect)}


@EACH_DIALECT
def test_every_address_is_on_its_page(dialect: TableDialect) -> None:
    (line,) = re.findall(r"^Address(?:es)?: .*$", page(dialect), re.MULTILINE)
    assert set(dialect.paths) <= set(re.findall(r"`(/[\w/{}]*)`", line))


README = (FOLDER / "README.md").read_text(encoding="utf-8")


def codes_told() -> set[str]:
    """The codes of errors as they stand in the modules of what small dialects are told."""
    folders = ("session", "runtime", "personas", "credentials", "dialects")
    sources = (path for one in folders for path in (ROOT / "python/rtproxy" / one).glob("*.py"))
    others = re.compile(r"relay|openai|beta|http_error|twilio")  # who speak the upstream's own
    text = "\n".join(path.read_text() for path in sources if not others.search(path.name))
    assigned = r'\bcode ?= ?"(\w+)"|\bcode = "\w+" if .* else "(\w+)"'
    handed = r'(?:_refuse|Refusal)\((?:event, |measured, )?"([a-z]+_[a-z_]+)"'
    named = r'^(?:[A-Z_]+_(?:DUE|INTRODUCED)|MISSING|WRONG|EXPIRED|TOO_MANY) = "(\w+)"'
    found = re.findall(f"{assigned}|{handed}|{named}", text, re.MULTILINE)
    return {code for groups in found for code in groups if code}


def test_every_error_is_on_the_page_of_them_all() -> None:
    errors = README.split("## Errors")[1].split("## Close codes")[0]
    listed = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (.*?) \|", errors, re.M))))
    missing = codes_told() - listed
    assert not missing


def test_every_close_code_is_on_the_page() -> None:
    listed = README.split("## Close codes")[1]
    for code in CloseCode:
        assert str(code.value) in listed, code


def test_every_error_of_a_room_is_on_the_page_of_rooms() -> None:
    sources = (ROOT / "python/rtproxy/rooms").glob("*.py")
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    assigned = r'\bcode ?= ?"(\w+)"(?: if .* else "(\w+)")?'
    handed = r'_(?:failure|refusal)\((?:member, )?"([a-z_]+)"'
    found = re.findall(f"{assigned}|{handed}", text)
    codes = {code for groups in found for code in groups if code}
    assert len(codes) > 8
    errors = page(BROADCAST).split("## Errors")[1]
    listed = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (.*?) \|", errors, re.M))))
    assert not codes - listed
