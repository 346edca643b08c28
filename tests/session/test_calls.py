"""A telephone call in the core: its marks are Twilio's to return, and keys are words."""

from __future__ import annotations

import pytest

from playbook import Playbook
from rtproxy.model import events as ev
from rtproxy.model.brief import Brief
from rtproxy.model.close import DONE, CloseCode, CloseReason
from rtproxy.session import commands as cmd
from rtproxy.session.call import Call
from rtproxy.session.greeting import Greeting
from rtproxy.session.keypad import MAX_KEYS, PAUSE_S, Keypad, pressed
from rtproxy.session.session import Session

RESPONSE = {"id": "resp_1", "conversation_id": "conv_1"}
OVER = b"over 0 resp_1"


def call(*, keypad: bool = True) -> Playbook:
    """A call whose upstream is ready."""
    session = Session("s", {}, call=Call(heeds_keys=keypad))
    play = Playbook(session) >> ev.SessionCreated(session={})
    return (play.skip() >> ev.SessionUpdated(session={})).skip()


def answering(*, keypad: bool = True) -> Playbook:
    """An answer is being generated; Twilio need not be told that it begins."""
    play = call(keypad=keypad) >> ev.ResponseCreated(response=RESPONSE)
    play >> ev.OutputItemAdded(response_id="resp_1", item={"id": "item_1"})
    play.rest()
    return play


def answered() -> Playbook:
    """It has been generated, and is heard or not."""
    play = answering() >> ev.OutputAudioDone(response_id="resp_1", item_id="item_1")
    play >> ev.ResponseDone(response={**RESPONSE, "status": "completed"})
    play << cmd.Finish("resp_1") << cmd.ToClient(ev.MarkAsked(token=OVER))
    play.rest()
    return play


def dropped(heard_ms: float, received_ms: float) -> ev.Dropped:
    part = ev.HeardPart(
        item_id="item_1", content_index=0, heard_ms=heard_ms, received_ms=received_ms
    )
    return ev.Dropped(response_id="resp_1", heard=(part,))


def cut_at(play: Playbook, played_ms: int) -> None:
    """The caller is cut off there, and the model learns of it."""
    told = ev.Interrupted(item_id="item_1", played_ms=played_ms)
    play << cmd.ToClient(told, response_id="resp_1")
    truncate = play.left()[0].event
    assert isinstance(truncate, ev.ItemTruncate)
    assert (truncate.item_id, truncate.audio_end_ms) == ("item_1", played_ms)


def speak(play: Playbook) -> Playbook:
    """The caller says something."""
    speech = ev.SpeechStarted(audio_start_ms=0, item_id="item_u")
    return play >> speech << cmd.ToClient(speech)


# What was heard


def test_barge_in_cuts_at_what_was_heard() -> None:
    play = speak(answering()) << cmd.Drop("resp_1")
    play >> dropped(640, 3_000)
    cut_at(play, 640)


def test_who_never_reports_is_served_by_the_clock() -> None:
    """A gateway that sends no marks back: no answer is cut that was heard, and none stays."""
    play = answered()
    speak(play) << cmd.Drop("resp_1")
    play >> dropped(3_000, 3_000)
    play << cmd.ToClient(ev.AnswerOver(response_id="resp_1", status="completed"))
    speak(play).rest()


def test_an_answer_lives_until_its_last_mark_has_come_back() -> None:
    play = speak(answered()) << cmd.Drop("resp_1")
    play >> dropped(2_500, 3_000)
    cut_at(play, 2_500)


def test_an_answer_that_was_heard_is_over_and_is_not_cut() -> None:
    play = answered() >> ev.MarkReached(token=OVER)
    play << cmd.ToClient(ev.AnswerOver(response_id="resp_1", status="completed"))
    speak(play).rest()


def test_all_chunks_heard_and_the_end_not_yet_told_is_no_cut() -> None:
    play = speak(answered()) << cmd.Drop("resp_1")
    play >> dropped(3_000.9, 3_000.9)
    play << cmd.ToClient(ev.AnswerOver(response_id="resp_1", status="completed"))
    play >> ev.MarkReached(token=OVER)
    play.rest()


def test_what_a_clear_brings_back_was_not_heard() -> None:
    """Twilio returns all outstanding marks at once; the model is told once, and of no more."""
    play = speak(answered()) << cmd.Drop("resp_1")
    play >> dropped(1_000, 3_000)
    cut_at(play, 1_000)
    play >> ev.Playback(item_id="item_1", played_ms=3_000)  # one that the splice was not sure of
    play.skip() >> ev.Measured(item_id="item_1", sent_ms=3_000, played_ms=3_000)
    play.rest()
    play >> ev.MarkReached(token=OVER)
    play << cmd.ToClient(ev.AnswerOver(response_id="resp_1", status="cancelled"))
    speak(play).rest()


