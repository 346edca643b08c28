"""Translation sessions: no turns and no items, audio in and another language out."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtproxy.simulator.commands import Close, Send
from rtproxy.simulator.connection import Connection
from rtproxy.simulator.faults import FaultPlan
from rtproxy.simulator.frames import Stretch
from rtproxy.simulator.handshake import Admitted, SessionKind
from rtproxy.simulator.ids import Ids
from rtproxy.simulator.settings import VoiceName
from rtproxy.simulator.translation_schema import TARGET_LANGUAGES
from rtproxy.simulator.voices.script import Script, Turn

from .play import CREATED_AT, PLAIN, Json, TranslationPlay, error_of, named, only, types
from .sounds import noise, silence, turn

TEXT = "session.output_transcript.delta"
SOURCE = "session.input_transcript.delta"
SOUND = "session.output_audio.delta"


def translating(language: str = "de", **settings: object) -> TranslationPlay:
    """A session that translates into a language."""
    play = TranslationPlay(replace(PLAIN, **settings))  # type: ignore[arg-type] # any of its fields
    play.update(audio={"output": {"language": language}})
    return play


def said(events: list[Json], event_type: str = TEXT) -> str:
    """All text of a kind, joined as a client does."""
    return "".join(event["delta"] for event in events if event["type"] == event_type)


def test_the_session_as_it_begins() -> None:
    assert named(TranslationPlay().opening) == [
        {
            "type": "session.created",
            "session": {
                "type": "translation",
                "id": "sess_A",
                "model": "gpt-realtime-translate",
                "expires_at": CREATED_AT + 3_600,
                "audio": {
                    "input": {"transcription": None, "noise_reduction": None},
                    "output": {"language": "en"},
                },
            },
        }
    ]


def test_speech_becomes_text_and_sound_of_another_language() -> None:
    play = translating()
    events = play.say(turn(2_600)) + play.rest()
    assert said(events) == "[de] 2.6 s of speech"
    sound = b"".join(base64.b64decode(each["delta"]) for each in events if each["type"] == SOUND)
    assert len(sound) == len("[de] 2.6 s of speech") * 60 * 48
    assert only(events[-1:], SOUND)["sample_rate"] == 24_000


def test_times_tell_where_in_the_input_a_word_belongs() -> None:
    play = translating()
    events = play.say(turn(1_000) + turn(2_000)) + play.rest()
    times = [event["elapsed_ms"] for event in events if event["type"] == TEXT]
    first, second = times[:5], times[5:]
    assert times == sorted(times)
    assert all(time % 200 == 0 for time in times)
    assert 500 < first[0] <= first[-1] <= 1_600
    assert 2_500 < second[0] <= second[-1] <= 4_600


@pytest.mark.parametrize("chunk_bytes", [2, 1_000, 9_600, 96_000])
def test_chunks_may_have_any_length(chunk_bytes: int) -> None:
    sound = silence(400) + noise(300) + silence(500)
    play = translating()
    assert said(play.say(sound, chunk_bytes) + play.rest()) == "[de] 0.3 s of speech"


def test_its_time_stands_still_while_no_audio_comes() -> None:
    play = translating()
    assert play.say(noise(1_000)) == []
    assert play.wait(60.0) == []
    assert said(play.say(silence(400)) + play.rest()) == "[de] 1.0 s of speech"


def test_words_come_at_the_pace_that_is_set() -> None:
    play = translating(words_per_s=10, first_audio_delay_ms=0)
    began = play.now
    play.say(turn(1_000))
    play.until(TEXT, 4)
    assert play.now - began == pytest.approx(0.4, abs=0.11)
    play.rest()


def test_what_is_still_on_its_way_is_not_overtaken() -> None:
    play = translating(words_per_s=2)
    events = play.say(turn(1_000) + turn(2_000)) + play.rest()
    assert said(events) == "[de] 1.0 s of speech [de] 2.0 s of speech"


def test_the_source_is_written_down_where_that_is_asked_for() -> None:
    play = translating("fr")
    play.update(audio={"input": {"transcription": {"model": "gpt-realtime-whisper"}}})
    events = play.say(turn(1_000)) + play.rest()
    assert (said(events, SOURCE), said(events)) == ("1.0 s of speech", "[fr] 1.0 s of speech")


def test_a_script_says_what_is_made_of_each_stretch() -> None:
    script = Script(
        turns=[
            Turn(heard="Good morning.", texts={"de": "Guten Morgen.", "fr": "Bonjour."}),
            Turn(hearing_fails="audio_unintelligible"),
            Turn(heard="Goodbye."),
        ]
    )
    play = translating(voice=VoiceName.SCRIPT, script=script)
    heard = [said(play.say(turn(500)) + play.rest()) for _ in range(4)]
    assert heard == ["Guten Morgen.", "", " [de] Goodbye.", " [de] 0.5 s of speech"]


def test_closing_translates_what_is_left() -> None:
    play = translating()
    assert play.say(noise(1_100)) == []
    events = play.send("session.close")
    assert types(events) == [TEXT, SOUND, "session.closed"]
    assert said(events) == "[de] 1.2 s of speech"  # to the end of the last frame
    assert play.commands == [Close(1000, "")]


def test_closing_waits_for_no_pace() -> None:
    play = translating(words_per_s=1)
    play.say(turn(1_000))
    assert said(play.send("session.close")) == "[de] 1.0 s of speech"
    assert play.core.next_due() is None


# What is refused


@pytest.mark.parametrize(
    "event_type", ["response.create", "input_audio_buffer.append", "conversation.item.create"]
)
def test_what_a_translation_session_does_not_know(event_type: str) -> None:
    error = error_of(TranslationPlay().send(event_type, event_id="mine"))
    assert (error["code"], error["param"], error["event_id"]) == ("invalid_value", "type", "mine")
    assert error["message"] == (
        f"Invalid value: '{event_type}'. Supported values are: 'session.update', "
        "'session.input_audio_buffer.append', and 'session.close'."
    )


@pytest.mark.parametrize(
    ("session", "code", "param"),
    [
        ({"model": "another"}, "unknown_parameter", "session.model"),
        ({"instructions": "x"}, "unknown_parameter", "session.instructions"),
        (
            {"audio": {"input": {"turn_detection": None}}},
            "unknown_parameter",
            "session.audio.input.turn_detection",
        ),
        (
            {"audio": {"output": {"language": "xx"}}},
            "invalid_value",
            "session.audio.output.language",
        ),
    ],
)
def test_bad_updates(session: Json, code: str, param: str) -> None:
    error = error_of(TranslationPlay().update(**session))
    assert (error["code"], error["param"]) == (code, param)


def test_bad_audio() -> None:
    play = TranslationPlay()
    error = error_of(play.send("session.input_audio_buffer.append", audio="AAA"))
    assert (error["code"], error["param"]) == ("invalid_value", "audio")


# At the door


def test_a_connection_is_what_its_url_asks_for() -> None:
    admitted = Admitted("m", None, None, kind=SessionKind.TRANSLATION)
    core = Connection(admitted, PLAIN, FaultPlan((), 1), Ids(b"door"), CREATED_AT, 0.0)
    first = core.open(0.0)[0]
    assert isinstance(first, Send)
    assert first.event["session"]["type"] == "translation"


@given(
    start=st.integers(0, 100_000),
    length=st.integers(1, 60_000),
    parts=st.integers(1, 40),
)
def test_places_lie_in_their_stretch(start: int, length: int, parts: int) -> None:
    stretch = Stretch(start, start + length)
    places = [stretch.place(part + 1, parts) for part in range(parts)]
    assert places == sorted(places)
    assert all(start <= place < start + length + 200 for place in places)


def test_languages_are_codes() -> None:
    assert all(len(code) == 2 and code.islower() for code in TARGET_LANGUAGES)
