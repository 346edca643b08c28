"""Before anything is dialled: who the client is and what it wants, as a transcript."""

from __future__ import annotations

import msgspec
import pytest

from playbook import Playbook
from rtproxy.model import events as ev
from rtproxy.model.brief import Brief
from rtproxy.model.close import CloseCode, CloseReason
from rtproxy.session import commands as cmd
from rtproxy.session.formats import UpstreamAudio
from rtproxy.session.greeting import Greeting, Refusal
from rtproxy.session.session import Session
from rtproxy.session.states import State

KIND = {"type": "realtime", "instructions": "Be kind.", "audio": {"output": {"voice": "alloy"}}}
STRANGER = ev.Introduced(event_id="a", user_id="mallory", token="bad")
ANNA = ev.Introduced(user_id="anna")


def configure(start: ev.StartAsked) -> Brief | ev.Misunderstood:
    """A session with what was asked in it."""
    if start.persona == "nobody":
        return ev.Misunderstood(code="unknown_persona", message="no nobody", param="persona")
    output = {"voice": "alloy", **start.session}
    humor = (start.traits or {}).get("humor", 50)
    session = {"type": "realtime", "instructions": f"humor {humor}", "audio": {"output": output}}
    return Brief(session)


def admit(introduced: ev.Introduced) -> Refusal | None:
    if introduced.token == "bad":
        return Refusal("unauthenticated", "This token is not known.", CloseCode.UNAUTHENTICATED)
    return None


def greeting() -> tuple[Playbook, Session]:
    core = Session("sess_1", {}, greeting=Greeting(configure, admit=admit))
    return Playbook(core), core


def refused(code: str, message: str, event_id: str | None = None, **fields: str) -> cmd.ToClient:
    failure = ev.Failure(code=code, message=message, event_id=event_id, **fields)
    return cmd.ToClient(ev.ErrorTold(error=failure))


def code_of(play: Playbook) -> str | None:
    (command,) = play.left()
    code: str | None = command.event.error.code
    return code


def talking() -> tuple[Playbook, Session]:
    """Introduced, started, configured, welcomed."""
    play, core = greeting()
    play >> ANNA
    play.skip() >> ev.StartAsked()
    play.skip() >> ev.SessionCreated(session={"model": "m"})
    play.skip() >> ev.SessionUpdated(session=KIND)
    play.skip()
    assert core.state is State.READY
    return play, core


def test_an_upstream_is_dialled_when_it_is_known_what_for() -> None:
    play, core = greeting()
    assert core.state is State.GREETING
    play >> ANNA << cmd.Note("client_introduced", fields={"user": "anna"})
    play >> ev.StartAsked(gain=0.5, pitch=1.5) << cmd.Shape(0.5, 1.5) << cmd.Dial()
    assert core.state is State.CONNECTING
    play >> ev.SessionCreated(session={"model": "m"})
    asked = configure(ev.StartAsked())
    assert isinstance(asked, Brief)
    play << cmd.ToUpstream(ev.SessionUpdate(event_id="rtp_1", session=asked.session))
    play >> ev.SessionUpdated(session=KIND) << cmd.JoinAudio(UpstreamAudio())
    play << cmd.ToClient(ev.SessionReady(session_id="sess_1", model="m", voice="alloy"))
    play.rest()


def test_a_start_before_the_introduction_says_what_is_due() -> None:
    play, core = greeting()
    play >> ev.StartAsked(event_id="s")
    play << refused("introduction_due", "Who you are is due first.", "s")
    assert core.state is State.GREETING


@pytest.mark.parametrize(
    "event",
    [
        ev.ItemCreate(event_id="e", item={}),
        ev.InputCommit(event_id="e"),
        ev.InputClear(event_id="e"),
        ev.SessionUpdate(event_id="e", session={}),
    ],
    ids=lambda event: type(event).__name__,
)
def test_what_needs_a_conversation_is_told_what_is_due(event: ev.Event) -> None:
    play, _ = greeting()
    play >> event << refused("introduction_due", "Who you are is due first.", "e")
    play >> ANNA
    play.skip() >> event
    play << refused("start_due", "The conversation has not been started yet.", "e")
    play >> ev.ResponseCreate()  # the other half of a typed message: told already
    play.rest()


def test_what_needs_none_is_answered_at_once() -> None:
    play, _ = greeting()
    play >> ev.ClientPing(event_id="p") << cmd.ToClient(ev.Pong(event_id="p"))
    play >> ev.InputAudio(canonical=b"{}") << cmd.Resubmit(b"{}")
    play >> ev.Interrupt()
    play.rest()


def test_who_is_not_admitted_is_told_and_turned_away() -> None:
    play, core = greeting()
    play >> STRANGER
    failure = ev.Failure(code="unauthenticated", message="This token is not known.", event_id="a")
    play << cmd.ToClient(ev.ErrorTold(error=failure, fatal=True))
    play << cmd.End(CloseReason(CloseCode.UNAUTHENTICATED, "This token is not known."))
    play >> ANNA
    play.rest()
    assert core.state is State.CLOSED


def test_a_tokens_session_lies_between_the_persona_and_what_the_client_asks_for() -> None:
    token = {"type": "realtime", "model": "own", "instructions": "token", "audio": {}}
    token["audio"] = {"output": {"voice": "marin", "speed": 1.2}}
    greeting = Greeting(lambda _: Brief(KIND), admit=lambda _: token)
    core = Session("sess_1", {}, greeting=greeting)
    play = Playbook(core) >> ANNA
    asked = {"audio": {"output": {"voice": "ash"}}}
    play.skip() >> ev.StartAsked(session=asked) << cmd.Shape(1.0, 1.0) << cmd.Dial("own")
    play >> ev.SessionCreated(session={})
    (update,) = (each for each in play.left() if isinstance(each, cmd.ToUpstream))
    session = update.event.session
    assert (session["instructions"], session["type"]) == ("token", "realtime")
    assert session["audio"]["output"] == {"voice": "ash", "speed": 1.2}


