"""The beta shape, event by event: what its client says, and what it is told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rtproxy.dialects import realtime
from rtproxy.dialects.beta import Beta
from rtproxy.dialects.beta_events import FROM_UPSTREAM, GA_ONLY
from rtproxy.dialects.openai import OpenAI
from rtproxy.model import events as ev

BETA = Beta()
PCM = {"type": "audio/pcm", "rate": 24_000}
DETECTION = {
    "type": "server_vad",
    "threshold": 0.5,
    "prefix_padding_ms": 300,
    "silence_duration_ms": 200,
    "create_response": True,
    "interrupt_response": True,
}
# The captured default (protocol reference, section 5).
GA_SESSION: dict[str, Any] = {
    "type": "realtime",
    "object": "realtime.session",
    "id": "sess_A",
    "model": "gpt-realtime-2.1",
    "output_modalities": ["audio"],
    "instructions": "Be kind.",
    "tools": [],
    "tool_choice": "auto",
    "max_output_tokens": "inf",
    "tracing": None,
    "truncation": "auto",
    "prompt": None,
    "expires_at": 1_790_003_600,
    "audio": {
        "input": {
            "format": PCM,
            "transcription": None,
            "noise_reduction": None,
            "turn_detection": {**DETECTION, "idle_timeout_ms": None},
        },
        "output": {"format": {"type": "audio/pcmu"}, "voice": "alloy", "speed": 1.0},
    },
    "include": None,
}
BETA_SESSION = {
    "object": "realtime.session",
    "id": "sess_A",
    "model": "gpt-realtime-2.1",
    "modalities": ["audio", "text"],
    "instructions": "Be kind.",
    "tools": [],
    "tool_choice": "auto",
    "max_response_output_tokens": "inf",
    "tracing": None,
    "expires_at": 1_790_003_600,
    "input_audio_format": "pcm16",
    "input_audio_transcription": None,
    "input_audio_noise_reduction": None,
    "turn_detection": DETECTION,
    "output_audio_format": "g711_ulaw",
    "voice": "alloy",
    "speed": 1.0,
    "include": None,
}
GA_ITEM = {
    "id": "item_M",
    "type": "message",
    "status": "completed",
    "role": "assistant",
    "content": [
        {"type": "output_audio", "transcript": "Sure."},
        {"type": "output_text", "text": "Yes."},
    ],
}
BETA_ITEM = {
    **GA_ITEM,
    "object": "realtime.item",
    "content": [{"type": "audio", "transcript": "Sure."}, {"type": "text", "text": "Yes."}],
}
MCP_ITEM = {"id": "item_L", "type": "mcp_list_tools", "server_label": "s", "tools": []}


def said(message: dict[str, Any]) -> dict[str, Any]:
    """What the upstream is told of a client's message, without its type."""
    (event,) = BETA.decode(json.dumps(message).encode(), binary=False)
    told: dict[str, Any] = json.loads(realtime.encode_client(event))
    return told


def told(message: dict[str, Any], dialect: Beta = BETA) -> list[dict[str, Any]]:
    """What the client is told of the upstream's message."""
    opaque = ev.Opaque(raw=json.dumps(message).encode(), to_upstream=False)
    return [json.loads(payload) for payload in dialect.encode(opaque)]


# What its client says


def test_a_flat_session_becomes_a_nested_one() -> None:
    session = {
        "modalities": ["text", "audio"],
        "instructions": "Be brief.",
        "voice": "ash",
        "speed": 1.2,
        "input_audio_format": "g711_alaw",
        "output_audio_format": "pcm16",
        "input_audio_transcription": {"model": "whisper-1"},
        "input_audio_noise_reduction": None,
        "turn_detection": None,
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "tools": [{"type": "function", "name": "f"}],
        "max_response_output_tokens": 100,
    }
    asked = said({"type": "session.update", "event_id": "mine", "session": session})
    assert asked == {
        "type": "session.update",
        "event_id": "mine",
        "session": {
            "type": "realtime",
            "output_modalities": ["audio"],
            "instructions": "Be brief.",
            "max_output_tokens": 100,
            "tools": [{"type": "function", "name": "f"}],
            "tool_choice": {"type": "function", "name": "f"},
            "audio": {
                "input": {
                    "format": {"type": "audio/pcma"},
                    "transcription": {"model": "whisper-1"},
                    "noise_reduction": None,
                    "turn_detection": None,
                },
                "output": {"format": PCM, "voice": "ash", "speed": 1.2},
            },
        },
    }


