"""What is due of a speaker, as a transcript."""

from __future__ import annotations

from rtproxy.cli.room.speech import Speech
from rtproxy.cli.room.told import Caption, CaptionLost, Floor, RoomState, SpeechBegan, SpeechEnded
from rtproxy.cli.talk.exchange import LISTENING_MS, SETTLING_MS
from rtproxy.cli.talk.heard import Trouble

GRANTED, RELEASED = Floor("granted", "me"), Floor("released", None)


def written(item_id: str) -> Caption:
    return Caption(item_id, "en", "words", final=True)


def spoken() -> Speech:
    """A speech of 1 s, whose words have ended after 0.8 s, that has just gone out."""
    speech = Speech(1_000, 800)
    speech.ask(0.0)
    speech.receive(GRANTED, 0.1)
    for number in range(25):
        speech.say(40, 0.1 + number * 0.04)
    assert speech.is_said
    return speech


def test_the_floor_is_waited_for_however_long_it_takes():
    speech = Speech(1_000, 800)
    speech.ask(0.0)
    assert speech.quiet_since() == 0.0
    speech.receive(RoomState("ann", 2, ("en",)), 0.5)
    speech.receive(Floor("waiting", "ann"), 1.0)
    assert (speech.stage, speech.has_floor, speech.quiet_since()) == ("waiting", False, None)
    speech.receive(GRANTED, 600.0)
    assert (speech.stage, speech.has_floor) == ("speaking", True)


def test_a_speech_is_over_when_it_is_written_and_the_floor_given_back():
    speech = spoken()
    speech.receive(SpeechBegan("i"), 1.2)
    assert not speech.must_give_back
    speech.receive(SpeechEnded("i"), 1.5)
    speech.receive(written("i"), 2.0)
    assert speech.must_give_back
    speech.give_back()
    assert not speech.is_over
    speech.receive(RELEASED, 2.1)
    assert speech.is_over
    assert speech.failure is None
    assert speech.summary() == [
        "spoke 1.0 s in 25 messages; 1 caption",
        "the last words stood written 1.14 s after they were spoken",
    ]


def test_captions_of_others_are_not_ours():
    speech = Speech(40, 40)
    speech.receive(written("of another"), 0.0)
    speech.receive(GRANTED, 0.1)
    speech.say(40, 0.2)
    speech.be_silent(SETTLING_MS)
    assert not speech.is_written


def test_every_item_that_began_is_waited_for():
    speech = spoken()
    for item_id in ("i", "j"):
        speech.receive(SpeechBegan(item_id), 1.2)
        speech.receive(SpeechEnded(item_id), 1.3)
    speech.receive(written("i"), 1.4)
    assert not speech.is_written
    speech.receive(written("j"), 1.5)
    assert speech.is_written


def test_an_item_that_nobody_could_write_down_is_not_waited_for():
    speech = spoken()
    speech.receive(SpeechBegan("i"), 1.2)
    speech.receive(SpeechEnded("i"), 1.3)
    speech.receive(CaptionLost("i", "The audio is unclear.", "unclear"), 1.4)
    assert speech.is_written
    assert speech.summary()[0] == "spoke 1.0 s in 25 messages; 0 captions"


def test_where_all_was_written_early_the_last_words_get_their_silence():
    speech = Speech(1_000, 800)
    speech.receive(GRANTED, 0.0)
    speech.say(500, 0.1)
    speech.receive(written("i"), 0.2)
    speech.say(500, 0.3)
    assert not speech.is_written
    speech.be_silent(SETTLING_MS)
    assert speech.is_written


def test_an_end_that_nobody_notices_is_made_by_hand_once():
    speech = spoken()
    speech.receive(SpeechBegan("i"), 1.0)
    assert not speech.is_unnoticed
    speech.be_silent(LISTENING_MS)
    assert speech.is_unnoticed
    speech.commit()
    assert not speech.is_unnoticed


def test_an_end_that_was_noticed_is_left_alone():
    speech = spoken()
    speech.receive(SpeechBegan("i"), 1.0)
    speech.receive(SpeechEnded("i"), 1.1)
    speech.be_silent(LISTENING_MS)
    assert not speech.is_unnoticed


def test_only_a_fatal_error_ends_it():
    speech = spoken()
    speech.receive(Trouble("no such field", "c", fatal=False), 1.0)
    assert not speech.is_over
    speech.receive(Trouble("too many speakers", "c", fatal=True), 1.0)
    speech.fail("the proxy closed the connection")
    assert (speech.is_over, speech.failure) == (True, "too many speakers")
    assert speech.summary() == ["spoke 1.0 s in 25 messages; 0 captions"]
