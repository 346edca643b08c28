"""Spoken turns, event for event: protocol reference, sections 5 (a), (b), (c), (d), (g)."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest

from rtproxy.simulator.settings import Settings, TranscriptionPlace

from .play import CREATED_AT, PLAIN, Play, audio_of, error_of, named, only, types
from .sounds import noise, question, silence, turn

SESSION: dict[str, Any] = {
    "type": "realtime",
    "object": "realtime.session",
    "id": "sess_A",
    "model": "gpt-realtime-2.1",
    "output_modalities": ["audio"],
    "tools": [],
    "tool_choice": "auto",
    "max_output_tokens": "inf",
    "tracing": None,
    "truncation": "auto",
    "prompt": None,
    "expires_at": CREATED_AT + 3600,
    "audio": {
        "input": {
            "format": {"type": "audio/pcm", "rate": 24000},
            "transcription": None,
            "noise_reduction": None,
            "turn_detection": {
                "type": "server_vad",
                "threshold": 0.5,
                "prefix_padding_ms": 300,
                "silence_duration_ms": 200,
                "idle_timeout_ms": None,
                "create_response": True,
                "interrupt_response": True,
            },
        },
        "output": {
            "format": {"type": "audio/pcm", "rate": 24000},
            "voice": "alloy",
            "speed": 1.0,
        },
    },
    "include": None,
}

P = {"response_id": "resp_A", "item_id": "item_B", "output_index": 0, "content_index": 0}
RESPONSE = {
    "object": "realtime.response",
    "id": "resp_A",
    "status": "in_progress",
    "status_details": None,
    "output": [],
    "conversation_id": "conv_A",
    "output_modalities": ["audio"],
    "max_output_tokens": "inf",
    "audio": {"output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "alloy"}},
    "usage": None,
    "metadata": None,
}
USER_ITEM = {
    "id": "item_A",
    "type": "message",
    "status": "completed",
    "role": "user",
    "content": [{"type": "input_audio", "transcript": None}],
}


def answer_item(status: str, *transcripts: str) -> dict[str, Any]:
    content = [{"type": "output_audio", "transcript": transcript} for transcript in transcripts]
    return {
        "id": "item_B",
        "type": "message",
        "status": status,
        "role": "assistant",
        "content": content,
    }


def test_a_connect_is_answered_by_one_event() -> None:
    (created,) = named(Play().opening)
    assert created.pop("type") == "session.created"
    session = created["session"]
    assert session.pop("instructions")
    assert session == SESSION


def test_b_an_update_shows_the_whole_session() -> None:
    (updated,) = named(Play().update(audio={"input": {"transcription": {"model": "whisper-1"}}}))
    session = updated["session"]
    session.pop("instructions")
    expected = {**SESSION, "audio": {**SESSION["audio"]}}
    whisper = {"model": "whisper-1", "language": None, "prompt": None}
    expected["audio"]["input"] = {**SESSION["audio"]["input"], "transcription": whisper}
    assert updated == {"type": "session.updated", "session": expected}


def test_c_a_turn_found_by_turn_detection() -> None:
    play = Play(replace(PLAIN, chunk_ms=1_000))
    events = named(play.say(turn(800)) + play.rest())
    usage = events[-2]["response"].pop("usage")
    assert usage["input_token_details"]["audio_tokens"] == 13
    assert usage["output_token_details"]["audio_tokens"] == 26
    pad = {"obfuscation": "pad"}
    said = "1.3 s of speech"
    user = {"previous_item_id": None, "item": USER_ITEM}
    begun = answer_item("in_progress")
    done = answer_item("completed", said)
    assert events == [
        {
            "type": "input_audio_buffer.speech_started",
            "audio_start_ms": 200,
            "item_id": "item_A",
        },
        {"type": "input_audio_buffer.speech_stopped", "audio_end_ms": 1500, "item_id": "item_A"},
        {"type": "input_audio_buffer.committed", "previous_item_id": None, "item_id": "item_A"},
        {"type": "conversation.item.added", **user},
        {"type": "conversation.item.done", **user},
        {"type": "response.created", "response": RESPONSE},
        {
            "type": "response.output_item.added",
            "response_id": "resp_A",
            "output_index": 0,
            "item": begun,
        },
        {"type": "conversation.item.added", "previous_item_id": "item_A", "item": begun},
        {
            "type": "response.content_part.added",
            **P,
            "part": {"type": "audio", "transcript": ""},
        },
        {"type": "response.output_audio_transcript.delta", **P, "delta": "1.3", **pad},
        {"type": "response.output_audio.delta", **P, "delta": "1000 ms"},
        {"type": "response.output_audio_transcript.delta", **P, "delta": " s", **pad},
        {"type": "response.output_audio_transcript.delta", **P, "delta": " of", **pad},
        {"type": "response.output_audio_transcript.delta", **P, "delta": " speech", **pad},
        {"type": "response.output_audio.delta", **P, "delta": "300 ms"},
        {"type": "response.output_audio.done", **P},
        {"type": "response.output_audio_transcript.done", **P, "transcript": said},
        {
            "type": "response.content_part.done",
            **P,
            "part": {"type": "audio", "transcript": said},
        },
        {"type": "conversation.item.done", "previous_item_id": None, "item": done},
        {
            "type": "response.output_item.done",
            "response_id": "resp_A",
            "output_index": 0,
            "item": done,
        },
        {
            "type": "response.done",
            "response": {
                **{key: value for key, value in RESPONSE.items() if key != "usage"},
                "status": "completed",
                "output": [done],
            },
        },
        events[-1],
    ]
    assert events[-1]["type"] == "rate_limits.updated"
    (limit,) = events[-1]["rate_limits"]
    assert (limit["name"], limit["limit"]) == ("tokens", 40000)
    assert 0 < limit["remaining"] < 40000
    assert limit["reset_seconds"] > 0


@pytest.mark.parametrize("chunk_bytes", [98, 480, 4_800, 1_000_000])
def test_c_the_answer_is_the_turn_sample_for_sample(chunk_bytes: int) -> None:
    spoken = silence(300) + question() + silence(700)
    play = Play()
    events = play.say(spoken, chunk_bytes) + play.rest()
    start = only(events, "input_audio_buffer.speech_started")["audio_start_ms"]
    end = only(events, "input_audio_buffer.speech_stopped")["audio_end_ms"]
    assert audio_of(events) == spoken[start * 48 : end * 48]
    assert end - start > 3_000


def test_c_an_answer_is_paced_by_the_settings() -> None:
    play = Play(replace(PLAIN, chunk_ms=100, speed=2.0, first_audio_delay_ms=150))
    play.say(turn(1_000))
    began = play.now
    play.until("response.output_audio.delta")
    assert play.now - began == pytest.approx(0.15)
    play.until("response.done")
    assert play.now - began == pytest.approx(0.15 + 1.5 / 2)


@pytest.mark.parametrize("place", list(TranscriptionPlace))
def test_c_the_transcription_falls_where_the_settings_say(place: TranscriptionPlace) -> None:
    play = Play(Settings(transcription=place))
    play.update(audio={"input": {"transcription": {"model": "gpt-4o-mini-transcribe"}}})
    order = types(play.say(turn()) + play.rest())
    done = "conversation.item.input_audio_transcription.completed"
    where = [order.index(name) for name in ("response.created", done, "response.done")]
    ranks = {
        TranscriptionPlace.BEFORE: [1, 0, 2],
        TranscriptionPlace.INSIDE: [0, 1, 2],
        TranscriptionPlace.AFTER: [0, 2, 1],
    }
    found = [sorted(where).index(position) for position in where]
    assert found in ([ranks[place]] if place in ranks else list(ranks.values()))


def test_c_the_transcription_in_full() -> None:
    play = Play()
    play.update(audio={"input": {"transcription": {"model": "gpt-4o-mini-transcribe"}}})
    events = named(play.say(turn(800)))
    about = {"item_id": "item_A", "content_index": 0}
    name = "conversation.item.input_audio_transcription"
    deltas = [event for event in events if event["type"] == f"{name}.delta"]
    assert deltas[0] == {"type": f"{name}.delta", **about, "delta": "1.3", "obfuscation": "pad"}
    assert "".join(event["delta"] for event in deltas) == "1.3 s of speech"
    assert only(events, f"{name}.completed") == {
        "type": f"{name}.completed",
        **about,
        "transcript": "1.3 s of speech",
        "usage": {
            "type": "tokens",
            "total_tokens": 17,
            "input_tokens": 13,
            "input_token_details": {"text_tokens": 0, "audio_tokens": 13},
            "output_tokens": 4,
        },
    }


def test_c_whisper_is_billed_by_the_second() -> None:
    play = Play()
    play.update(audio={"input": {"transcription": {"model": "whisper-1"}}})
    done = only(play.say(turn(800)), "conversation.item.input_audio_transcription.completed")
    assert done["usage"] == {"type": "duration", "seconds": 1.3}


def test_c_no_transcription_of_an_item_deleted_meanwhile() -> None:
    play = Play(Settings(transcription=TranscriptionPlace.AFTER))
    play.update(audio={"input": {"transcription": {"model": "whisper-1"}}})
    events = play.say(turn())
    item_id = only(events, "input_audio_buffer.committed")["item_id"]
    play.send("conversation.item.delete", item_id=item_id)
    assert not any("transcription" in name for name in types(play.rest()))


def test_c_without_create_response_the_turn_ends_with_its_item() -> None:
    play = Play()
    play.detect({"type": "server_vad", "create_response": False})
    events = play.say(turn()) + play.rest()
    assert types(events)[-1] == "conversation.item.done"
    assert play.respond()[0]["type"] == "response.created"


def test_c_idle_timeout_asks_when_nobody_speaks() -> None:
    play = Play()
    play.detect({"type": "server_vad", "idle_timeout_ms": 5_000})
    play.say(turn())
    done = play.until("response.done")
    left_ms = len(audio_of(done)) / 48 - 1000 * (play.now - 0.2)
    heard_ms = 2_000
    quiet = named(play.say(silence(9_000)))
    timeout = only(quiet, "input_audio_buffer.timeout_triggered")
    assert timeout["audio_start_ms"] == pytest.approx(heard_ms + left_ms, abs=11)
    assert timeout["audio_end_ms"] - timeout["audio_start_ms"] == pytest.approx(5_000, abs=11)
    assert types(quiet)[:5] == [
        "input_audio_buffer.timeout_triggered",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "response.created",
    ]


def test_d_push_to_talk() -> None:
    play = Play()
    play.detect(None)
    spoken = noise(800)
    assert play.say(spoken) == []
    events = named(play.send("input_audio_buffer.commit") + play.rest())
    user = {"previous_item_id": None, "item": USER_ITEM}
    assert events == [
        {"type": "input_audio_buffer.committed", "previous_item_id": None, "item_id": "item_A"},
        {"type": "conversation.item.added", **user},
        {"type": "conversation.item.done", **user},
    ]
    answer = play.respond()
    assert answer[0]["type"] == "response.created"
    assert audio_of(answer) == spoken


def test_d_clear_forgets_what_was_said() -> None:
    play = Play()
    play.detect(None)
    play.say(noise(500))
    assert named(play.send("input_audio_buffer.clear")) == [{"type": "input_audio_buffer.cleared"}]
    code = error_of(play.send("input_audio_buffer.commit"))["code"]
    assert code == "input_audio_buffer_commit_empty"


def test_d_a_commit_during_speech_keeps_the_item_that_was_announced() -> None:
    play = Play()
    spoken = silence(500) + noise(400)
    started = only(play.say(spoken), "input_audio_buffer.speech_started")
    events = play.send("input_audio_buffer.commit")
    assert only(events, "input_audio_buffer.committed")["item_id"] == started["item_id"]
    assert audio_of(play.respond()) == spoken
    assert play.say(silence(500)) == []


def test_g_speech_cuts_the_answer() -> None:
    play = Play(replace(PLAIN, chunk_ms=250, speed=1.0, cancel_lag_ms=0))
    play.say(turn(1_500))
    play.until("response.output_audio.delta", nth=3)
    (started,) = play.say(silence(100) + noise(100))
    events = named([started, *play.wait(0.001)])
    said = "2.0 s of"
    item = {**answer_item("incomplete", said), "id": "item_B"}
    assert [event["type"] for event in events] == [
        "input_audio_buffer.speech_started",
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
    ]
    assert events[2]["transcript"] == said
    assert events[4] == {"type": "conversation.item.done", "previous_item_id": None, "item": item}
    response = events[-1]["response"]
    assert response["status"] == "cancelled"
    assert response["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
    assert response["usage"]["output_token_details"]["audio_tokens"] == 15
    assert types(play.wait(0.1)) == ["rate_limits.updated"]


def test_g_late_deltas_follow_an_interruption() -> None:
    play = Play(replace(PLAIN, chunk_ms=30, speed=1.0, cancel_lag_ms=100))
    play.say(turn(1_500))
    play.until("response.output_audio.delta", nth=3)
    play.say(silence(100) + noise(100))
    late = play.until("response.done")
    assert sum(event["type"] == "response.output_audio.delta" for event in late) == 3


def test_g_a_new_turn_does_not_wait_for_the_old_answer_to_end() -> None:
    play = Play(replace(PLAIN, cancel_lag_ms=10_000))
    play.say(turn())
    play.until("response.output_audio.delta")
    order = types(play.say(turn()))
    assert order.index("input_audio_buffer.speech_started") < order.index("response.done")
    assert order.index("response.done") < order.index("response.created")


def test_g_without_interrupt_response_the_answer_goes_on_and_no_other_begins() -> None:
    play = Play()
    play.detect({"type": "server_vad", "interrupt_response": False})
    play.say(turn(1_500))
    play.until("response.output_audio.delta")
    events = play.say(turn())
    error = only(events, "error")["error"]
    assert error["code"] == "conversation_already_has_active_response"
    assert only(play.rest(), "response.done")["response"]["status"] == "completed"


def test_g_the_client_truncates_what_was_not_heard() -> None:
    play = Play()
    spoken = turn(1_500)
    play.say(spoken)
    item_id = only(play.rest(), "response.output_item.added")["item"]["id"]
    about = {"item_id": item_id, "content_index": 0, "audio_end_ms": 750}
    (truncated,) = play.send("conversation.item.truncate", **about)
    assert named([truncated]) == [
        {"type": "conversation.item.truncated", **about, "item_id": "item_A"}
    ]
    (got,) = play.send("conversation.item.retrieve", item_id=item_id)
    (part,) = got["item"]["content"]
    assert part["transcript"] is None
    assert base64.b64decode(part["audio"]) == spoken[200 * 48 : 950 * 48]


def test_g_truncating_an_answer_that_still_comes() -> None:
    play = Play()
    play.say(turn(1_500))
    before = play.until("response.output_audio.delta", nth=5)
    item_id = only(before, "response.output_item.added")["item"]["id"]
    about = {"item_id": item_id, "content_index": 0, "audio_end_ms": 300}
    assert types(play.send("conversation.item.truncate", **about)) == [
        "conversation.item.truncated"
    ]
    play.rest()
    (got,) = play.send("conversation.item.retrieve", item_id=item_id)
    (part,) = got["item"]["content"]
    assert len(base64.b64decode(part["audio"])) == 300 * 48


@pytest.mark.parametrize(("name", "silence_byte"), [("audio/pcmu", 0xFF), ("audio/pcma", 0xD5)])
def test_telephone_audio_comes_back_as_it_went(name: str, silence_byte: int) -> None:
    play = Play()
    fmt = {"format": {"type": name}}
    play.update(audio={"input": {**fmt, "turn_detection": None}, "output": fmt})
    spoken = bytes([silence_byte] * 800) + bytes(range(256)) * 10
    play.say(spoken, 160)
    play.send("input_audio_buffer.commit")
    assert audio_of(play.respond()) == spoken


def test_turn_detection_works_on_telephone_audio() -> None:
    play = Play()
    play.update(audio={"input": {"format": {"type": "audio/pcmu"}}})
    events = play.say(b"\xff" * 4_000 + bytes(range(256)) * 20 + b"\xff" * 4_000, 160)
    assert only(events, "input_audio_buffer.speech_started")["audio_start_ms"] == 200
    assert only(events, "input_audio_buffer.speech_stopped")["audio_end_ms"] == 1340
    answer = audio_of(play.rest())
    assert len(answer) == 1140 * 48


def test_g_a_cancel_after_the_interruption_changes_nothing() -> None:
    play = Play(replace(PLAIN, cancel_lag_ms=50))
    play.say(turn(1_500))
    play.until("response.output_audio.delta")
    play.say(silence(100) + noise(100))
    assert play.send("response.cancel") == []
    details = only(play.rest(), "response.done")["response"]["status_details"]
    assert details == {"type": "cancelled", "reason": "turn_detected"}
