"""The session core, as a transcript: events in, commands out."""

from __future__ import annotations

import msgspec
import pytest

from playbook import Playbook
from rtproxy.model import events as ev
from rtproxy.model.close import CloseCode, CloseReason, Origin
from rtproxy.session import commands as cmd
from rtproxy.session.formats import UpstreamAudio
from rtproxy.session.session import Session
from rtproxy.session.states import State

CONFIG = {"type": "realtime", "instructions": "Be kind."}
UPDATED = {
    "type": "realtime",
    "audio": {
        "input": {"turn_detection": {"type": "server_vad", "interrupt_response": True}},
        "output": {"voice": "alloy"},
    },
}


def connecting() -> Playbook:
    return Playbook(Session("sess_1", CONFIG))


def ready(updated: dict[str, object] = UPDATED) -> Playbook:
    play = connecting() >> ev.SessionCreated(session={"model": "gpt-realtime"})
    play.skip() >> ev.SessionUpdated(session=updated)
    return play.skip()


def told(event: ev.Event, response_id: str | None = None) -> cmd.ToClient:
    return cmd.ToClient(event, response_id)


def answering(play: Playbook, response_id: str = "resp_1", item_id: str = "item_1") -> Playbook:
    """An answer whose first audio is on its way and whose start the client has seen."""
    play >> ev.ResponseCreated(response={"id": response_id, "conversation_id": "conv_1"})
    play >> ev.OutputItemAdded(response_id=response_id, item={"id": item_id})
    return play << starting(response_id, item_id)


def starting(response_id: str, item_id: str | None = None) -> cmd.TellWhenPlayed:
    started = ev.AnswerStarted(response_id=response_id, item_id=item_id)
    return cmd.TellWhenPlayed(response_id, started, starts=True)


def test_the_upstream_is_configured_first_and_then_the_client_is_welcome() -> None:
    play = connecting()
    play >> ev.SessionCreated(session={"model": "gpt-realtime"})
    play << cmd.ToUpstream(ev.SessionUpdate(event_id="rtp_1", session=CONFIG))
    play >> ev.SessionUpdated(session=UPDATED)
    play << cmd.JoinAudio(UpstreamAudio())
    play << told(ev.SessionReady(session_id="sess_1", model="gpt-realtime", voice="alloy"))
    play.rest()
    assert play.core.state is State.READY  # type: ignore[attr-defined]  # a Session


def test_a_custom_voice_is_told_by_its_id() -> None:
    play = connecting() >> ev.SessionCreated(session={})
    updated = {"audio": {"output": {"voice": {"id": "voice_7"}}}}
    play.skip() >> ev.SessionUpdated(session=updated)
    play << cmd.JoinAudio(UpstreamAudio())
    play << told(ev.SessionReady(session_id="sess_1", model="", voice="voice_7"))


def test_a_configuration_that_the_upstream_refuses_ends_the_session_with_its_words() -> None:
    play = connecting() >> ev.SessionCreated(session={})
    refused = ev.Failure(code="unknown_parameter", message="Unknown: 'x'", param="session.x")
    play.skip() >> ev.ErrorTold(error=msgspec.structs.replace(refused, event_id="rtp_1"))
    about = {"about": "SessionUpdate", "sent_as": "rtp_1"}
    note = {"code": "unknown_parameter", "text": "Unknown: 'x'", **about}
    play << cmd.Note("upstream_error", "error", note)
    play << told(ev.ErrorTold(error=refused, fatal=True))
    play << cmd.End(CloseReason(CloseCode.UPSTREAM_REFUSED, "Unknown: 'x'", Origin.PEER))


def test_an_answer_is_told_when_it_has_been_played_not_when_it_was_generated() -> None:
    play = answering(ready())
    play >> ev.OutputAudioDone(response_id="resp_1", item_id="item_1")
    played = ev.AnswerPlayed(response_id="resp_1", item_id="item_1")
    play << cmd.TellWhenPlayed("resp_1", played)
    play >> ev.ResponseDone(response={"id": "resp_1", "status": "completed", "usage": {"n": 1}})
    play << cmd.Finish("resp_1") << cmd.PlaceMark("resp_1", b"over 0 resp_1")
    assert play.core.state is State.RESPONDING  # type: ignore[attr-defined]  # a Session
    play >> ev.MarkReached(token=b"over 0 resp_1")
    play << told(ev.AnswerOver(response_id="resp_1", status="completed", usage={"n": 1}))
    play.rest()
    assert play.core.state is State.READY  # type: ignore[attr-defined]  # a Session


def test_text_of_an_answer_names_it_so_that_it_waits_behind_its_start() -> None:
    play = ready() >> ev.ResponseCreated(response={"id": "r", "conversation_id": "c"})
    text = ev.OutputTextDelta(response_id="r", item_id="i", delta="Hel", spoken=True)
    play >> text
    play << told(text, "r")


