"""Twilio's messages, as its documentation shows them, and every way in which they can be wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtproxy.dialects.twilio import SESSION, Twilio
from rtproxy.model import events as ev

SID = "MZ18ad3ab5a668481ce02b83e7395059f0"
CALL = "CA123456789"
START = {
    "event": "start",
    "sequenceNumber": "1",
    "start": {
        "accountSid": "AC123",
        "streamSid": SID,
        "callSid": CALL,
        "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        "customParameters": {"FirstName": "Jane", "persona": "dr_sarah", "token": "k"},
    },
    "streamSid": SID,
}
FRESH = Twilio()
STARTED = FRESH.after(ev.StreamStarted(stream_id=SID))


def read(dialect: Twilio, message: Any, *, binary: bool = False) -> list[ev.Event]:
    raw = message if isinstance(message, bytes) else json.dumps(message).encode()
    return list(dialect.decode(raw, binary=binary))


def refusal(dialect: Twilio, message: Any) -> ev.Misunderstood:
    (event,) = read(dialect, message)
    assert isinstance(event, ev.Misunderstood)
    return event


def media(payload: Any = "//8=", **changes: Any) -> dict[str, Any]:
    fields = {"track": "inbound", "chunk": "2", "timestamp": "5", "payload": payload}
    return {"event": "media", "sequenceNumber": "4", "media": fields, "streamSid": SID} | changes


# What Twilio says


def test_connected_is_nothing_yet() -> None:
    assert read(FRESH, {"event": "connected", "protocol": "Call", "version": "1.0.0"}) == []


def test_start_is_a_call_its_caller_and_its_wishes() -> None:
    assert read(FRESH, START) == [
        ev.StreamStarted(stream_id=SID, call_id=CALL),
        ev.Introduced(conversation_id=CALL, token="k"),
        ev.StartAsked(persona="dr_sarah", session=SESSION),
    ]


def test_start_needs_no_parameters() -> None:
    bare = {"event": "start", "start": {"streamSid": SID}}
    assert read(FRESH, bare)[1:] == [ev.Introduced(), ev.StartAsked(session=SESSION)]


def test_after_its_start_messages_bear_the_sid() -> None:
    assert STARTED.stream_id == SID
    assert STARTED.after(ev.StreamStarted(stream_id="MZother")) is STARTED
    assert FRESH.after(ev.Introduced()) is FRESH


@pytest.mark.parametrize("digit", "0123456789*#ABCD")
def test_keys(digit: str) -> None:
    dtmf = {"event": "dtmf", "streamSid": SID, "dtmf": {"track": "inbound_track", "digit": digit}}
    assert read(STARTED, dtmf) == [ev.KeyPressed(key=digit)]


def test_a_mark_of_a_chunk_tells_what_was_heard() -> None:
    mark = {"event": "mark", "streamSid": SID, "mark": {"name": "item_a:b:1240"}}
    assert read(STARTED, mark) == [ev.Playback(item_id="item_a:b", played_ms=1240.0)]


def test_a_mark_of_our_own_comes_back_as_it_went() -> None:
    asked = ev.MarkAsked(token=b"over 0 resp_1")
    (raw,) = STARTED.encode(asked)
    sent = json.loads(raw)
    assert (sent["event"], sent["streamSid"]) == ("mark", SID)
    echoed = {**sent, "sequenceNumber": "9"}
    assert read(STARTED, echoed) == [ev.MarkReached(token=b"over 0 resp_1")]


@pytest.mark.parametrize(
    "name", ["", "my label", "item:", "item:-1", "item:1.5", ":7", "item:1234567890"]
)
def test_a_mark_that_was_never_ours_means_nothing(name: str) -> None:
    mark = {"event": "mark", "streamSid": SID, "mark": {"name": name}}
    assert [type(event) for event in read(STARTED, mark)] == [ev.Unheeded]


@pytest.mark.parametrize("dialect", [FRESH, STARTED])
def test_stop_is_the_end_at_any_time(dialect: Twilio) -> None:
    stop = {"event": "stop", "streamSid": SID, "stop": {"accountSid": "AC1", "callSid": CALL}}
    assert read(dialect, stop) == [ev.Hangup()]


@pytest.mark.parametrize("dialect", [FRESH, STARTED])
def test_what_twilio_may_add_one_day_is_no_error(dialect: Twilio) -> None:
    (event,) = read(dialect, {"event": "weather", "streamSid": SID})
    assert event == ev.Unheeded(what="event 'weather'")


# Audio that the lane was not sure of


def test_audio_with_escapes_is_handed_back_in_plain() -> None:
    raw = json.dumps(media()).replace("//8=", "\\/\\/8=").encode()
    (event,) = read(STARTED, raw)
    assert isinstance(event, ev.InputAudio)
    plain = json.loads(event.canonical)
    assert plain["media"]["payload"] == "//8="
    assert (plain["event"], plain["streamSid"], plain["media"]["track"]) == (
        "media",
        SID,
        "inbound",
    )


@pytest.mark.parametrize("missing", ["streamSid", "track"])
def test_audio_that_does_not_say_whose_it_is_is_the_callers(missing: str) -> None:
    message = media()
    message.pop(missing, None)
    message["media"].pop(missing, None)
    assert [type(event) for event in read(STARTED, message)] == [ev.InputAudio]


def test_the_outbound_track_is_what_we_said_ourselves() -> None:
    message = media()
    message["media"]["track"] = "outbound"
    assert read(STARTED, message) == []


@pytest.mark.parametrize("payload", [None, 7, ["//8="], "no base64!", "//8"])
def test_audio_that_is_none_is_named(payload: Any) -> None:
    assert refusal(STARTED, media(payload)).param == "media.payload"


@pytest.mark.parametrize("fields", [None, "x", [], 3])
def test_media_without_its_object(fields: Any) -> None:
    assert refusal(STARTED, media(media=fields)).param == "media.payload"


# What cannot be


@pytest.mark.parametrize("name", ["media", "dtmf", "mark"])
def test_nothing_can_be_done_before_the_start(name: str) -> None:
    assert refusal(FRESH, {"event": name, "streamSid": SID}).code == "out_of_place"


def test_a_stream_starts_once() -> None:
    assert refusal(STARTED, START).code == "out_of_place"


@pytest.mark.parametrize("name", ["media", "dtmf", "mark", "stop"])
@pytest.mark.parametrize("sid", ["MZother", 7, None])
def test_another_stream_has_no_say(name: str, sid: Any) -> None:
    wrong = refusal(STARTED, {"event": name, "streamSid": sid})
    assert (wrong.code, wrong.param) == ("foreign_stream", "streamSid")


@pytest.mark.parametrize("name", [None, 7, [], {}])
def test_a_message_must_say_what_it_is(name: Any) -> None:
    assert refusal(STARTED, {"event": name}).code == "missing_type"
    assert refusal(STARTED, {"type": "media"}).code == "missing_type"


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"7", b"\xff", b'{"event":NaN}', b"[" * 9_999])
def test_what_is_no_object(raw: bytes) -> None:
    assert refusal(STARTED, raw).code == "invalid_json"


def test_binary_frames_are_not_twilios() -> None:
    (event,) = read(STARTED, b"\xff\xff", binary=True)
    assert isinstance(event, ev.Misunderstood)
    assert event.code == "binary_not_expected"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("streamSid", None),
        ("streamSid", 7),
        ("streamSid", ""),
        ("streamSid", 'MZ"'),
        ("streamSid", "MZ$audio"),
        ("streamSid", "MZ1\n"),
        ("streamSid", "x" * 129),
        ("callSid", 7),
        ("callSid", 'CA"'),
        ("customParameters", "x"),
        ("customParameters", {"persona": 7}),
        ("mediaFormat", "mulaw"),
        ("mediaFormat", {"encoding": "audio/x-alaw"}),
        ("mediaFormat", {"encoding": 7}),
        ("mediaFormat", {"sampleRate": 16000}),
        ("mediaFormat", {"sampleRate": "8000"}),
        ("mediaFormat", {"channels": 2}),
    ],
)
def test_every_field_of_start_that_is_wrong_is_named(field: str, value: Any) -> None:
    wrong = refusal(FRESH, {**START, "start": START["start"] | {field: value}})
    assert wrong.code == "invalid_field"
    assert field in f"{wrong.param} {wrong.message}"


@pytest.mark.parametrize("start", [None, "x", 7, [], {}])
def test_start_without_its_object(start: Any) -> None:
    assert refusal(FRESH, {"event": "start", "start": start}).code == "invalid_field"


@pytest.mark.parametrize("digit", [None, 1, "", "12", "E", "\u0661", "1\n", ["1"]])
def test_a_key_that_no_telephone_has(digit: Any) -> None:
    wrong = refusal(STARTED, {"event": "dtmf", "streamSid": SID, "dtmf": {"digit": digit}})
    assert wrong.code == "invalid_field"


@pytest.mark.parametrize("mark", [None, "item:1", {}, {"name": None}, {"name": 7}])
def test_a_mark_without_a_name(mark: Any) -> None:
    assert (
        refusal(STARTED, {"event": "mark", "streamSid": SID, "mark": mark}).code == "invalid_field"
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
NAMES = st.sampled_from(["connected", "start", "media", "dtmf", "mark", "stop"])
KEYS = st.sampled_from(["streamSid", "start", "media", "dtmf", "mark", "stop"])


@settings(max_examples=40)
@given(dialect=st.sampled_from([FRESH, STARTED]), name=NAMES, rest=st.dictionaries(KEYS, JSON))
def test_nothing_that_is_said_is_too_much(dialect: Twilio, name: str, rest: dict[str, Any]) -> None:
    for event in read(dialect, {"event": name, **rest}):
        assert isinstance(event, ev.Event)


# What Twilio is told


def test_a_cut_is_a_clear() -> None:
    (raw,) = STARTED.encode(ev.Interrupted(item_id="item_1", played_ms=40))
    assert json.loads(raw) == {"event": "clear", "streamSid": SID}


@pytest.mark.parametrize(
    "event",
    [
        ev.ErrorTold(error=ev.Failure(message="no"), fatal=True),
        ev.SessionReady(session_id="s", model="m", voice="v"),
        ev.AnswerOver(response_id="r", status="completed"),
        ev.OutputTextDone(response_id="r", item_id="i", text="t"),
    ],
)
def test_of_the_rest_it_is_told_nothing(event: ev.Event) -> None:
    assert list(STARTED.encode(event)) == []
