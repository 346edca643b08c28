"""Text, tools, items and responses beside the conversation: protocol reference 5 (e) to (i)."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from rtproxy.simulator.settings import Settings, VoiceName
from rtproxy.simulator.voices.script import Line, Script, Turn

from .play import PLAIN, Play, audio_of, error_of, named, only, types
from .sounds import noise

LOOKUP = {
    "type": "function",
    "name": "lookup",
    "parameters": {
        "type": "object",
        "properties": {"q": {"type": "integer", "minimum": 1}, "why": {"type": "string"}},
        "required": ["q"],
    },
}


def reading(*answers: list[Line]) -> Play:
    script = Script(turns=[Turn(answer=answer) for answer in answers])
    return Play(replace(PLAIN, voice=VoiceName.SCRIPT, script=script))


def writing() -> Play:
    play = Play()
    play.update(output_modalities=["text"])
    return play


def status_of(events: list[dict[str, Any]]) -> tuple[str, Any]:
    response = only(events, "response.done")["response"]
    return response["status"], response["status_details"]


def test_e_text_in_text_out() -> None:
    play = writing()
    events = named(play.text("Good day") + play.respond())
    usage = events[-2]["response"].pop("usage")
    assert usage["output_tokens"] == usage["output_token_details"]["text_tokens"] == 2
    p = {"response_id": "resp_A", "item_id": "item_B", "output_index": 0, "content_index": 0}
    content = [{"type": "input_text", "text": "Good day"}]
    asked = {
        "id": "item_A",
        "type": "message",
        "status": "completed",
        "role": "user",
        "content": content,
    }
    said = {
        "id": "item_B",
        "type": "message",
        "status": "completed",
        "role": "assistant",
        "content": [{"type": "output_text", "text": "Good day"}],
    }
    begun = {**said, "status": "in_progress", "content": []}
    delta = {"type": "response.output_text.delta", **p, "obfuscation": "pad"}
    output = {"response_id": "resp_A", "output_index": 0}
    assert events[:2] == [
        {"type": "conversation.item.added", "previous_item_id": None, "item": asked},
        {"type": "conversation.item.done", "previous_item_id": None, "item": asked},
    ]
    assert events[2]["type"] == "response.created"
    assert events[2]["response"]["output_modalities"] == ["text"]
    assert events[3:-2] == [
        {"type": "response.output_item.added", **output, "item": begun},
        {"type": "conversation.item.added", "previous_item_id": "item_A", "item": begun},
        {"type": "response.content_part.added", **p, "part": {"type": "text", "text": ""}},
        {**delta, "delta": "Good"},
        {**delta, "delta": " day"},
        {"type": "response.output_text.done", **p, "text": "Good day"},
        {"type": "response.content_part.done", **p, "part": {"type": "text", "text": "Good day"}},
        {"type": "conversation.item.done", "previous_item_id": None, "item": said},
        {"type": "response.output_item.done", **output, "item": said},
    ]
    assert events[-2]["response"]["output"] == [said]
    assert events[-1]["type"] == "rate_limits.updated"


def test_f_a_function_call_and_its_output() -> None:
    play = writing()
    play.update(tools=[LOOKUP])
    play.text("Look it up")
    events = play.respond(tool_choice="required")
    call_id = only(events, "response.function_call_arguments.done")["call_id"]
    shown = named(events)
    call = {
        "id": "item_A",
        "type": "function_call",
        "status": "in_progress",
        "name": "lookup",
        "call_id": "call_A",
        "arguments": "",
    }
    done = {**call, "status": "completed", "arguments": '{"q":1}'}
    about = {"response_id": "resp_A", "item_id": "item_A", "output_index": 0, "call_id": "call_A"}
    output = {"response_id": "resp_A", "output_index": 0}
    assert shown[1:-2] == [
        {"type": "response.output_item.added", **output, "item": call},
        {"type": "conversation.item.added", "previous_item_id": "item_B", "item": call},
        {
            "type": "response.function_call_arguments.delta",
            **about,
            "delta": '{"q":1}',
            "obfuscation": "pad",
        },
        {
            "type": "response.function_call_arguments.done",
            **about,
            "name": "lookup",
            "arguments": '{"q":1}',
        },
        {"type": "conversation.item.done", "previous_item_id": None, "item": done},
        {"type": "response.output_item.done", **output, "item": done},
    ]
    result = {"type": "function_call_output", "call_id": call_id, "output": "42"}
    added, finished = named(play.send("conversation.item.create", item=result))
    pair = (added["type"], finished["type"])
    assert pair == ("conversation.item.added", "conversation.item.done")
    assert added["previous_item_id"] == finished["previous_item_id"] == "item_A"
    assert "status" not in added["item"]
    assert play.rest() == []
    assert only(play.respond(), "response.output_text.done")["text"] == "42"


def test_f_the_output_may_come_before_response_done_is_read() -> None:
    play = reading([Line(call="lookup"), Line(wait_ms=500)])
    call = only(play.respond_until("response.output_item.done"), "response.output_item.done")
    result = {"type": "function_call_output", "call_id": call["item"]["call_id"], "output": ""}
    added = play.send("conversation.item.create", item=result)
    assert types(added) == ["conversation.item.added", "conversation.item.done"]
    assert status_of(play.rest()) == ("completed", None)


def test_f_two_items_in_one_response() -> None:
    play = reading([Line(say="Let me see."), Line(call="lookup", arguments={"q": "x y" * 10})])
    events = play.respond()
    indices = {event["output_index"] for event in events if "output_index" in event}
    assert indices == {0, 1}
    kinds = [item["type"] for item in only(events, "response.done")["response"]["output"]]
    assert kinds == ["message", "function_call"]
    deltas = [e for e in events if e["type"] == "response.function_call_arguments.delta"]
    assert len(deltas) > 1
    assert json.loads("".join(event["delta"] for event in deltas)) == {"q": "x y" * 10}


def test_f_a_cancelled_call_ends_with_what_it_had() -> None:
    play = reading([Line(call="lookup", arguments={"q": "x" * 4_000})])
    play.send("response.create")
    play.until("response.function_call_arguments.delta", nth=3)
    play.send("response.cancel")
    events = play.rest()
    done = only(events, "response.function_call_arguments.done")
    assert 0 < len(done["arguments"]) < 4_000
    assert only(events, "response.output_item.done")["item"]["status"] == "incomplete"


def test_g_the_client_cancels() -> None:
    play = Play()
    play.text("A long text that takes its time")
    play.send("response.create")
    play.until("response.output_audio.delta", nth=2)
    assert play.send("response.cancel") == []
    assert play.send("response.cancel") == []
    events = play.rest()
    details = {"type": "cancelled", "reason": "client_cancelled"}
    assert status_of(events) == ("cancelled", details)
    assert only(events, "conversation.item.done")["item"]["status"] == "incomplete"


def test_g_a_response_is_cancelled_by_its_id_before_its_first_item() -> None:
    play = Play()
    (created,) = play.send("response.create")
    assert play.send("response.cancel", response_id=created["response"]["id"]) == []
    events = play.rest()
    assert types(events) == ["response.done", "rate_limits.updated"]
    assert events[0]["response"]["output"] == []


def test_h_out_of_band_beside_an_active_response() -> None:
    play = Play()
    (added, _) = play.text("Said before")
    play.send("response.create")
    play.until("response.output_audio.delta")
    message = {
        "type": "message",
        "role": "user",
        "content": [{"type": "input_text", "text": "Classify"}],
    }
    (created,) = play.send(
        "response.create",
        response={
            "conversation": "none",
            "metadata": {"k": "v"},
            "output_modalities": ["text"],
            "input": [{"type": "item_reference", "id": added["item"]["id"]}, message],
        },
    )
    assert created["response"]["conversation_id"] is None
    assert created["response"]["metadata"] == {"k": "v"}
    response_id = created["response"]["id"]
    own = [
        event
        for event in play.rest()
        if event.get("response_id", event.get("response", {}).get("id")) == response_id
    ]
    assert types(own) == [
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.done",
    ]
    assert only(own, "response.output_text.done")["text"] == "Classify"
    item_id = only(own, "response.output_item.done")["item"]["id"]
    error = error_of(play.send("conversation.item.retrieve", item_id=item_id))
    assert error["code"] == "item_retrieve_invalid_item_id"


def test_h_the_reference_alone_is_a_context() -> None:
    play = writing()
    (added, _) = play.text("First")
    play.text("Second")
    reference = {"type": "item_reference", "id": added["item"]["id"]}
    events = play.respond(conversation="none", input=[reference])
    assert only(events, "response.output_text.done")["text"] == "First"


def test_h_empty_input_has_no_context_and_is_recorded() -> None:
    play = writing()
    play.text("Something")
    events = play.respond(input=[])
    assert only(events, "response.output_text.done")["text"] == "I have heard nothing yet."
    assert "conversation.item.added" in types(events)


def test_i_an_error_names_the_client_event() -> None:
    error = error_of(Play().send("response.cancel", event_id="my_evt"))
    assert error == {
        "type": "invalid_request_error",
        "code": "response_cancel_not_active",
        "message": "Cancellation failed: no active response found",
        "param": None,
        "event_id": "my_evt",
    }


def test_text_is_answered_aloud_where_audio_is_wanted() -> None:
    play = Play()
    play.text("Hello")
    audio = audio_of(play.respond())
    assert len(audio) == 5 * 60 * 48


def test_audio_in_an_item_is_answered_like_audio_in_the_buffer() -> None:
    play = Play()
    spoken = noise(300)
    part = {"type": "input_audio", "audio": base64.b64encode(spoken).decode()}
    item = {"type": "message", "role": "user", "content": [part]}
    (added, _) = play.send("conversation.item.create", item=item)
    assert added["item"]["content"] == [{"type": "input_audio", "transcript": None}]
    assert audio_of(play.respond()) == spoken


def test_items_take_the_place_that_was_asked_for() -> None:
    play = Play()
    (first, _) = play.text("1")
    (last, _) = play.text("3")
    middle = play.text("2", previous_item_id=first["item"]["id"])
    assert [event["previous_item_id"] for event in middle] == [first["item"]["id"]] * 2
    (root, _) = play.text("0", previous_item_id="root")
    assert root["previous_item_id"] is None
    (end, _) = play.text("4", previous_item_id="")
    assert end["previous_item_id"] == last["item"]["id"]


def test_the_clients_item_id_is_kept() -> None:
    item = {"id": "mine", "type": "message", "role": "system", "content": []}
    (added, _) = Play().send("conversation.item.create", item=item)
    assert added["item"]["id"] == "mine"


def test_delete() -> None:
    play = Play()
    (added, _) = play.text("1")
    item_id = added["item"]["id"]
    assert named(play.send("conversation.item.delete", item_id=item_id)) == [
        {"type": "conversation.item.deleted", "item_id": "item_A"}
    ]
    (other, _) = play.text("2")
    assert other["previous_item_id"] is None


def test_a_deleted_item_of_the_active_response_still_ends() -> None:
    play = Play()
    play.text("Hello you")
    play.send("response.create")
    item_id = only(play.until("response.output_audio.delta"), "response.output_item.added")
    play.send("conversation.item.delete", item_id=item_id["item"]["id"])
    assert status_of(play.rest()) == ("completed", None)


def test_retrieve_gives_the_audio_back() -> None:
    play = Play()
    play.detect(None)
    spoken = noise(400)
    play.say(spoken)
    item_id = play.send("input_audio_buffer.commit")[0]["item_id"]
    answer_id = only(play.respond(), "response.output_item.added")["item"]["id"]
    for wanted, kind in ((item_id, "input_audio"), (answer_id, "output_audio")):
        (got,) = play.send("conversation.item.retrieve", item_id=wanted)
        (part,) = got["item"]["content"]
        assert (part["type"], base64.b64decode(part["audio"])) == (kind, spoken)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (Line(cut="content_filter"), {"type": "incomplete", "reason": "content_filter"}),
        (
            Line(fail="server_error", message="No."),
            {
                "type": "failed",
                "error": {"type": "server_error", "code": "server_error", "message": "No."},
            },
        ),
    ],
)
def test_responses_that_do_not_complete(line: Line, expected: dict[str, Any]) -> None:
    events = reading([Line(say="So far"), line, Line(say="never said")]).respond()
    assert status_of(events) == (expected["type"], expected)
    assert only(events, "response.output_audio_transcript.done")["transcript"] == "So far"


def test_too_many_tokens_cut_the_answer() -> None:
    play = writing()
    play.text("one two three four five six")
    events = play.respond(max_output_tokens=3)
    details = {"type": "incomplete", "reason": "max_output_tokens"}
    assert status_of(events) == ("incomplete", details)
    assert only(events, "conversation.item.done")["item"]["status"] == "incomplete"


def test_no_tokens_left() -> None:
    play = Play()
    play.core.starve(1)
    events = play.respond()
    status, details = status_of(events)
    assert (status, details["error"]["code"]) == ("failed", "rate_limit_exceeded")
    (limit,) = only(events, "rate_limits.updated")["rate_limits"]
    assert limit["remaining"] < 1_000
    assert status_of(play.respond())[0] == "completed"


def test_a_clear_of_the_output_buffer_is_nothing_here() -> None:
    assert Play().send("output_audio_buffer.clear") == []


def test_the_same_seed_makes_the_same_conversation() -> None:
    first, second = Play(Settings()), Play(Settings())
    assert first.text("Hi") + first.respond() == second.text("Hi") + second.respond()


def test_an_interpreter_writes_in_the_language_that_it_is_told() -> None:
    play = Play()
    audio = {"input": {"turn_detection": None}}
    told = "You interpret.\nThe target language is English.\nThe target language is German (de)."
    play.update(output_modalities=["text"], instructions=told, audio=audio)
    play.say(noise(2_600))
    play.send("input_audio_buffer.commit")
    assert only(play.respond(), "response.output_text.done")["text"] == "[de] 2.6 s of speech"


def test_written_words_come_at_the_pace_that_is_set() -> None:
    play = Play(replace(PLAIN, words_per_s=10, first_audio_delay_ms=0))
    play.update(output_modalities=["text"])
    play.text("one two three four")
    began = play.now
    play.respond_until("response.output_text.done")
    assert play.now - began == pytest.approx(0.4)