def test_an_answer_without_items_still_has_a_start_and_an_end() -> None:
    play = ready() >> ev.ResponseCreated(response={"id": "r", "conversation_id": "c"})
    error = {"type": "server_error", "code": "boom", "message": "It failed."}
    failed = {"id": "r", "status": "failed", "status_details": {"error": error}}
    play >> ev.ResponseDone(response=failed)
    play << cmd.Finish("r")
    play << told(
        ev.ErrorTold(error=ev.Failure(type="server_error", code="boom", message="It failed."))
    )
    play << starting("r") << cmd.PlaceMark("r", b"over 0 r")


def heard(item_id: str, heard_ms: float, received_ms: float) -> ev.HeardPart:
    return ev.HeardPart(
        item_id=item_id, content_index=0, heard_ms=heard_ms, received_ms=received_ms
    )


def test_speech_cuts_the_answer_and_truncates_it_to_what_was_heard() -> None:
    play = answering(ready())
    speech = ev.SpeechStarted(audio_start_ms=1200, item_id="item_u")
    play >> speech << told(speech) << cmd.Drop("resp_1")
    play >> ev.Dropped(response_id="resp_1", heard=(heard("item_1", 730.9, 2000.0),))
    play << told(ev.Interrupted(item_id="item_1", played_ms=730), "resp_1")
    truncate = ev.ItemTruncate(
        event_id="rtp_2", item_id="item_1", content_index=0, audio_end_ms=730
    )
    play << cmd.ToUpstream(truncate)
    play.rest()


def test_speech_cuts_an_answer_that_the_upstream_had_long_finished() -> None:
    play = answering(ready())
    play >> ev.ResponseDone(response={"id": "resp_1", "status": "completed"})
    play << cmd.Finish("resp_1") << cmd.PlaceMark("resp_1", b"over 0 resp_1")
    play >> ev.SpeechStarted(audio_start_ms=0, item_id="u")
    play << told(ev.SpeechStarted(audio_start_ms=0, item_id="u")) << cmd.Drop("resp_1")
    play >> ev.MarkReached(token=b"over 0 resp_1")
    play << told(ev.AnswerOver(response_id="resp_1", status="cancelled"))


def test_what_was_heard_whole_is_not_truncated() -> None:
    play = answering(ready())
    play >> ev.OutputAudioDone(response_id="resp_1", item_id="item_1")
    play.skip() >> ev.SpeechStarted(audio_start_ms=0, item_id="u")
    play.skip() >> ev.Dropped(
        response_id="resp_1", heard=(heard("item_1", 500.0, 500.0), heard("item_2", 0.0, 40.0))
    )
    play << told(ev.Interrupted(item_id="item_2", played_ms=0), "resp_1")
    play.skip()


def test_a_part_still_being_generated_is_truncated_though_all_that_came_was_heard() -> None:
    play = answering(ready()) >> ev.SpeechStarted(audio_start_ms=0, item_id="u")
    play.skip() >> ev.Dropped(response_id="resp_1", heard=(heard("item_1", 500.0, 500.0),))
    play << told(ev.Interrupted(item_id="item_1", played_ms=500), "resp_1")
    play.skip()


def test_an_answer_that_was_heard_whole_is_not_cut_at_all() -> None:
    play = answering(ready()) >> ev.OutputAudioDone(response_id="resp_1", item_id="item_1")
    play.skip() >> ev.ResponseDone(response={"id": "resp_1", "status": "completed"})
    play.skip() >> ev.SpeechStarted(audio_start_ms=0, item_id="u")
    play.skip() >> ev.Dropped(response_id="resp_1", heard=(heard("item_1", 500.0, 500.0),))
    play.rest()
    play >> ev.MarkReached(token=b"over 0 resp_1")
    play << told(ev.AnswerOver(response_id="resp_1", status="completed"))


def test_an_answer_that_is_cut_before_its_next_part_is_told_and_keeps_what_was_heard() -> None:
    play = answering(ready()) >> ev.OutputAudioDone(response_id="resp_1", item_id="item_1")
    play.skip() >> ev.Interrupt()
    play.skip() >> ev.Dropped(response_id="resp_1", heard=(heard("item_1", 500.0, 500.0),))
    play << told(ev.Interrupted(item_id="item_1", played_ms=500), "resp_1")
    play.rest()


def test_an_answer_that_is_cut_before_its_first_audio_is_told_too() -> None:
    play = answering(ready()) >> ev.Interrupt()
    play.skip() >> ev.Dropped(response_id="resp_1", heard=())
    play << told(ev.Interrupted(item_id="item_1", played_ms=0), "resp_1")
    play.rest()