@pytest.mark.parametrize(
    "token", [OVER, b"over 1 resp_1", b"", b"x", b"over", b"over 1 resp_9", b"\xff"]
)
def test_a_mark_that_was_not_asked_for_ends_nothing(token: bytes) -> None:
    play = answering() >> ev.MarkReached(token=token)
    speak(play) << cmd.Drop("resp_1")


def test_the_end_comes_once() -> None:
    play = answered() >> ev.MarkReached(token=OVER)
    play.skip() >> ev.MarkReached(token=OVER)
    play.rest()


# Keys


def item(text: str, number: int) -> cmd.ToUpstream:
    content = [{"type": "input_text", "text": text}]
    message = {"type": "message", "role": "user", "content": content}
    return cmd.ToUpstream(ev.ItemCreate(event_id=f"rtp_{number}", item=message))


def test_keys_up_to_the_hash_are_an_item_and_want_an_answer() -> None:
    play = call()
    for key in "12":
        play >> ev.KeyPressed(key=key)
    play >> ev.KeyPressed(key="#")
    play << item("The caller pressed: 12#", 2)
    play << cmd.ToUpstream(ev.ResponseCreate(event_id="rtp_3"))
    play.rest()


def test_a_pause_ends_them_too() -> None:
    play = call()
    play >> ev.KeyPressed(key="7")
    play.now = 1.5
    play >> ev.KeyPressed(key="8")
    assert play.core.deadline == 1.5 + PAUSE_S  # type: ignore[attr-defined]  # a Session
    play.now = PAUSE_S
    play >> ev.TimePassed()
    play.rest()
    play.now = 1.5 + PAUSE_S
    play >> ev.TimePassed()
    play << item("The caller pressed: 78", 2)
    play.skip() >> ev.TimePassed()
    play.rest()


def test_whoever_presses_a_key_has_heard_enough() -> None:
    play = answering() >> ev.KeyPressed(key="1")
    play << cmd.ToUpstream(ev.ResponseCancel(event_id="rtp_2", response_id="resp_1"))
    play << cmd.Drop("resp_1")
    play >> ev.KeyPressed(key="2")
    play.rest()
    play >> ev.KeyPressed(key="#") << item("The caller pressed: 12#", 3)
    play.rest()  # the answer to it waits until the one that was cancelled is done
    play >> ev.ResponseDone(response={**RESPONSE, "status": "cancelled"})
    asked = [one for one in play.left() if isinstance(one, cmd.ToUpstream)]
    assert asked == [cmd.ToUpstream(ev.ResponseCreate(event_id="rtp_4"))]


def test_keys_that_never_end_are_told_in_part() -> None:
    keypad = Keypad()
    runs = [keypad.press("5", 0.0) for _ in range(MAX_KEYS + 1)]
    assert runs == [None] * (MAX_KEYS - 1) + ["5" * MAX_KEYS, None]
    assert keypad.is_pressed


def test_keys_may_be_ignored() -> None:
    play = answering(keypad=False) >> ev.KeyPressed(key="#")
    play << cmd.Note("key_unheeded", "debug", {"key": "#"})
    play.rest()


def test_what_the_model_reads() -> None:
    assert pressed("1*#").item["content"][0]["text"] == "The caller pressed: 1*#"


# Beginning and end


def test_a_call_begins_with_its_start() -> None:
    greeting = Greeting(lambda _: Brief({"type": "realtime"}), once=True)
    play = Playbook(Session("s", {}, greeting=greeting, call=Call()))
    play >> ev.StreamStarted(stream_id="MZ1", call_id="CA1")
    play << cmd.Note("call_started", fields={"stream": "MZ1", "call": "CA1"})
    play >> ev.Introduced(conversation_id="CA1")
    play.skip() >> ev.StartAsked()
    assert cmd.Dial() in play.left()


def test_a_start_that_cannot_be_is_the_end_of_the_call() -> None:
    """Twilio starts once and reads no errors: the caller must not hear silence for ever."""
    refused = ev.Misunderstood(code="unknown_persona", message="no such persona")
    play = Playbook(Session("s", {}, greeting=Greeting(lambda _: refused, once=True)))
    play >> ev.Introduced()
    play.skip() >> ev.StartAsked(persona="nobody")
    failure = ev.Failure(code="unknown_persona", message="no such persona")
    play << cmd.ToClient(ev.ErrorTold(error=failure, fatal=True))
    play << cmd.End(CloseReason(CloseCode.BAD_REQUEST, "no such persona"))


def test_a_hangup_ends_the_session() -> None:
    play = answering() >> ev.Hangup() << cmd.End(DONE)
    play >> ev.KeyPressed(key="1")
    play.rest()


def test_what_means_nothing_is_noted_for_who_debugs() -> None:
    play = call() >> ev.Unheeded(what="event 'x'")
    play << cmd.Note("client_message_unheeded", "debug", {"what": "event 'x'"})
    play.rest()
