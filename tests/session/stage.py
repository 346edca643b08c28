"""A session in the states that transcripts begin with."""

from __future__ import annotations

from typing import Any

from playbook import Playbook
from rtproxy.model import events as ev
from rtproxy.session import commands as cmd
from rtproxy.session.session import Session

CONFIG = {"type": "realtime", "instructions": "Be kind."}


def updated(**turn_detection: Any) -> ev.SessionUpdated:
    """What the upstream says that the session is; turn detection with these fields."""
    detection = {"type": "server_vad", **turn_detection}
    audio = {"input": {"turn_detection": detection}, "output": {"voice": "alloy"}}
    return ev.SessionUpdated(session={"type": "realtime", "audio": audio})


def ready(session: ev.SessionUpdated | None = None, **made_with: Any) -> Playbook:
    """A session whose client was told that it is ready."""
    play = Playbook(Session("sess_1", CONFIG, **made_with))
    play >> ev.SessionCreated(session={"model": "gpt-realtime"})
    play.skip() >> (session or updated())
    return play.skip()


def told(event: ev.Event, response_id: str | None = None) -> cmd.ToClient:
    return cmd.ToClient(event, response_id)


def refused(play: Playbook) -> ev.Failure:
    """The one thing that came out: an error that the session survives."""
    (command,) = play.left()
    assert isinstance(command, cmd.ToClient)
    assert isinstance(command.event, ev.ErrorTold)
    assert not command.event.fatal
    return command.event.error


def answering(play: Playbook, response_id: str = "resp_1", item_id: str = "item_1") -> Playbook:
    """An answer has begun, and the client knows it."""
    play >> ev.ResponseCreated(response={"id": response_id, "conversation_id": "conv_1"})
    play.skip() >> ev.OutputItemAdded(response_id=response_id, item={"id": item_id})
    started = ev.AnswerStarted(response_id=response_id, item_id=item_id)
    return play << cmd.TellWhenPlayed(response_id, started, starts=True)


def over(play: Playbook, response_id: str = "resp_1", status: str = "completed") -> Playbook:
    """The upstream is done with the answer."""
    return play >> ev.ResponseDone(response={"id": response_id, "status": status})