def test_an_answer_is_cut_once() -> None:
    play = answering(ready()) >> ev.SpeechStarted(audio_start_ms=0, item_id="u")
    play.skip() >> ev.SpeechStarted(audio_start_ms=9, item_id="v")
    play << told(ev.SpeechStarted(audio_start_ms=9, item_id="v"))
    play.rest()


def test_speech_does_not_cut_where_the_session_forbids_it() -> None:
    deaf = {"audio": {"input": {"turn_detection": {"interrupt_response": False}}}}
    play = answering(ready(deaf))
    speech = ev.SpeechStarted(audio_start_ms=1, item_id="u")
    play >> speech << told(speech)
    play.rest()


def test_interrupt_cancels_what_is_being_generated_and_cuts_what_plays() -> None:
    play = answering(ready()) >> ev.Interrupt()
    play << cmd.ToUpstream(ev.ResponseCancel(event_id="rtp_2", response_id="resp_1"))
    play << cmd.Drop("resp_1")
    play.rest()


def test_interrupt_with_nothing_playing_is_silent() -> None:
    (ready() >> ev.Interrupt()).rest()


def test_a_response_outside_the_conversation_never_enters_the_lane() -> None:
    play = ready() >> ev.ResponseCreated(response={"id": "oob", "conversation_id": None})
    play << cmd.Exclude("oob")
    play >> ev.OutputItemAdded(response_id="oob", item={"id": "i"})
    play >> ev.OutputTextDelta(response_id="oob", item_id="i", delta="x")
    play >> ev.OutputAudioDone(response_id="oob", item_id="i")
    play >> ev.ResponseDone(response={"id": "oob", "status": "completed"})
    play << cmd.Finish("oob")
    play.rest()


# Asking for answers


def test_a_commit_asks_for_an_answer_once_the_upstream_has_it() -> None:
    play = ready() >> ev.InputCommit(respond=True)
    play << cmd.FlushInput() << cmd.ToUpstream(ev.InputCommit(event_id="rtp_2", respond=True))
    play >> ev.InputCommitted(item_id="u")
    play << cmd.ToUpstream(ev.ResponseCreate(event_id="rtp_3", only_if_idle=True))
    play >> ev.InputCommitted(item_id="v")  # turn detection's own commit asks for nothing
    play.rest()


def test_a_commit_asks_for_nothing_while_an_answer_is_under_way() -> None:
    play = answering(ready()) >> ev.InputCommit(respond=True)
    play.skip() >> ev.InputCommitted(item_id="u")
    play.rest()


def test_an_empty_commit_is_told_and_survived_and_nothing_is_asked() -> None:
    play = ready() >> ev.InputCommit(event_id="mine", respond=True)
    empty = ev.Failure(code="input_audio_buffer_commit_empty", message="too small")
    play.skip() >> ev.ErrorTold(error=msgspec.structs.replace(empty, event_id="rtp_2"))
    about = {"about": "InputCommit", "sent_as": "rtp_2", "client_event_id": "mine"}
    note = {"code": empty.code, "text": "too small", **about}
    play << cmd.Note("upstream_error", "warning", note)
    play << told(ev.ErrorTold(error=msgspec.structs.replace(empty, event_id="mine")))
    play >> ev.InputCommitted(item_id="later")
    play.rest()


def test_two_answers_asked_at_once_come_one_after_the_other() -> None:
    play = ready() >> ev.ResponseCreate(event_id="a")
    play << cmd.ToUpstream(ev.ResponseCreate(event_id="rtp_2"))
    play >> ev.ResponseCreate(event_id="b")
    play.rest()
    play >> ev.ResponseCreated(response={"id": "r1", "conversation_id": "c"})
    play >> ev.ResponseDone(response={"id": "r1", "status": "completed"})
    play << cmd.Finish("r1") << starting("r1")
    play << cmd.PlaceMark("r1", b"over 0 r1")
    play << cmd.ToUpstream(ev.ResponseCreate(event_id="rtp_3"))


def test_a_request_that_met_an_answer_of_turn_detection_is_asked_again() -> None:
    play = ready() >> ev.ResponseCreate()
    play.skip() >> ev.ResponseCreated(response={"id": "vad", "conversation_id": "c"})
    active = ev.Failure(code="conversation_already_has_active_response", event_id="rtp_2")
    play >> ev.ErrorTold(error=active)
    play.rest()
    play >> ev.ResponseDone(response={"id": "vad", "status": "completed"})
    play << cmd.Finish("vad") << starting("vad")
    play << cmd.PlaceMark("vad", b"over 0 vad")
    play << cmd.ToUpstream(ev.ResponseCreate(event_id="rtp_3"))