def test_nobody_can_become_somebody_else() -> None:
    play, _ = greeting()
    play >> ANNA
    play.skip() >> ev.Introduced(event_id="b", user_id="bert")
    assert code_of(play) == "already_introduced"
    play >> ev.StartAsked() << cmd.Shape(1.0, 1.0) << cmd.Dial()


def test_a_start_that_cannot_be_had_leaves_another_try() -> None:
    play, _ = greeting()
    play >> ANNA
    play.skip() >> ev.StartAsked(event_id="s", persona="nobody")
    play << refused("unknown_persona", "no nobody", "s", param="persona")
    play >> ev.StartAsked() << cmd.Shape(1.0, 1.0) << cmd.Dial()


def test_who_says_nothing_in_time_is_turned_away() -> None:
    play, core = greeting()
    play >> ev.GreetingOverdue()
    told, end = play.left()
    assert (told.event.error.code, told.event.fatal) == ("introduction_overdue", True)
    assert end.reason.code == CloseCode.POLICY
    assert core.state is State.CLOSED


def test_who_has_said_who_it_is_may_start_later() -> None:
    play, _ = greeting()
    play >> ANNA
    play.skip() >> ev.GreetingOverdue()
    play.rest()
    play >> ev.StartAsked() << cmd.Shape(1.0, 1.0) << cmd.Dial()


def test_a_conversation_that_has_begun_is_not_overdue() -> None:
    play, _ = greeting()
    play >> ANNA
    play.skip() >> ev.StartAsked()
    play.skip() >> ev.GreetingOverdue()
    play.rest()


# Asked again


def test_a_second_start_changes_what_differs_and_welcomes_again() -> None:
    play, _ = talking()
    play >> ev.StartAsked(event_id="s", traits={"humor": 90}, gain=2.0)
    play << cmd.Shape(2.0, 1.0)
    new = {"type": "realtime", "instructions": "humor 90"}
    play << cmd.ToUpstream(ev.SessionUpdate(event_id="rtp_2", session=new))
    play >> ev.SessionUpdated(session=KIND)
    play << cmd.ToClient(ev.SessionReady(session_id="sess_1", model="m", voice="alloy"))
    play.rest()


def test_a_voice_is_asked_for_by_itself_since_it_may_be_refused() -> None:
    play, _ = talking()
    play >> ev.StartAsked(event_id="s", traits={"humor": 90}, session={"voice": "ash"})
    play << cmd.Shape(1.0, 1.0)
    new = {"type": "realtime", "instructions": "humor 90"}
    play << cmd.ToUpstream(ev.SessionUpdate(event_id="rtp_2", session=new))
    voice = {"type": "realtime", "audio": {"output": {"voice": "ash"}}}
    play << cmd.ToUpstream(ev.SessionUpdate(event_id="rtp_3", session=voice))
    play >> ev.SessionUpdated(session=KIND)
    play.rest()  # not everything that was asked has been answered
    no = ev.Failure(code="cannot_update_voice", message="no")
    play >> ev.ErrorTold(error=msgspec.structs.replace(no, event_id="rtp_3"))
    note, told, ready = play.left()
    assert note.name == "upstream_error"
    assert told.event.error == msgspec.structs.replace(no, event_id="s")
    assert ready.event.voice == "alloy"


def test_a_second_start_that_changes_nothing_is_welcomed_at_once() -> None:
    play, _ = talking()
    play >> ev.StartAsked() << cmd.Shape(1.0, 1.0)
    play << cmd.ToClient(ev.SessionReady(session_id="sess_1", model="m", voice="alloy"))
    play.rest()


def test_a_second_start_takes_back_what_was_changed_in_between() -> None:
    play, _ = talking()
    play >> ev.SessionUpdate(session={"instructions": "Be brief."})
    play.skip() >> ev.SessionUpdated(session=KIND)
    play.skip() >> ev.StartAsked()
    play << cmd.Shape(1.0, 1.0)
    new = {"type": "realtime", "instructions": "humor 50"}
    play << cmd.ToUpstream(ev.SessionUpdate(event_id="rtp_3", session=new))
    play.rest()


def test_a_field_is_asked_for_whole() -> None:
    """An upstream cannot know what kind of turn detection half an object is of."""
    thresholds = iter([0.5, 0.7])
    greeter = Greeting(lambda _: Brief(_listening(next(thresholds))))
    play = Playbook(Session("s", {}, greeting=greeter))
    play >> ANNA
    play.skip() >> ev.StartAsked()
    play.skip() >> ev.SessionCreated(session={})
    play.skip() >> ev.SessionUpdated(session=KIND)
    play.skip() >> ev.StartAsked()
    play << cmd.Shape(1.0, 1.0)
    play << cmd.ToUpstream(ev.SessionUpdate(event_id="rtp_2", session=_listening(0.7)))
    play.rest()


def _listening(threshold: float) -> ev.Json:
    detection = {"type": "server_vad", "threshold": threshold}
    return {"type": "realtime", "audio": {"input": {"turn_detection": detection}}}


def test_a_second_start_that_cannot_be_had_changes_nothing() -> None:
    play, _ = talking()
    play >> ev.StartAsked(persona="nobody", gain=2.0)
    assert code_of(play) == "unknown_persona"


def test_the_client_is_not_welcomed_again_for_other_changes() -> None:
    play, _ = talking()
    play >> ev.SessionUpdated(session=KIND)
    play.rest()
