"""Every row of the table of errors: protocol reference, section 4."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from rtproxy.model.voices import VOICES
from rtproxy.simulator.session_schema import CLIENT_EVENTS

from .play import Json, Play, error_of, only
from .sounds import noise, turn

INVALID = "invalid_request_error"


def refused(events: list[Json]) -> tuple[str | None, str | None, str]:
    """(code, param, message) of the only event there is."""
    error = error_of(events)
    assert error["type"] == INVALID
    assert error["event_id"] is None
    return error["code"], error["param"], error["message"]


def listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"'{name}'" for name in names[:-1]) + f", and '{names[-1]}'"


def after_answer() -> tuple[Play, str, str]:
    """A play with one answer of 1,500 ms; the ids of the question and of the answer."""
    play = Play()
    events = play.say(turn(1_000)) + play.rest()
    user = only(events, "input_audio_buffer.committed")["item_id"]
    answer = only(events, "response.output_item.added")["item"]["id"]
    return play, user, answer


def test_unknown_event_type() -> None:
    assert refused(Play().send("x")) == (
        "invalid_value",
        "type",
        f"Invalid value: 'x'. Supported values are: {listed(tuple(CLIENT_EVENTS))}.",
    )


def test_no_event_type() -> None:
    play = Play()
    core = play.core.receive({"hello": 1}, 0.0)
    assert core[0].event["error"]["code"] == "missing_required_parameter"  # type: ignore[union-attr] # a Send
    assert core[0].event["error"]["param"] == "type"  # type: ignore[union-attr] # a Send


def test_update_without_type() -> None:
    assert refused(Play().send("session.update", session={})) == (
        "missing_required_parameter",
        "session.type",
        "Missing required parameter: 'session.type'.",
    )


@pytest.mark.parametrize(
    ("session", "param"),
    [
        ({"temperature": 0.8}, "session.temperature"),
        ({"modalities": ["text"]}, "session.modalities"),
        ({"voice": "alloy"}, "session.voice"),
        ({"audio": {"input": {"gain": 1}}}, "session.audio.input.gain"),
        (
            {"audio": {"input": {"turn_detection": {"type": "server_vad", "x": 1}}}},
            "session.audio.input.turn_detection.x",
        ),
        (
            {"audio": {"input": {"turn_detection": {"type": "semantic_vad", "threshold": 1}}}},
            "session.audio.input.turn_detection.threshold",
        ),
        ({"tools": [{"type": "function", "name": "f", "strict": True}]}, "session.tools[0].strict"),
    ],
)
def test_unknown_field(session: Json, param: str) -> None:
    assert refused(Play().update(**session)) == (
        "unknown_parameter",
        param,
        f"Unknown parameter: '{param}'.",
    )


def test_unknown_field_of_the_event_and_of_a_response() -> None:
    play = Play()
    assert refused(play.send("response.create", x=1))[:2] == ("unknown_parameter", "x")
    asked = {"temperature": 1}
    found = refused(play.send("response.create", response=asked))
    assert found[:2] == ("unknown_parameter", "response.temperature")


def test_one_bad_field_rejects_the_whole_update() -> None:
    play = Play()
    before = play.update()
    play.update(instructions="Other words.", audio={"output": {"voice": "nova"}})
    after = play.update()
    assert before[0]["session"] == after[0]["session"]


@pytest.mark.parametrize(
    ("session", "code", "param", "message"),
    [
        (
            {"audio": {"output": {"voice": "nova"}}},
            "invalid_value",
            "session.audio.output.voice",
            f"Invalid value: 'nova'. Supported values are: {listed(VOICES)}.",
        ),
        (
            {"output_modalities": ["text", "audio"]},
            "invalid_value",
            "session.output_modalities",
            (
                "Invalid modalities: ['text', 'audio']. Supported combinations are: "
                "['text'] and ['audio']."
            ),
        ),
        (
            {"instructions": 5},
            "invalid_type",
            "session.instructions",
            (
                "Invalid type for 'session.instructions': expected a string, but got an integer "
                "instead."
            ),
        ),
        (
            {"audio": {"output": {"speed": 2}}},
            "invalid_value",
            "session.audio.output.speed",
            "Invalid 'session.audio.output.speed': expected a value from 0.25 to 1.5, but got 2.",
        ),
        (
            {"model": "another"},
            "invalid_value",
            "session.model",
            "The model is fixed when the session is opened; this one uses 'gpt-realtime-2.1'.",
        ),
        (
            {"audio": {"input": {"format": {"type": "audio/pcm", "rate": 16_000}}}},
            "invalid_value",
            "session.audio.input.format.rate",
            (
                "Invalid 'session.audio.input.format.rate': expected a value from 24000 to 24000, "
                "but got 16000."
            ),
        ),
        (
            {"max_output_tokens": "lots"},
            "invalid_value",
            "session.max_output_tokens",
            "Invalid value: 'lots'. Supported values are: 'inf'.",
        ),
        (
            {"audio": {"input": {"turn_detection": {"type": "server_vad", "threshold": True}}}},
            "invalid_type",
            "session.audio.input.turn_detection.threshold",
            (
                "Invalid type for 'session.audio.input.turn_detection.threshold': expected a "
                "number, but got a boolean instead."
            ),
        ),
        (
            {"tools": {}},
            "invalid_type",
            "session.tools",
            "Invalid type for 'session.tools': expected an array, but got an object instead.",
        ),
    ],
)
def test_bad_values(session: Json, code: str, param: str, message: str) -> None:
    assert refused(Play().update(**session)) == (code, param, message)


def test_another_kind_of_session() -> None:
    found = refused(Play().send("session.update", session={"type": "transcription"}))
    message = "Passing a transcription session update to a realtime session is not allowed."
    assert found == ("invalid_parameter", None, message)


def test_second_response() -> None:
    play = Play()
    (created,) = play.send("response.create")
    response_id = created["response"]["id"]
    assert refused(play.send("response.create")) == (
        "conversation_already_has_active_response",
        None,
        (
            f"Conversation already has an active response in progress: {response_id}. "
            "Wait until the response is finished before creating a new one."
        ),
    )
    done = [event for event in play.rest() if event["type"] == "response.done"]
    assert len(done) == 1


@pytest.mark.parametrize("fields", [{}, {"response_id": "resp_X"}])
def test_cancel_with_none_active(fields: Json) -> None:
    assert refused(Play().send("response.cancel", **fields)) == (
        "response_cancel_not_active",
        None,
        "Cancellation failed: no active response found",
    )


@pytest.mark.parametrize(("ms", "shown"), [(0, "0.00"), (99, "99.00")])
def test_commit_of_too_little(ms: int, shown: str) -> None:
    play = Play()
    play.detect(None)
    play.say(noise(ms))
    assert refused(play.send("input_audio_buffer.commit")) == (
        "input_audio_buffer_commit_empty",
        None,
        (
            "Error committing input audio buffer: buffer too small. Expected at least 100ms of "
            f"audio, but buffer only has {shown}ms of audio."
        ),
    )


def test_voice_after_audio() -> None:
    play, _, _ = after_answer()
    words = "Cannot update a conversation's voice if assistant audio is present."
    expected = ("cannot_update_voice", None, words)
    output = {"output": {"voice": "marin"}}
    assert refused(play.update(audio=output)) == expected
    assert refused(play.send("response.create", response={"audio": output})) == expected
    assert play.update(audio={"output": {"voice": "alloy"}})[0]["type"] == "session.updated"


def test_tracing_once_on() -> None:
    play = Play()
    assert play.update(tracing="auto")[0]["type"] == "session.updated"
    assert play.update(tracing="auto")[0]["type"] == "session.updated"
    assert refused(play.update(tracing=None))[:2] == ("invalid_value", "session.tracing")


def test_speed_while_responding() -> None:
    play = Play()
    play.send("response.create")
    change: dict[str, Any] = {"audio": {"output": {"speed": 1.2}}}
    found = refused(play.update(**change))
    assert found[:2] == ("invalid_value", "session.audio.output.speed")
    play.rest()
    assert play.update(**change)[0]["type"] == "session.updated"


@pytest.mark.parametrize(
    ("event_type", "code", "doing"),
    [
        ("conversation.item.delete", "item_delete_invalid_item_id", "deleting"),
        ("conversation.item.retrieve", "item_retrieve_invalid_item_id", "retrieving"),
    ],
)
def test_delete_or_retrieve_unknown(event_type: str, code: str, doing: str) -> None:
    message = f"Error {doing} item: the item with id 'x' does not exist."
    assert refused(Play().send(event_type, item_id="x")) == (code, None, message)


def truncate(play: Play, item_id: str, audio_end_ms: int, content_index: int = 0) -> list[Json]:
    return play.send(
        "conversation.item.truncate",
        item_id=item_id,
        content_index=content_index,
        audio_end_ms=audio_end_ms,
    )


def test_truncate_unknown_item() -> None:
    assert refused(truncate(Play(), "x", 0)) == (
        "item_truncate_invalid_item_id",
        None,
        "Item with item_id not found: x",
    )


def test_truncate_past_the_end() -> None:
    play, _, answer = after_answer()
    assert refused(truncate(play, answer, 1_501)) == (
        "invalid_value",
        "audio_end_ms",
        "Audio content of 1500ms is already shorter than 1501ms",
    )
    assert truncate(play, answer, 1_500)[0]["type"] == "conversation.item.truncated"
    assert truncate(play, answer, 700)[0]["type"] == "conversation.item.truncated"
    message = refused(truncate(play, answer, 701))[2]
    assert message == "Audio content of 700ms is already shorter than 701ms"


def test_truncate_what_is_no_model_audio() -> None:
    play, user, answer = after_answer()
    expected = (
        "unsupported_content_type",
        None,
        "Only model output audio messages can be truncated",
    )
    assert refused(truncate(play, user, 0)) == expected
    assert refused(truncate(play, answer, 0, content_index=1)) == expected


def test_unknown_previous_item() -> None:
    assert refused(Play().text("hi", previous_item_id="x")) == (
        "item_create_invalid_previous_item_id",
        "previous_item_id",
        "Error adding item: the previous item with id 'x' does not exist.",
    )


def test_an_id_that_is_taken() -> None:
    play = Play()
    item = {"id": "mine", "type": "message", "role": "system", "content": []}
    play.send("conversation.item.create", item=item)
    found = refused(play.send("conversation.item.create", item=item))
    assert found[:2] == ("item_create_duplicate_item_id", "item.id")


def test_assistant_audio_by_item_create() -> None:
    content = [{"type": "output_audio", "audio": "AAAA", "transcript": "Hi"}]
    item = {"type": "message", "role": "assistant", "content": content}
    assert refused(Play().send("conversation.item.create", item=item)) == (
        "missing_required_parameter",
        "item.content[0].text",
        "Missing required parameter: 'item.content[0].text'.",
    )


def test_output_of_a_call_that_nobody_made() -> None:
    item = {"type": "function_call_output", "call_id": "call_x", "output": "1"}
    assert refused(Play().send("conversation.item.create", item=item)) == (
        "invalid_tool_call_id",
        "item.call_id",
        "Tool call ID 'call_x' not found in conversation.",
    )


def test_reference_to_no_item() -> None:
    asked = {"conversation": "none", "input": [{"type": "item_reference", "id": "x"}]}
    found = refused(Play().send("response.create", response=asked))
    assert found[:2] == ("invalid_value", "response.input[0].id")


@pytest.mark.parametrize(
    "audio", ["!", "AAA", "AA==\n", "AAAA AAAA", "ÄÖ", base64.b64encode(b"odd").decode()]
)
def test_bad_audio(audio: str) -> None:
    play = Play()
    found = refused(play.send("input_audio_buffer.append", audio=audio))
    assert found[:2] == ("invalid_value", "audio")
    assert "mono PCM16 at 24kHz" in found[2]
    part = {"type": "input_audio", "audio": audio}
    item = {"type": "message", "role": "user", "content": [part]}
    found = refused(play.send("conversation.item.create", item=item))
    assert found[:2] == ("invalid_value", "item.content[0].audio")


def test_an_append_beyond_15_mib() -> None:
    found = refused(Play().send("input_audio_buffer.append", audio="A" * (15 * 1024 * 1024 + 4)))
    assert found[:2] == ("invalid_value", "audio")


@pytest.mark.parametrize(
    "metadata",
    [{str(index): "" for index in range(17)}, {"k" * 65: ""}, {"k": "v" * 513}],
)
def test_too_much_metadata(metadata: Json) -> None:
    found = refused(Play().send("response.create", response={"metadata": metadata}))
    assert found[:2] == ("invalid_value", "response.metadata")


def test_an_error_echoes_the_event_id_only_where_it_is_one() -> None:
    play = Play()
    assert error_of(play.send("x", event_id="e1"))["event_id"] == "e1"
    error = error_of(play.send("input_audio_buffer.clear", event_id=7))
    assert (error["code"], error["param"], error["event_id"]) == ("invalid_type", "event_id", None)
