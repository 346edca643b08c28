"""The `companion` dialect, message by message, as the contract and source 002 name them."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from dialects.decoded import decoded
from rtproxy.dialects.companion import COMPANION
from rtproxy.model import events as ev

PCM = base64.b64encode(bytes(range(256))).decode()
TRAITS = {"playfulness": 70, "empathy": 80, "humor": 60, "intelligence": 75, "supportiveness": 85}


def read(name: str, data: Any = None, **beside: Any) -> list[ev.Event]:
    message = {"type": name, **({} if data is None else {"data": data}), **beside}
    return decoded(COMPANION, json.dumps(message).encode())


def start(data: dict[str, Any], **beside: Any) -> ev.StartAsked:
    (event,) = read("start_realtime", data, **beside)
    assert isinstance(event, ev.StartAsked)
    return event


def refusal(name: str, data: Any = None, **beside: Any) -> ev.Misunderstood:
    (event,) = read(name, data, **beside)
    assert isinstance(event, ev.Misunderstood)
    return event


def say(event: ev.Event) -> dict[str, Any]:
    (raw,) = COMPANION.encode(event)
    said: dict[str, Any] = json.loads(raw)
    return said


# What a client says


def test_who_it_is() -> None:
    data = {"userId": "user-123", "conversationId": "conv-456", "token": "t", "more": 1}
    (event,) = read("auth", data, event_id="e")
    assert event == ev.Introduced(
        event_id="e", user_id="user-123", conversation_id="conv-456", token="t"
    )
    assert read("auth", {"userId": "u"}) == [ev.Introduced(user_id="u")]


def test_a_start_as_in_source_002() -> None:
    voice = {"voice": "nova", "speed": 1.0, "pitch": 1.0, "volume": 1.0}
    event = start({"personalityTraits": TRAITS, "voiceSettings": voice})
    assert event.traits == TRAITS
    assert event.session == {"audio": {"output": {"voice": "marin", "speed": 1.0}}}
    assert (event.gain, event.pitch, event.persona) == (1.0, 1.0, None)
    (sentence,) = event.dropped
    assert "nova" in sentence
    assert "marin" in sentence


def test_a_start_may_be_empty_or_partial() -> None:
    nothing = ev.StartAsked(traits={}, session={})
    assert read("start_realtime") == read("start_realtime", {}) == [nothing]
    assert start({"personalityTraits": None, "voiceSettings": None, "persona": None}) == nothing
    event = start({"personalityTraits": {"humor": 0}, "voiceSettings": {"volume": 0, "pitch": 2}})
    assert (event.traits, event.gain, event.pitch) == ({"humor": 0}, 0.0, 2.0)


def test_a_start_names_a_persona_and_echoes() -> None:
    event = start({"persona": "ally", "event_id": "inside"})
    assert (event.persona, event.event_id) == ("ally", "inside")
    assert start({"event_id": "inside"}, event_id="outside").event_id == "outside"


def test_what_it_does_not_know_is_ignored() -> None:
    event = start({"personalityTraits": {"mood": "blue"}, "voiceSettings": {"accent": 3}, "x": 1})
    assert event == ev.StartAsked(traits={}, session={})


def test_text_is_an_item_and_wants_an_answer() -> None:
    item, asked = read("text", {"text": "Hello, how are you?"}, event_id="t")
    content = [{"type": "input_text", "text": "Hello, how are you?"}]
    assert item == ev.ItemCreate(
        event_id="t", item={"type": "message", "role": "user", "content": content}
    )
    assert asked == ev.ResponseCreate(event_id="t")


def test_audio_with_escapes_is_audio_after_all() -> None:
    raw = json.dumps({"type": "audio", "data": {"audio": PCM}}).replace("/", "\\/").encode()
    (event,) = COMPANION.decode(raw, binary=False)
    assert isinstance(event, ev.InputAudio)
    assert json.loads(event.canonical) == {"type": "audio", "data": {"audio": PCM}}


@pytest.mark.parametrize(
    ("name", "data", "event"),
    [
        ("ping", None, ev.ClientPing(event_id="e")),
        ("interrupt", {}, ev.Interrupt(event_id="e")),
        ("playback", {"playedMs": 7.5}, ev.Playback(event_id="e", played_ms=7.5)),
        (
            "tool_result",
            {"callId": "c", "output": {"a": 1}},
            ev.ToolAnswered(event_id="e", call_id="c", output='{"a":1}'),
        ),
        (
            "session_update",
            {"voice": "ash"},
            ev.SessionUpdate(event_id="e", session={"audio": {"output": {"voice": "ash"}}}),
        ),
    ],
)
def test_the_common_messages_in_the_envelope(name: str, data: Any, event: ev.Event) -> None:
    assert read(name, data, event_id="e") == [event]


# What it may not say


@pytest.mark.parametrize(
    ("name", "data", "param", "may_be"),
    [
        ("auth", {}, "userId", "userId is missing; it must be text of 1 to 128 characters"),
        ("auth", {"userId": 7}, "userId", "1 to 128 characters"),
        ("auth", {"userId": ""}, "userId", "1 to 128 characters"),
        ("auth", {"userId": "a\r\nb"}, "userId", "none of them a control character"),
        ("auth", {"userId": "u" * 129}, "userId", "1 to 128 characters"),
        ("auth", {"userId": "u", "conversationId": []}, "conversationId", "1 to 128 characters"),
        ("auth", {"userId": "u", "token": 1}, "token", "must be text"),
        ("start_realtime", {"persona": 1}, "persona", "text, not empty"),
        ("start_realtime", {"personalityTraits": 5}, "personalityTraits", "an object"),
        ("start_realtime", {"voiceSettings": []}, "voiceSettings", "an object"),
        ("text", {}, "text", "missing"),
        ("text", {"text": 5}, "text", "is 5; it must be text"),
        ("text", "hello", "data", "must be an object"),
        ("audio", {"audio": 5}, "data.audio", "must be a string of base64"),
        ("audio", {"audio": "?"}, "data.audio", "is not base64"),
        ("audio", {"audio": "AA=="}, "data.audio", "no whole number of samples"),
        ("playback", {"playedMs": -1}, "playedMs", "a number of at least 0"),
        ("tool_result", {"output": "x"}, "callId", "missing"),
    ],
)
def test_what_is_wrong_is_named(name: str, data: Any, param: str, may_be: str) -> None:
    refused = refusal(name, data, event_id="mine")
    assert (refused.param, refused.event_id) == (param, "mine")
    assert may_be in refused.message


@pytest.mark.parametrize("trait", TRAITS)
@pytest.mark.parametrize("value", [-1, 101, 50.5, "70", True, []])
def test_a_trait_is_a_whole_number_from_0_to_100(trait: str, value: Any) -> None:
    refused = refusal("start_realtime", {"personalityTraits": {**TRAITS, trait: value}})
    assert refused.param == f"personalityTraits.{trait}"
    assert "it must be a whole number from 0 to 100" in refused.message


@pytest.mark.parametrize(
    ("name", "low", "high"), [("speed", 0.25, 1.5), ("volume", 0, 4), ("pitch", 0.5, 2)]
)
def test_a_voice_setting_has_its_range(name: str, low: float, high: float) -> None:
    for value in (low, high):
        start({"voiceSettings": {name: value}})
    for wrong in (low - 0.01, high + 0.01, "1", False):
        refused = refusal("start_realtime", {"voiceSettings": {name: wrong}})
        assert refused.param == f"voiceSettings.{name}"
        assert f"a number from {low:g} to {high:g}" in refused.message


def test_a_voice_that_there_never_was_is_answered_with_those_that_there_are() -> None:
    refused = refusal("start_realtime", {"voiceSettings": {"voice": "siri"}}, event_id="v")
    assert (refused.param, refused.event_id) == ("voiceSettings.voice", "v")
    assert "alloy" in refused.message


def test_what_is_no_message() -> None:
    known = refusal("start").message
    assert all(name in known for name in ("auth", "start_realtime", "audio", "text", "ping"))
    (event,) = COMPANION.decode(b'{"data":{}}', binary=False)
    assert isinstance(event, ev.Misunderstood)
    assert event.code == "missing_type"
    (event,) = COMPANION.decode(b"[]", binary=False)
    assert isinstance(event, ev.Misunderstood)
    assert event.code == "invalid_json"


# What it is told


@pytest.mark.parametrize(
    ("event", "name", "data"),
    [
        (
            ev.SessionReady(session_id="s", model="m", voice="marin"),
            "session_ready",
            {"sessionId": "s", "model": "m", "voice": "marin"},
        ),
        (
            ev.SpeechStarted(audio_start_ms=1200, item_id="i"),
            "speech_started",
            {"itemId": "i", "audioStartMs": 1200},
        ),
        (
            ev.SpeechStopped(audio_end_ms=2400, item_id="i"),
            "speech_stopped",
            {"itemId": "i", "audioEndMs": 2400},
        ),
        (
            ev.OutputTextDelta(response_id="r", item_id="i", delta="Hel"),
            "text_delta",
            {"responseId": "r", "itemId": "i", "text": "Hel"},
        ),
        (
            ev.InputTranscriptDone(item_id="i", transcript="Hello there!"),
            "transcription",
            {"itemId": "i", "transcript": "Hello there!", "previousItemId": None},
        ),
        (
            ev.AnswerStarted(response_id="r", item_id="i"),
            "response_started",
            {"responseId": "r", "itemId": "i"},
        ),
        (
            ev.AnswerPlayed(response_id="r", item_id="i"),
            "audio_done",
            {"responseId": "r", "itemId": "i"},
        ),
        (
            ev.AnswerOver(response_id="r", status="completed", usage={"total_tokens": 150}),
            "response_complete",
            {"responseId": "r", "status": "completed", "usage": {"total_tokens": 150}},
        ),
        (
            ev.AnswerOver(response_id="r", status="cancelled"),
            "response_complete",
            {"responseId": "r", "status": "cancelled", "usage": {"total_tokens": 0}},
        ),
        (
            ev.Interrupted(item_id="i", played_ms=730),
            "interrupted",
            {"itemId": "i", "playedMs": 730},
        ),
        (ev.Pong(event_id="p"), "pong", {"event_id": "p"}),
        (ev.Reconnecting(attempt=2), "reconnecting", {"attempt": 2}),
        (ev.SessionExpiring(in_ms=60_000), "session_expiring", {"inMs": 60_000}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_word_and_its_envelope(event: ev.Event, name: str, data: dict[str, Any]) -> None:
    assert say(event) == {"type": name, "data": data}


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("rate_limited", "Rate limit exceeded. Please try again later."),
        ("upstream_lost", "Failed to connect to OpenAI Realtime API"),
        ("upstream_refused", "Failed to connect to OpenAI Realtime API"),
        ("breaker_open", "Service temporarily unavailable"),
        ("invalid_api_key", "Failed to connect to OpenAI Realtime API"),
    ],
)
def test_the_three_texts_of_source_002(code: str, shown: str) -> None:
    failure = ev.Failure(type="server_error", code=code, message="why", event_id="e")
    assert say(ev.ErrorTold(error=failure, fatal=True)) == {
        "type": "error",
        "data": {
            "error": shown,
            "message": "why",
            "code": code,
            "error_type": "server_error",
            "fatal": True,
            "event_id": "e",
        },
    }


def test_a_bad_key_of_the_clients_own_is_no_failed_upstream() -> None:
    failure = ev.Failure(type="authentication_error", code="invalid_api_key", message="Not ours.")
    assert say(ev.ErrorTold(error=failure, fatal=True))["data"]["error"] == "Not ours."


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("missing_credentials", "data.token of 'auth'"),
        ("introduction_due", "'auth'"),
        ("start_due", "'start_realtime'"),
        ("already_introduced", "'auth'"),
        ("introduction_overdue", "'auth'"),
    ],
)
def test_what_is_due_is_named_as_a_client_sends_it(code: str, names: str) -> None:
    failure = ev.Failure(code=code, message="something general")
    assert names in say(ev.ErrorTold(error=failure))["data"]["error"]


def test_any_other_error_in_its_own_words() -> None:
    failure = ev.Failure(code="x", message="It is so.", param="text")
    told = say(ev.ErrorTold(error=failure))["data"]
    assert (told["error"], told["message"], told["param"]) == ("It is so.", "It is so.", "text")


def test_no_word_for_what_concerns_nobody() -> None:
    done = ev.OutputTextDone(response_id="r", item_id="i", text="Hello.")
    assert list(COMPANION.encode(done)) == []


def test_it_is_greeted_and_stays_as_it_is() -> None:
    assert COMPANION.greets
    assert COMPANION.after(ev.StartAsked()) is COMPANION
