"""Requests for answers that meet an interruption, or somebody who speaks."""

from __future__ import annotations

from playbook import Playbook
from rtproxy.model import events as ev
from rtproxy.session import commands as cmd
from session.stage import over, ready, told


def interrupted() -> Playbook:
    """An answer was asked for, and then was not wanted any more."""
    play = ready() >> ev.ResponseCreate()
    play.skip() >> ev.Interrupt()
    play.rest()
    return play


def test_it_is_stopped_when_it_begins_and_ends_like_any_other() -> None:
    play = interrupted() >> ev.ResponseCreated(response={"id": "r", "conversation_id": "c"})
    play << cmd.ToUpstream(ev.ResponseCancel(event_id="rtp_3", response_id="r"))
    play << cmd.Drop("r")
    play >> ev.Dropped(response_id="r", heard=())
    over(play, "r", "cancelled")
    play.skip() >> ev.MarkReached(token=b"over 0 r")
    play << told(ev.AnswerOver(response_id="r", status="cancelled"))
    play.rest()


def test_the_next_answer_is_not_concerned() -> None:
    play = interrupted() >> ev.ResponseCreated(response={"id": "r", "conversation_id": "c"})
    over(play.skip(), "r", "cancelled").skip()
    play >> ev.ResponseCreated(response={"id": "s", "conversation_id": "c"})
    play.rest()


def test_a_request_that_is_refused_takes_its_interruption_along() -> None:
    play = interrupted() >> ev.ErrorTold(error=ev.Failure(code="c", event_id="rtp_2"))
    play.skip() >> ev.ResponseCreated(response={"id": "r", "conversation_id": "c"})
    play.rest()


def test_a_request_that_met_another_answer_is_not_asked_again() -> None:
    active = ev.Failure(code="conversation_already_has_active_response", event_id="rtp_2")
    play = interrupted() >> ev.ErrorTold(error=active)
    play >> ev.ResponseCreated(response={"id": "vad", "conversation_id": "c"})
    play.rest()
    over(play, "vad")
    assert not [one for one in play.left() if isinstance(one, cmd.ToUpstream)]


# Who speaks is not talked over


def waiting() -> Playbook:
    """An answer is under way, another was asked for, and somebody begins to speak."""
    play = ready() >> ev.ResponseCreate()
    play.skip() >> ev.ResponseCreated(response={"id": "r", "conversation_id": "c"})
    play.skip() >> ev.ResponseCreate()
    play >> ev.SpeechStarted(audio_start_ms=0, item_id="u")
    over(play.skip(), "r", "cancelled")
    assert not [one for one in play.left() if isinstance(one, cmd.ToUpstream)]
    return play


def test_a_request_that_waited_waits_for_who_speaks_too() -> None:
    stopped = ev.SpeechStopped(audio_end_ms=9, item_id="u")
    play = waiting() >> stopped << told(stopped)
    play << cmd.ToUpstream(ev.ResponseCreate(event_id="rtp_3"))
    play.rest()


def test_speech_that_the_upstream_could_not_answer_is_answered_when_it_can() -> None:
    play = ready() >> ev.ResponseCreate()
    play.skip() >> ev.ResponseCreated(response={"id": "r", "conversation_id": "c"})
    code = "conversation_already_has_active_response"
    play >> ev.ErrorTold(error=ev.Failure(code=code))
    play >> ev.ErrorTold(error=ev.Failure(code=code))
    play.rest()
    over(play, "r")
    assert play.left()[-1] == cmd.ToUpstream(ev.ResponseCreate(event_id="rtp_3"))
    play >> ev.ResponseCreated(response={"id": "s", "conversation_id": "c"})
    over(play.skip(), "s")
    assert not [one for one in play.left() if isinstance(one, cmd.ToUpstream)]
