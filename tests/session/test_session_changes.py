"""`session_update`: what the client changes, as the upstream sees it and answers."""

from __future__ import annotations

from rtproxy.model import events as ev
from rtproxy.session import commands as cmd
from session.stage import ready, told, updated


def change(event_id: str | None = "mine") -> ev.SessionUpdate:
    return ev.SessionUpdate(event_id=event_id, session={"instructions": "Be brief."})


def test_a_change_goes_upstream_with_the_type_that_it_asks_for() -> None:
    play = ready() >> change()
    wanted = {"type": "realtime", "instructions": "Be brief."}
    play << cmd.ToUpstream(ev.SessionUpdate(event_id="rtp_2", session=wanted))
    play.rest()


def test_the_client_is_told_when_it_holds() -> None:
    play = ready() >> change()
    play.skip() >> updated()
    play << told(ev.SessionChanged(event_id="mine", voice="alloy"))
    play >> updated()  # somebody else's doing
    play.rest()


def test_what_the_upstream_no_longer_takes_is_noted() -> None:
    dropped = ev.SessionUpdate(session={}, dropped=("temperature is left out.",))
    play = ready() >> dropped
    play << cmd.Note("session_field_dropped", fields={"text": "temperature is left out."})
    play << cmd.ToUpstream(ev.SessionUpdate(event_id="rtp_2", session={"type": "realtime"}))


def test_a_refusal_is_told_in_the_upstreams_words_with_the_path_and_survived() -> None:
    play = ready() >> change("first")
    play.skip() >> change("second")
    message = "Cannot update a conversation's voice if assistant audio is present."
    wrong = ev.Failure(
        code="cannot_update_voice",
        message=message,
        param="session.audio.output.voice",
        event_id="rtp_2",
    )
    play.skip() >> ev.ErrorTold(error=wrong)
    (_, refusal) = play.left()
    failure = refusal.event.error
    assert not refusal.event.fatal
    assert failure.message == message
    assert failure.param == "session.audio.output.voice"
    assert failure.event_id == "first"
    play >> updated()
    play << told(ev.SessionChanged(event_id="second", voice="alloy"))
    play.rest()


def test_speech_stops_cutting_as_soon_as_the_session_says_so() -> None:
    play = ready() >> updated(interrupt_response=False)
    speech = ev.SpeechStarted(audio_start_ms=0, item_id="u")
    play >> ev.ResponseCreated(response={"id": "r", "conversation_id": "c"})
    play.skip() >> speech << told(speech)
    play.rest()