def test_what_the_upstream_does_not_take_is_left_out_and_named() -> None:
    raw = json.dumps({"type": "session.update", "session": {"temperature": 0.8}}).encode()
    (update,) = BETA.decode(raw, binary=False)
    assert update == ev.SessionUpdate(
        session={"type": "realtime"},
        dropped=("session.temperature is left out: the upstream takes no temperature any more.",),
    )


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ({"modalities": ["text"]}, {"output_modalities": ["text"]}),
        ({"modalities": "audio"}, {"output_modalities": "audio"}),
        ({"modalities": ["smell"]}, {"output_modalities": ["smell"]}),
        ({"voice": 7}, {"audio": {"output": {"voice": 7}}}),
        ({"input_audio_format": "mp3"}, {"audio": {"input": {"format": "mp3"}}}),
        ({"output_audio_format": 5}, {"audio": {"output": {"format": 5}}}),
        ({"audio": 5, "voice": "ash"}, {"audio": {"output": {"voice": "ash"}}}),
        (
            {"audio": {"output": {"speed": 1}}, "voice": "ash"},
            {"audio": {"output": {"speed": 1, "voice": "ash"}}},
        ),
        ({"made_up": [1]}, {"made_up": [1]}),
        ({"type": "transcription"}, {"type": "transcription"}),
    ],
)
def test_what_is_wrong_or_unknown_is_for_the_upstream_to_judge(
    written: dict[str, Any], asked: dict[str, Any]
) -> None:
    session = said({"type": "session.update", "session": written})["session"]
    assert session == {"type": "realtime", **asked}


def test_a_session_that_only_transcribes() -> None:
    session = {"modalities": ["text"], "input_audio_transcription": {"model": "whisper-1"}}
    assert said({"type": "transcription_session.update", "session": session}) == {
        "type": "session.update",
        "session": {
            "type": "transcription",
            "audio": {"input": {"transcription": {"model": "whisper-1"}}},
        },
    }


def test_an_answer_is_asked_for() -> None:
    response = {
        "modalities": ["audio", "text"],
        "voice": "ash",
        "output_audio_format": "g711_ulaw",
        "temperature": 0.7,
        "max_response_output_tokens": 9,
        "conversation": "none",
        "metadata": {"k": "v"},
        "input": [{"type": "item_reference", "id": "i"}, BETA_ITEM],
    }
    message = {"type": "response.create", "event_id": "mine", "response": response}
    assert said(message) == {
        "type": "response.create",
        "event_id": "mine",
        "response": {
            "output_modalities": ["audio"],
            "audio": {"output": {"voice": "ash", "format": {"type": "audio/pcmu"}}},
            "max_output_tokens": 9,
            "conversation": "none",
            "metadata": {"k": "v"},
            "input": [{"type": "item_reference", "id": "i"}, GA_ITEM],
        },
    }


def test_an_item_is_added() -> None:
    message = {"type": "conversation.item.create", "event_id": "mine", "previous_item_id": "root"}
    assert said({**message, "item": BETA_ITEM}) == {**message, "item": GA_ITEM}
    user = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "a"}]}
    assert said({**message, "item": user}) == {**message, "item": user}


@pytest.mark.parametrize(
    "message",
    [
        {"type": "session.update", "session": 5},
        {"type": "session.update"},
        {"type": "response.create"},
        {"type": "response.create", "response": [1]},
        {"type": "response.create", "response": {"input": "x"}},
        {"type": "conversation.item.create", "item": 5},
        {"type": "conversation.item.create", "item": {"role": "assistant", "content": ["x", 1]}},
        {"type": "conversation.item.truncate", "item_id": 5},
        {"type": 5},
        {},
    ],
)
def test_what_cannot_be_translated_passes_as_it_is(message: dict[str, Any]) -> None:
    assert said(message) == message


@pytest.mark.parametrize(
    ("raw", "binary", "code"),
    [(b"{", False, "invalid_json"), (b"7", False, "invalid_json"), (b"", True, "invalid_event")],
)
def test_what_is_no_message_is_refused(raw: bytes, binary: bool, code: str) -> None:
    (event,) = BETA.decode(raw, binary=binary)
    assert isinstance(event, ev.Misunderstood)
    assert event.code == code


# What it is told


def test_the_session_is_flat_and_its_conversation_comes_second() -> None:
    created = {"type": "session.created", "event_id": "event_1", "session": GA_SESSION}
    session, conversation = told(created)
    assert session == {**created, "session": BETA_SESSION}
    assert conversation == {
        "type": "conversation.created",
        "event_id": "event_conv_A",
        "conversation": {"id": "conv_A", "object": "realtime.conversation"},
    }
    updated = {"type": "session.updated", "event_id": "event_2", "session": GA_SESSION}
    assert told(updated) == [{**updated, "session": BETA_SESSION}]


def test_a_session_that_only_transcribes_has_its_own_events_and_no_conversation() -> None:
    audio = {"input": {"format": PCM, "transcription": {"model": "whisper-1"}}}
    session = {"type": "transcription", "id": "sess_A", "audio": audio}
    for name in ("created", "updated"):
        (event,) = told({"type": f"session.{name}", "event_id": "e", "session": session})
        assert event["type"] == f"transcription_session.{name}"
        assert event["session"] == {
            "id": "sess_A",
            "input_audio_format": "pcm16",
            "input_audio_transcription": {"model": "whisper-1"},
        }
    assert BETA.after(ev.SessionCreated(session=session)) is BETA


