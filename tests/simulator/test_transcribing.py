"""Transcription sessions: what is said becomes text, item by item, and nothing is answered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rtproxy.simulator.commands import Send
from rtproxy.simulator.connection import Connection
from rtproxy.simulator.faults import FaultPlan
from rtproxy.simulator.handshake import Admitted, SessionKind
from rtproxy.simulator.ids import Ids
from rtproxy.simulator.settings import Settings, TranscriptionPlace, VoiceName
from rtproxy.simulator.voices.script import Script, Turn

from .play import CREATED_AT, PLAIN, Json, TranscriptionPlay, check, error_of, named, only, types
from .sounds import noise, silence, turn

TRANSCRIPTION = "conversation.item.input_audio_transcription"
MODEL = {"model": "gpt-4o-transcribe"}


def transcribing(settings: Settings = PLAIN, **audio_input: object) -> TranscriptionPlay:
    """A session that transcribes; `audio_input` is what else is set."""
    play = TranscriptionPlay(settings)
    play.update(audio={"input": {"transcription": MODEL, **audio_input}})
    return play


def texts(events: list[Json]) -> list[str]:
    """The final transcripts, in the order in which they came."""
    return [
        event["transcript"] for event in events if event["type"] == f"{TRANSCRIPTION}.completed"
    ]


def test_the_session_as_it_begins() -> None:
    assert named(TranscriptionPlay().opening) == [
        {
            "type": "session.created",
            "session": {
                "type": "transcription",
                "object": "realtime.transcription_session",
                "id": "sess_A",
                "expires_at": CREATED_AT + 3_600,
                "audio": {
                    "input": {
                        "format": {"type": "audio/pcm", "rate": 24_000},
                        "transcription": None,
                        "noise_reduction": None,
                        "turn_detection": {
                            "type": "server_vad",
                            "threshold": 0.5,
                            "prefix_padding_ms": 300,
                            "silence_duration_ms": 200,
                        },
                    }
                },
                "include": None,
            },
        }
    ]


def test_an_update_is_merged_and_shown_whole() -> None:
    play = TranscriptionPlay()
    (event,) = play.update(audio={"input": {"transcription": {**MODEL, "language": "de"}}})
    heard = event["session"]["audio"]["input"]
    assert heard["transcription"] == {**MODEL, "language": "de", "prompt": None}
    assert heard["turn_detection"]["silence_duration_ms"] == 200


def test_a_turn_is_transcribed_and_not_answered() -> None:
    play = transcribing()
    events = play.say(turn(1_000)) + play.rest()
    assert types(events) == [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        f"{TRANSCRIPTION}.delta",
        f"{TRANSCRIPTION}.completed",
    ]
    assert texts(events) == ["1.5 s of speech"]
    assert only(events, f"{TRANSCRIPTION}.completed")["usage"]["type"] == "tokens"


@pytest.mark.parametrize(("eagerness", "wait_ms"), [("high", 500), ("low", 2_000)])
def test_semantic_turn_detection(eagerness: str, wait_ms: int) -> None:
    play = transcribing(turn_detection={"type": "semantic_vad", "eagerness": eagerness})
    before = play.say(silence(500) + noise(1_000) + silence(wait_ms - 100))
    assert types(before) == ["input_audio_buffer.speech_started"]
    stopped = only(play.say(silence(200)), "input_audio_buffer.speech_stopped")
    assert stopped["audio_end_ms"] == 1_500 + wait_ms


def test_push_to_talk() -> None:
    play = transcribing(turn_detection=None)
    assert play.say(noise(700)) == []
    assert texts(play.send("input_audio_buffer.commit")) == ["0.7 s of speech"]


def test_no_model_no_text() -> None:
    play = TranscriptionPlay()
    events = play.say(turn(1_000)) + play.rest()
    assert types(events)[-1] == "conversation.item.done"


def test_words_come_at_the_pace_that_is_set() -> None:
    play = transcribing(replace(PLAIN, words_per_s=10), turn_detection=None)
    play.say(noise(700))
    began = play.now
    play.send("input_audio_buffer.commit")
    play.until(f"{TRANSCRIPTION}.delta", 4)
    assert play.now - began == pytest.approx(0.3)
    assert texts(play.rest()) == ["0.7 s of speech"]
    assert play.now - began == pytest.approx(0.4)


def test_texts_may_come_out_of_order() -> None:
    """Nothing promises that the text of an earlier item comes first."""
    play = transcribing(replace(PLAIN, transcription=TranscriptionPlace.VARY))
    lengths_ms = range(500, 1_500, 100)
    events = play.say(b"".join(turn(each) for each in lengths_ms)) + play.rest()
    in_order = [f"{(each + 500) / 1_000:.1f} s of speech" for each in lengths_ms]
    assert texts(events) != in_order
    assert sorted(texts(events)) == sorted(in_order)


def test_a_deleted_item_has_no_text() -> None:
    play = transcribing(replace(PLAIN, transcription=TranscriptionPlace.AFTER))
    item = only(play.say(turn()), "conversation.item.added")["item"]["id"]
    assert types(play.send("conversation.item.delete", item_id=item)) == [
        "conversation.item.deleted"
    ]
    assert play.rest() == []


def test_an_item_can_be_retrieved() -> None:
    play = transcribing()
    item = only(play.say(turn()), "conversation.item.added")["item"]["id"]
    (event,) = play.send("conversation.item.retrieve", item_id=item)
    assert event["item"]["content"][0]["transcript"] == "1.5 s of speech"


def test_probabilities_where_they_are_asked_for() -> None:
    play = transcribing(turn_detection=None)
    play.update(include=["item.input_audio_transcription.logprobs"])
    play.say(noise(700))
    events = play.send("input_audio_buffer.commit")
    tokens = [
        event["logprobs"][0]["token"]
        for event in events
        if event["type"] == f"{TRANSCRIPTION}.delta"
    ]
    completed = only(events, f"{TRANSCRIPTION}.completed")
    assert [each["token"] for each in completed["logprobs"]] == tokens
    assert "".join(tokens) == "0.7 s of speech"


def test_speakers_where_the_model_tells_them_apart() -> None:
    play = transcribing(transcription={"model": "gpt-4o-transcribe-diarize"}, turn_detection=None)
    play.say(noise(700))
    segment = only(play.send("input_audio_buffer.commit"), f"{TRANSCRIPTION}.segment")
    assert (segment["speaker"], segment["end"]) == ("A", 0.7)


def test_a_script_is_heard_turn_by_turn() -> None:
    script = Script(
        turns=[Turn(heard="One."), Turn(hearing_fails="audio_unintelligible"), Turn(heard="Three.")]
    )
    play = transcribing(replace(PLAIN, voice=VoiceName.SCRIPT, script=script), turn_detection=None)
    events: list[Json] = []
    for _ in range(4):
        play.say(noise(500))
        events += play.send("input_audio_buffer.commit")
    assert texts(events) == ["One.", "Three.", "0.5 s of speech"]
    assert only(events, f"{TRANSCRIPTION}.failed")["error"]["code"] == "audio_unintelligible"


# What is refused


@pytest.mark.parametrize(
    "event_type",
    ["response.create", "response.cancel", "conversation.item.create", "output_audio_buffer.clear"],
)
def test_what_a_transcription_session_does_not_know(event_type: str) -> None:
    error = error_of(TranscriptionPlay().send(event_type))
    assert (error["code"], error["param"]) == ("invalid_value", "type")
    assert error["message"].startswith(f"Invalid value: '{event_type}'. Supported values are: ")


def test_it_stays_what_it_is() -> None:
    play = TranscriptionPlay()
    error = error_of(play.send("session.update", session={"type": "realtime", "tools": []}))
    assert (error["code"], error["param"]) == ("invalid_parameter", None)
    expected = "Passing a realtime session update to a transcription session is not allowed."
    assert error["message"] == expected


@pytest.mark.parametrize(
    ("session", "param"),
    [
        ({"model": "gpt-4o-transcribe"}, "session.model"),
        ({"instructions": "x"}, "session.instructions"),
        ({"audio": {"output": {}}}, "session.audio.output"),
        ({"audio": {"input": {"transcription": {"x": 1}}}}, "session.audio.input.transcription.x"),
    ],
)
def test_unknown_fields(session: Json, param: str) -> None:
    error = error_of(TranscriptionPlay().update(**session))
    assert (error["code"], error["param"]) == ("unknown_parameter", param)


@pytest.mark.parametrize("model", ["gpt-realtime-whisper", "gpt-live-transcribe"])
def test_models_that_cut_their_input_themselves(model: str) -> None:
    play = TranscriptionPlay()
    detects = {"transcription": {"model": model}, "turn_detection": {"type": "semantic_vad"}}
    error = error_of(play.update(audio={"input": detects}))
    assert error["code"] == "invalid_value"
    assert error["param"] == "session.audio.input.turn_detection"
    assert error["message"] == "Turn detection is not supported for this transcription model."
    (event,) = play.update(audio={"input": {"transcription": {"model": model}}})
    assert event["session"]["audio"]["input"]["turn_detection"] is None


# At the door


def opening(admitted: Admitted) -> Json:
    """The first event of a connection."""
    core = Connection(admitted, PLAIN, FaultPlan((), 1), Ids(b"door"), CREATED_AT, 0.0)
    first = core.open(0.0)[0]
    assert isinstance(first, Send)
    check(first.event)
    return first.event


def test_a_connection_is_what_its_url_asks_for() -> None:
    event = opening(Admitted("", None, None, kind=SessionKind.TRANSCRIPTION))
    assert event["session"]["type"] == "transcription"


def test_a_secret_brings_its_configuration() -> None:
    secret: Json = {"type": "transcription", "audio": {"input": {"transcription": MODEL}}}
    event = opening(Admitted("", None, None, secret, SessionKind.TRANSCRIPTION))
    assert event["session"]["audio"]["input"]["transcription"]["model"] == MODEL["model"]
