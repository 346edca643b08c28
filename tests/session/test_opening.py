"""Who speaks first: an answer that is asked for before the client has said a word."""

from __future__ import annotations

from playbook import Playbook
from rtproxy.model import events as ev
from rtproxy.model.brief import Brief
from rtproxy.session import commands as cmd
from rtproxy.session.formats import UpstreamAudio
from rtproxy.session.greeting import Greeting
from rtproxy.session.session import Session

CONFIG = {"type": "realtime", "instructions": "Be kind."}
OPENING = {"instructions": "Be kind. Say hello."}
UPDATED: ev.Json = {"audio": {"output": {"voice": "alloy"}}}
ACTIVE = "conversation_already_has_active_response"


def opened() -> Playbook:
    """Ready, and the opening asked for."""
    play = Playbook(Session("sess_1", CONFIG, opening=OPENING))
    play >> ev.SessionCreated(session={"model": "m"})
    play << cmd.ToUpstream(ev.SessionUpdate(event_id="rtp_1", session=CONFIG))
    play >> ev.SessionUpdated(session=UPDATED) << cmd.JoinAudio(UpstreamAudio())
    play << cmd.ToClient(ev.SessionReady(session_id="sess_1", model="m", voice="alloy"))
    opening = ev.ResponseCreate(event_id="rtp_2", response=OPENING, only_if_idle=True)
    return play << cmd.ToUpstream(opening)


def test_the_opening_follows_the_welcome_and_comes_once() -> None:
    play = opened()
    play >> ev.SessionUpdated(session=UPDATED)
    play.rest()


def test_what_the_client_asks_meanwhile_is_answered_after_it() -> None:
    play = opened()
    play >> ev.ResponseCreate(event_id="mine")
    play.rest()
    play >> ev.ResponseCreated(response={"id": "resp_1", "conversation_id": "conv_1"})
    play >> ev.ResponseDone(response={"id": "resp_1", "status": "completed"})
    sent = [command.event for command in play.left() if isinstance(command, cmd.ToUpstream)]
    assert sent == [ev.ResponseCreate(event_id="rtp_3")]


def test_who_has_spoken_meanwhile_is_answered_instead() -> None:
    play = opened()
    refused = ev.Failure(code=ACTIVE, message="busy", event_id="rtp_2")
    play >> ev.ErrorTold(error=refused)
    play.rest()
    play >> ev.ResponseCreated(response={"id": "resp_1", "conversation_id": "conv_1"})
    play >> ev.ResponseDone(response={"id": "resp_1", "status": "completed"})
    assert not [command for command in play.left() if isinstance(command, cmd.ToUpstream)]


def test_a_start_brings_its_own_opening_and_the_model_to_dial() -> None:
    brief = Brief(CONFIG, OPENING, "gpt-realtime-2")
    play = Playbook(Session("sess_1", {}, greeting=Greeting(lambda _: brief)))
    play >> ev.Introduced(user_id="anna")
    play.skip() >> ev.StartAsked() << cmd.Shape(1.0, 1.0) << cmd.Dial("gpt-realtime-2")
    play >> ev.SessionCreated(session={"model": "gpt-realtime-2"})
    play.skip() >> ev.SessionUpdated(session=UPDATED)
    (opening,) = [
        command.event.response
        for command in play.left()
        if isinstance(command, cmd.ToUpstream) and isinstance(command.event, ev.ResponseCreate)
    ]
    assert opening == OPENING
    play >> ev.StartAsked()  # a second start changes the session; nobody is greeted again
    assert not [
        command
        for command in play.left()
        if isinstance(command, cmd.ToUpstream) and isinstance(command.event, ev.ResponseCreate)
    ]
