"""The messages that the small dialects share, in the envelope of each."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dialects.decoded import decoded
from rtproxy.dialects.common import MAX_OUTPUT_BYTES
from rtproxy.dialects.companion import COMPANION
from rtproxy.dialects.conversation import CONVERSATION
from rtproxy.dialects.table import TableDialect
from rtproxy.dialects.voice import VOICE
from rtproxy.model import events as ev

EACH = pytest.mark.parametrize(
    "dialect", [VOICE, CONVERSATION, COMPANION], ids=lambda one: one.name
)


def read(dialect: TableDialect, name: str, **fields: Any) -> ev.Event:
    said = fields if dialect.envelope is None else {dialect.envelope: fields}
    raw = json.dumps({"type": name, "event_id": "mine", **said}).encode()
    (event,) = decoded(dialect, raw)
    assert event.event_id == "mine"
    return event


@EACH
@pytest.mark.parametrize(
    ("fields", "item_id", "played_ms"),
    [
        ({"playedMs": 0}, None, 0.0),
        ({"playedMs": 12.5, "itemId": "item_1"}, "item_1", 12.5),
        ({"playedMs": 7, "itemId": None, "more": 1}, None, 7.0),
    ],
)
def test_playback(
    dialect: TableDialect, fields: dict[str, Any], item_id: str | None, played_ms: float
) -> None:
    wanted = ev.Playback(event_id="mine", item_id=item_id, played_ms=played_ms)
    assert read(dialect, "playback", **fields) == wanted


@EACH
def test_a_question_is_ended_or_forgotten(dialect: TableDialect) -> None:
    commit = ev.InputCommit(event_id="mine", respond=True)
    assert read(dialect, "commit_audio") == commit
    assert read(dialect, "stop_audio") == ev.InputClear(event_id="mine")


@EACH
@pytest.mark.parametrize(
    ("output", "text"),
    [
        ("it is sunny", "it is sunny"),
        ("", ""),
        ({"sun": True, "city": "Mérida"}, '{"sun":true,"city":"Mérida"}'),
        ([1, 2], "[1,2]"),
        (7, "7"),
        (False, "false"),
    ],
)
def test_a_tools_output_is_text_or_json_as_text(
    dialect: TableDialect, output: Any, text: str
) -> None:
    wanted = ev.ToolAnswered(event_id="mine", call_id="call_1", output=text)
    assert read(dialect, "tool_result", callId="call_1", output=output) == wanted


@EACH
@pytest.mark.parametrize(
    ("fields", "session"),
    [
        ({"instructions": "Be brief."}, {"instructions": "Be brief."}),
        ({"voice": "sage"}, {"audio": {"output": {"voice": "sage"}}}),
        ({"turn_detection": None}, {"audio": {"input": {"turn_detection": None}}}),
        ({}, {}),
    ],
)
def test_a_session_update_is_read_by_the_names_of_a_session(
    dialect: TableDialect, fields: dict[str, Any], session: dict[str, Any]
) -> None:
    assert read(dialect, "session_update", **fields) == ev.SessionUpdate(
        event_id="mine", session=session
    )


@EACH
def test_what_is_no_longer_taken_is_dropped_and_said(dialect: TableDialect) -> None:
    event = read(dialect, "session_update", temperature=0.8)
    assert isinstance(event, ev.SessionUpdate)
    assert event.session == {}
    (sentence,) = event.dropped
    assert sentence.startswith("temperature ")


@EACH
@pytest.mark.parametrize(
    ("name", "fields", "param", "words"),
    [
        ("playback", {}, "playedMs", "missing"),
        ("playback", {"playedMs": -1}, "playedMs", "is -1; it must be a number of at least 0"),
        ("playback", {"playedMs": "7"}, "playedMs", "is '7'; it must be a number"),
        ("playback", {"playedMs": None}, "playedMs", "is null"),
        ("playback", {"playedMs": 1, "itemId": 7}, "itemId", "is 7; it must be text or null"),
        ("tool_result", {"output": "x"}, "callId", "is missing; it must be text"),
        ("tool_result", {"callId": 1, "output": "x"}, "callId", "is 1; it must be text"),
        ("tool_result", {"callId": "c"}, "output", "is missing; it must be any JSON"),
        ("tool_result", {"callId": "c", "output": None}, "output", "text or JSON"),
        ("session_update", {"voice": "nobody"}, "voice", "alloy"),
        ("session_update", {"voise": "alloy"}, "voise", "voice"),
        ("session_update", {"turn_detection": {"type": "none?"}}, "turn_detection.type", "vad"),
        ("session_update", {"speed": 9}, "speed", "1.5"),
        ("session_update", {"tools": "all"}, "tools", "list"),
    ],
)
def test_what_is_wrong_names_the_field_and_what_it_may_be(
    dialect: TableDialect, name: str, fields: dict[str, Any], param: str, words: str
) -> None:
    refused = read(dialect, name, **fields)
    assert isinstance(refused, ev.Misunderstood)
    assert (refused.code, refused.param) == ("invalid_field", param)
    assert words in refused.message


def test_an_output_has_a_bound() -> None:
    most = "x" * MAX_OUTPUT_BYTES
    assert isinstance(read(VOICE, "tool_result", callId="c", output=most), ev.ToolAnswered)
    refused = read(VOICE, "tool_result", callId="c", output=most + "x")
    assert isinstance(refused, ev.Misunderstood)
    assert str(MAX_OUTPUT_BYTES) in refused.message


@EACH
@pytest.mark.parametrize(
    ("event", "said"),
    [
        (
            ev.ToolCalled(
                call_id="c", name="weather", arguments="{}", response_id="r", item_id="i"
            ),
            {
                "type": "tool_call",
                "callId": "c",
                "name": "weather",
                "arguments": "{}",
                "responseId": "r",
                "itemId": "i",
            },
        ),
        (
            ev.SessionChanged(event_id="mine", voice="sage"),
            {"type": "session_updated", "voice": "sage", "event_id": "mine"},
        ),
        (ev.SessionChanged(voice="sage"), {"type": "session_updated", "voice": "sage"}),
        (ev.SessionExpiring(in_ms=60_000), {"type": "session_expiring", "inMs": 60_000}),
    ],
)
def test_what_a_client_is_told(
    dialect: TableDialect, event: ev.Event, said: dict[str, Any]
) -> None:
    said = dict(said)
    (raw,) = dialect.encode(event)
    if dialect.envelope is not None:
        said = {"type": said.pop("type"), dialect.envelope: said}
    assert json.loads(raw) == said