def test_the_refused_request_follows_the_answer_that_was_in_its_way() -> None:
    play = ready() >> ev.ResponseCreate()
    active = ev.Failure(code="conversation_already_has_active_response", event_id="rtp_2")
    play.skip() >> ev.ErrorTold(error=active)
    play >> ev.ResponseCreated(response={"id": "vad", "conversation_id": "c"})
    play >> ev.ResponseDone(response={"id": "vad", "status": "completed"})
    commands = [cmd.Finish("vad"), starting("vad")]
    play << commands[0] << commands[1] << cmd.PlaceMark("vad", b"over 0 vad")
    play << cmd.ToUpstream(ev.ResponseCreate(event_id="rtp_3"))


def test_a_refused_request_makes_room_for_the_next() -> None:
    play = ready() >> ev.ResponseCreate(event_id="a")
    play.skip() >> ev.ResponseCreate(event_id="b")
    bad = ev.Failure(code="invalid_value", message="no", event_id="rtp_2")
    play >> ev.ErrorTold(error=bad)
    about = {"about": "ResponseCreate", "sent_as": "rtp_2", "client_event_id": "a"}
    note = {"code": "invalid_value", "text": "no", **about}
    play << cmd.Note("upstream_error", "warning", note)
    play << told(ev.ErrorTold(error=msgspec.structs.replace(bad, event_id="a")))
    play << cmd.ToUpstream(ev.ResponseCreate(event_id="rtp_3"))


def test_waiting_requests_have_a_bound() -> None:
    play = ready() >> ev.ResponseCreate()
    play.skip()
    for _ in range(32):
        play >> ev.ResponseCreate()
    play >> ev.ResponseCreate(event_id="one too many")
    (refused,) = play._left
    assert refused.event.error.code == "too_many_waiting_responses"
    assert refused.event.error.event_id == "one too many"
    play.skip()


# Errors and ends


@pytest.mark.parametrize("cause", [ev.Interrupt()])
def test_refusals_of_our_own_doings_stay_in_the_log(cause: ev.Event) -> None:
    play = answering(ready()) >> cause
    late = ev.Failure(code="response_cancel_not_active", event_id="rtp_2")
    play.skip() >> ev.ErrorTold(error=late)
    note = {"code": late.code, "about": "ResponseCancel", "sent_as": "rtp_2"}
    play << cmd.Note("upstream_refused_ours", "debug", note)
    play.rest()


@pytest.mark.parametrize(
    ("code", "close"),
    [
        ("invalid_api_key", CloseCode.UPSTREAM_REFUSED),
        ("model_not_found", CloseCode.UPSTREAM_REFUSED),
        ("session_expired", CloseCode.TRY_LATER),
    ],
)
def test_fatal_errors_are_told_and_end_the_session(code: str, close: CloseCode) -> None:
    play = ready() >> ev.ErrorTold(error=ev.Failure(code=code, message="why"))
    play << cmd.Note("upstream_error", "error", {"code": code, "text": "why"})
    play << told(ev.ErrorTold(error=ev.Failure(code=code, message="why"), fatal=True))
    play << cmd.End(CloseReason(close, "why", Origin.PEER))
    play >> ev.SpeechStarted(audio_start_ms=0, item_id="after the end")
    play.rest()


@pytest.mark.parametrize(
    ("code", "final", "close"),
    [
        (1006, False, CloseCode.TRY_LATER),
        (1013, False, CloseCode.TRY_LATER),
        (1013, True, CloseCode.UPSTREAM_REFUSED),
        (3000, False, CloseCode.UPSTREAM_REFUSED),
        (4004, False, CloseCode.UPSTREAM_REFUSED),
    ],
)
def test_losing_the_upstream_is_told_and_ends_the_session(
    code: int, final: bool, close: CloseCode
) -> None:
    play = ready() >> ev.UpstreamLost(code=code, reason="gone", final=final)
    note, error, end = play._left
    assert note.name == "upstream_lost"
    assert error.event.fatal
    assert ": gone; connect" in error.event.error.message
    assert end.reason.code == close
    play.skip()


def test_what_a_client_said_wrongly_is_told_and_survived() -> None:
    wrong = ev.Misunderstood(code="invalid_json", message="no", param="x", event_id="e")
    play = ready() >> wrong
    fields = {"code": "invalid_json", "param": "x", "text": "no"}
    play << cmd.Note("client_message_refused", fields=fields)
    failure = ev.Failure(code="invalid_json", message="no", param="x", event_id="e")
    play << told(ev.ErrorTold(error=failure))


def test_a_ping_is_answered() -> None:
    (ready() >> ev.ClientPing(event_id="p") << told(ev.Pong(event_id="p"))).rest()


def test_audio_that_only_a_parser_could_read_takes_the_lane() -> None:
    (ready() >> ev.InputAudio(canonical=b"{}") << cmd.Resubmit(b"{}")).rest()


def test_unknown_events_lead_to_nothing() -> None:
    (ready() >> ev.Other(type="response.mcp_call.completed")).rest()
