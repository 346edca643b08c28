"""The relaying core: it watches, and speaks only of what concerns the proxy."""

from __future__ import annotations

from playbook import Playbook
from rtproxy.model import events as ev
from rtproxy.model.close import CloseCode, CloseReason, Origin
from rtproxy.session import commands as cmd
from rtproxy.session.relay import RelaySession
from rtproxy.session.states import State


def relay() -> tuple[Playbook, RelaySession]:
    core = RelaySession("sess_1")
    return Playbook(core), core


def test_messages_pass_in_their_own_direction() -> None:
    play, _ = relay()
    up = ev.Opaque(raw=b'{"a":1}', to_upstream=True)
    play >> up << cmd.ToUpstream(up)
    down = ev.Opaque(raw=b'{"b":1}', to_upstream=False)
    play >> down << cmd.ToClient(down)
    play.rest()


def test_a_session_of_another_shape_is_asked_for_in_the_upstreams() -> None:
    play, _ = relay()
    update = ev.SessionUpdate(event_id="mine", session={"type": "realtime"}, dropped=("No x.",))
    play >> update << cmd.Note("session_field_dropped", fields={"text": "No x."})
    play << cmd.ToUpstream(update)
    play >> ev.ShapeKnown(beta=True)
    play.rest()


def test_it_knows_whether_somebody_is_being_answered() -> None:
    play, core = relay()
    play >> ev.SessionCreated(session={})
    assert core.state is State.READY
    play >> ev.ResponseCreated(response={"id": "a"})
    play >> ev.ResponseCreated(response={"id": "b"})
    play >> ev.ResponseDone(response={"id": "a"})
    assert core.state is State.RESPONDING
    play >> ev.ResponseDone(response={"id": "b"})
    assert core.state is State.READY
    play.rest()


def test_what_is_no_message_is_told_in_the_upstreams_shape() -> None:
    play, _ = relay()
    play >> ev.Misunderstood(code="invalid_json", message="no")
    failure = ev.Failure(code="invalid_json", message="no")
    play << cmd.ToClient(ev.ErrorTold(event_id="event_rtproxy_1", error=failure))
    play.rest()


def test_the_upstreams_errors_are_the_clients_business() -> None:
    play, _ = relay()
    play >> ev.ErrorTold(error=ev.Failure(code="invalid_api_key", message="m"))
    play << cmd.Note("upstream_error", "warning", {"code": "invalid_api_key", "text": "m"})
    play.rest()


def test_losing_the_upstream_ends_the_session() -> None:
    play, core = relay()
    play >> ev.UpstreamLost(code=3000, reason="invalid_request_error.invalid_api_key")
    assert [type(command) for command in play._left] == [cmd.Note, cmd.ToClient, cmd.End]
    assert play._left[-1].reason.code == CloseCode.UPSTREAM_REFUSED
    told = play._left[1].event.error
    assert told.code == "upstream_refused"
    assert told.message.startswith("The upstream refuses this session: invalid_request_error")
    play.skip() >> ev.Opaque(raw=b"{}", to_upstream=True)
    play.rest()
    assert core.state is State.CLOSED


def test_a_session_that_was_closed_as_asked_is_not_lost() -> None:
    play, core = relay()
    play >> ev.Other(type="session.closed")
    play >> ev.UpstreamLost(code=1000, reason="")
    play << cmd.End(CloseReason(CloseCode.DONE, "the session was closed", Origin.PEER))
    assert core.state is State.CLOSED