def test_a_voice_of_ones_own_is_told_by_its_id() -> None:
    session = {"audio": {"output": {"voice": {"id": "voice_1"}}}}
    (updated,) = told({"type": "session.updated", "session": session})
    assert updated["session"] == {"voice": "voice_1"}


def test_a_function_that_is_chosen_by_name() -> None:
    session = {"tool_choice": {"type": "function", "name": "f"}}
    (updated,) = told({"type": "session.updated", "session": session})
    chosen = {"type": "function", "function": {"name": "f"}}
    assert updated["session"] == {"tool_choice": chosen}


def test_a_response() -> None:
    dialect = BETA.after(ev.SessionCreated(session=GA_SESSION))
    response = {
        "object": "realtime.response",
        "id": "resp_A",
        "status": "completed",
        "output": [GA_ITEM, MCP_ITEM],
        "conversation_id": "conv_upstream",
        "output_modalities": ["audio"],
        "max_output_tokens": "inf",
        "audio": {"output": {"format": PCM, "voice": "alloy"}},
        "metadata": None,
    }
    beta = {
        "object": "realtime.response",
        "id": "resp_A",
        "status": "completed",
        "output": [BETA_ITEM],
        "conversation_id": "conv_A",
        "modalities": ["audio", "text"],
        "max_output_tokens": "inf",
        "voice": "alloy",
        "output_audio_format": "pcm16",
        "metadata": None,
    }
    for name in ("response.created", "response.done"):
        message = {"type": name, "event_id": "e", "response": response}
        assert told(message, dialect) == [{**message, "response": beta}]
    aside = {"type": "response.done", "response": {**response, "conversation_id": None}}
    assert told(aside, dialect)[0]["response"]["conversation_id"] is None


@pytest.mark.parametrize(
    ("ga", "beta"),
    [
        ("conversation.item.added", "conversation.item.created"),
        ("conversation.item.retrieved", "conversation.item.retrieved"),
        ("response.output_item.added", "response.output_item.added"),
        ("response.output_item.done", "response.output_item.done"),
    ],
)
def test_items(ga: str, beta: str) -> None:
    message = {"event_id": "e", "previous_item_id": None, "item": GA_ITEM}
    assert told({"type": ga, **message}) == [{"type": beta, **message, "item": BETA_ITEM}]
    assert told({"type": ga, **message, "item": MCP_ITEM}) == []


@pytest.mark.parametrize("kind", ["delta", "done"])
@pytest.mark.parametrize("of", ["text", "audio", "audio_transcript"])
def test_pieces_of_an_answer_keep_all_but_their_name(of: str, kind: str) -> None:
    message = {"event_id": "e", "response_id": "r", "item_id": "i", "delta": "x", "new": [1]}
    (event,) = told({"type": f"response.output_{of}.{kind}", **message})
    assert event == {"type": f"response.{of}.{kind}", **message}


@pytest.mark.parametrize("kind", [*GA_ONLY, "conversation.made_up", 5, None])
def test_what_a_beta_client_would_not_know_is_not_told(kind: Any) -> None:
    assert told({"type": kind, "event_id": "e"}) == []


@pytest.mark.parametrize("kind", [kind for kind in FROM_UPSTREAM if kind != "error"])
def test_an_event_without_its_object_is_no_reason_to_fail(kind: str) -> None:
    for broken in ({}, {"session": 5}, {"response": 5}, {"response": {"output": 5}}):
        assert len(told({"type": kind, **broken})) <= 1


@pytest.mark.parametrize(
    ("param", "beta"),
    [
        ("session.audio.output.voice", "session.voice"),
        ("session.audio.input.turn_detection.threshold", "session.turn_detection.threshold"),
        ("session.output_modalities[0]", "session.modalities[0]"),
        ("response.max_output_tokens", "response.max_response_output_tokens"),
        ("session.audio.outputs", "session.audio.outputs"),
        ("item.content[0].text", "item.content[0].text"),
        (None, None),
    ],
)
def test_an_error_names_the_field_as_it_was_written(param: str | None, beta: str | None) -> None:
    error = {"type": "t", "code": "c", "message": f"Wrong: '{param}'.", "param": param}
    message = {"type": "error", "event_id": "e", "error": {**error, "event_id": "mine"}}
    words = f"Wrong: '{beta}'."
    told_error = {**error, "event_id": "mine", "message": words, "param": beta}
    assert told(message) == [{**message, "error": told_error}]


def test_what_cannot_be_read_is_not_told() -> None:
    assert BETA.encode(ev.Opaque(raw=b"[]", to_upstream=False)) == []


def test_errors_of_the_proxys_own_look_the_same_in_both_shapes() -> None:
    error = ev.ErrorTold(event_id="e", error=ev.Failure(code="c", message="m"))
    assert list(BETA.encode(error)) == list(OpenAI().encode(error))
    assert list(BETA.encode(ev.Pong())) == []
