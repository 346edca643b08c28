"""The `voice` dialect, message by message, as the contract names them."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from dialects.decoded import decoded
from rtproxy.dialects.voice import VOICE
from rtproxy.model import events as ev

PCM = base64.b64encode(bytes(range(256))).decode()


def read(message: Any) -> list[ev.Event]:
    raw = message if isinstance(message, bytes) else json.dumps(message).encode()
    return decoded(VOICE, raw) if raw.startswith(b'{"type"') else [*VOICE.decode(raw, binary=False)]


def refusal(message: Any) -> ev.Misunderstood:
    (event,) = read(message)
    assert isinstance(event, ev.Misunderstood)
    return event


def say(event: ev.Event) -> dict[str, Any]:
    (raw,) = VOICE.encode(event)
    said: dict[str, Any] = json.loads(raw)
    return said


@pytest.mark.parametrize(
    ("message", "event"),
    [
        ({"type": "commit_audio"}, ev.InputCommit(respond=True)),
        ({"type": "stop_audio", "event_id": "e"}, ev.InputClear(event_id="e")),
        ({"type": "interrupt"}, ev.Interrupt()),
        ({"type": "ping", "event_id": "p", "more": 1}, ev.ClientPing(event_id="p")),
    ],
)
def test_what_a_client_says(message: dict[str, Any], event: ev.Event) -> None:
    assert read(message) == [event]


def test_audio_with_escapes_is_audio_after_all() -> None:
    raw = b'{"type":"audio_input","audio":"%s"}' % PCM.replace("/", "\\/").encode()
    (event,) = read(raw)
    assert isinstance(event, ev.InputAudio)
    assert json.loads(event.canonical) == {"type": "audio_input", "audio": PCM}


@pytest.mark.parametrize(
    ("message", "code", "param"),
    [
        (b"{", "invalid_json", None),
        (b"[]", "invalid_json", None),
        (b'{"type":"ping","x":NaN}', "invalid_json", None),
        (b'{"type":"ping","x":' + b"[" * 70 + b"]" * 70 + b"}", "invalid_json", None),
        (b'{"x":' + b"[" * 10_000 + b"]" * 10_000 + b"}", "invalid_json", None),
        ({}, "missing_type", "type"),
        ({"type": 7}, "missing_type", "type"),
        ({"type": "dance"}, "unknown_type", "type"),
        ({"type": "audio_input"}, "invalid_field", "audio"),
        ({"type": "audio_input", "audio": 5}, "invalid_field", "audio"),
        ({"type": "audio_input", "audio": "***"}, "invalid_audio", "audio"),
        ({"type": "audio_input", "audio": "QUJD"}, "invalid_audio", "audio"),  # 3 bytes
        ({"type": "commit_audio", "event_id": 1}, "invalid_field", "event_id"),
    ],
)
def test_what_cannot_be_understood_is_named(message: Any, code: str, param: str | None) -> None:
    refused = refusal(message)
    assert (refused.code, refused.param) == (code, param)
    assert len(refused.message) > 10


def test_a_refusal_echoes_the_clients_event_id() -> None:
    refused = refusal({"type": "audio_input", "audio": "*", "event_id": "mine"})
    assert refused.event_id == "mine"


def test_the_last_of_duplicate_keys_counts() -> None:
    assert read(b'{"type":"ping","type":"interrupt"}') == [ev.Interrupt()]


def test_binary_is_refused_where_it_was_not_asked_for() -> None:
    (event,) = VOICE.decode(b"\x00\x01", binary=True)
    assert isinstance(event, ev.Misunderstood)
    assert event.code == "binary_not_expected"


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (
            ev.SessionReady(session_id="s", model="m", voice="alloy"),
            {"type": "session_ready", "sessionId": "s", "model": "m", "voice": "alloy"},
        ),
        (
            ev.SpeechStarted(audio_start_ms=12, item_id="i"),
            {"type": "speech_started", "itemId": "i", "audioStartMs": 12},
        ),
        (
            ev.SpeechStopped(audio_end_ms=34, item_id="i"),
            {"type": "speech_stopped", "itemId": "i", "audioEndMs": 34},
        ),
        (
            ev.AnswerStarted(response_id="r", item_id="i"),
            {"type": "response_started", "responseId": "r", "itemId": "i"},
        ),
        (
            ev.AnswerPlayed(response_id="r", item_id="i"),
            {"type": "audio_done", "responseId": "r", "itemId": "i"},
        ),
        (
            ev.AnswerOver(response_id="r", status="cancelled"),
            {"type": "response_done", "responseId": "r", "status": "cancelled"},
        ),
        (
            ev.OutputTextDelta(response_id="r", item_id="i", delta="He"),
            {
                "type": "transcript",
                "role": "assistant",
                "itemId": "i",
                "text": "He",
                "final": False,
            },
        ),
        (
            ev.OutputTextDone(response_id="r", item_id="i", text="Hey"),
            {
                "type": "transcript",
                "role": "assistant",
                "itemId": "i",
                "text": "Hey",
                "final": True,
                "previousItemId": None,
            },
        ),
        (
            ev.InputTranscriptDelta(item_id="u", delta="Wh"),
            {"type": "transcript", "role": "user", "itemId": "u", "text": "Wh", "final": False},
        ),
        (
            ev.InputTranscriptDone(item_id="u", transcript="Why?", previous_item_id="t"),
            {
                "type": "transcript",
                "role": "user",
                "itemId": "u",
                "text": "Why?",
                "final": True,
                "previousItemId": "t",
            },
        ),
        (
            ev.Interrupted(item_id="i", played_ms=7),
            {"type": "interrupted", "itemId": "i", "playedMs": 7},
        ),
        (ev.Reconnecting(attempt=2), {"type": "reconnecting", "attempt": 2}),
        (ev.Pong(event_id="p"), {"type": "pong", "event_id": "p"}),
        (ev.Pong(), {"type": "pong"}),
        (
            ev.ErrorTold(
                error=ev.Failure(type="t", code="c", message="m", param="p", event_id="e"),
                fatal=True,
            ),
            {
                "type": "error",
                "message": "m",
                "code": "c",
                "error_type": "t",
                "fatal": True,
                "param": "p",
                "event_id": "e",
            },
        ),
    ],
)
def test_what_a_client_is_told(event: ev.Event, said: dict[str, Any]) -> None:
    assert say(event) == said


def test_an_event_without_a_word_is_not_told() -> None:
    assert list(VOICE.encode(ev.InputCleared())) == []
