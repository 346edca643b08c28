"""What the proxy itself asks beside the conversation."""

from __future__ import annotations

from typing import Any

from playbook import Playbook
from rtproxy.model import events as ev
from rtproxy.session import commands as cmd
from session.stage import answering, ready

TEXT = {"content": [{"type": "output_text", "text": "A title"}]}


def asked(play: Playbook, number: int) -> str:
    """Ask; the mark by which the response is known again."""
    play >> ev.AskAside(number=number, response={"metadata": {"for": "title"}})
    (sent,) = play.left()
    assert isinstance(sent, cmd.ToUpstream)
    assert isinstance(sent.event, ev.ResponseCreate)
    response = sent.event.response or {}
    assert response["conversation"] == "none"
    return str(response["metadata"]["rtproxy_aside"])


def response(mark: str, **fields: Any) -> ev.Json:
    metadata = {"for": "title", "rtproxy_aside": mark}
    return {"id": f"o{mark}", "conversation_id": None, "metadata": metadata, **fields}


def test_the_answer_is_for_who_asked() -> None:
    play = answering(ready())
    mark = asked(play, 7)
    play >> ev.ResponseCreated(response=response(mark)) << cmd.Exclude(f"o{mark}")
    play >> ev.ResponseDone(response=response(mark, status="completed", output=[TEXT]))
    play << cmd.Finish(f"o{mark}")
    play << cmd.Aside(7, "A title", "completed", {"for": "title"})
    play.rest()


def test_a_failure_is_an_answer() -> None:
    play = ready()
    mark = asked(play, 7)
    error = {"type": "server_error", "code": "boom", "message": "It failed."}
    failed = response(mark, status="failed", status_details={"error": error})
    play >> ev.ResponseDone(response=failed)
    (aside,) = play.left()
    failure = ev.Failure(type="server_error", code="boom", message="It failed.")
    assert aside == cmd.Aside(7, "", "failed", {"for": "title"}, failure)


def test_a_refusal_is_an_answer_and_the_client_hears_nothing_of_it() -> None:
    play = ready()
    asked(play, 7)
    failure = ev.Failure(code="invalid_value", message="No.", event_id="rtp_2")
    play >> ev.ErrorTold(error=failure)
    fields = {"code": "invalid_value", "text": "No."}
    play << cmd.Note("aside_refused", "warning", fields)
    play << cmd.Aside(7, "", "failed", failure=failure)
    play.rest()


def test_too_many_are_answered_at_once() -> None:
    play = ready()
    for number in range(16):
        asked(play, number)
    play >> ev.AskAside(number=16)
    note, aside = play.left()
    assert (note.name, aside.number, aside.failure.code) == (
        "aside_refused",
        16,
        "too_many_responses",
    )


def test_one_that_is_forgotten_is_stopped_and_told_to_nobody() -> None:
    play = ready()
    mark = asked(play, 7)
    play >> ev.ResponseCreated(response=response(mark)) << cmd.Exclude(f"o{mark}")
    play >> ev.ForgetAside(number=7)
    play << cmd.ToUpstream(ev.ResponseCancel(event_id="rtp_3", response_id=f"o{mark}"))
    play >> ev.ResponseDone(response=response(mark, status="cancelled"))
    play << cmd.Finish(f"o{mark}")
    play.rest()


def test_one_that_is_forgotten_before_it_begins_is_stopped_when_it_does() -> None:
    play = ready()
    mark = asked(play, 7)
    play >> ev.ForgetAside(number=7)
    play >> ev.ResponseCreated(response=response(mark)) << cmd.Exclude(f"o{mark}")
    play << cmd.ToUpstream(ev.ResponseCancel(event_id="rtp_3", response_id=f"o{mark}"))
    play >> ev.ForgetAside(number=8)
    play.rest()


def test_an_answer_of_the_conversation_is_none_whatever_its_metadata() -> None:
    play = ready()
    mark = asked(play, 7)
    inside = {**response(mark), "id": "r", "conversation_id": "c"}
    play >> ev.ResponseCreated(response=inside)
    play.rest()
    play >> ev.OutputItemAdded(response_id="r", item={"id": "i"})
    started = ev.AnswerStarted(response_id="r", item_id="i")
    play << cmd.TellWhenPlayed("r", started, starts=True)
    play.rest()
