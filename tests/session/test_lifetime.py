"""How long a session lasts: inactivity, and the upstream's own end."""

from __future__ import annotations

from math import inf

import pytest

from playbook import Playbook
from rtproxy.model import events as ev
from rtproxy.model.close import CloseCode
from rtproxy.session.lifetime import Patience
from rtproxy.session.session import Session
from session.stage import CONFIG, answering, over, ready, told, updated

UNIX_S = 1_790_000_000.0


def patient(inactive_s: float = 600.0) -> Playbook:
    return ready(patience=Patience(inactive_s=inactive_s, expiring_s=60.0))


def deadline(play: Playbook) -> float:
    assert isinstance(play.core, Session)
    return play.core.deadline


def at(play: Playbook, now: float, event: ev.Event | None = None) -> Playbook:
    play.rest()
    play.now = now
    return play >> (event or ev.TimePassed())


def assert_ends(play: Playbook) -> None:
    error, end = play.left()
    assert error.event.fatal
    assert error.event.error.code == "inactive"
    assert "600 s" in error.event.error.message
    assert end.reason.code == CloseCode.INACTIVE


def test_nothing_is_waited_for_before_the_upstream_has_spoken() -> None:
    assert Session("s", CONFIG).deadline == inf


def test_who_does_nothing_is_told_and_closed() -> None:
    play = patient()
    assert deadline(play) == 600.0
    at(play, 599.9).rest()
    assert_ends(at(play, 600.0))


@pytest.mark.parametrize(
    "event",
    [
        ev.SpeechStarted(audio_start_ms=0, item_id="u"),
        ev.InputCommit(),
        ev.ItemCreate(item={}),
        ev.ToolAnswered(call_id="c", output=""),
        ev.SessionUpdate(session={}),
    ],
)
def test_whatever_somebody_does_begins_the_wait_anew(event: ev.Event) -> None:
    play = at(patient(), 500.0, event).skip()
    assert deadline(play) == 1100.0
    at(play, 600.0).rest()
    assert_ends(at(play, 1100.0))


@pytest.mark.parametrize("event", [ev.ClientPing(), ev.Playback(played_ms=0.0)])
def test_what_a_frontend_says_by_itself_is_no_sign_of_life(event: ev.Event) -> None:
    play = at(patient(), 500.0, event).skip()
    assert_ends(at(play, 600.0))


def test_an_answer_that_plays_is_something() -> None:
    play = answering(patient())
    over(play).skip()
    at(play, 600.0).rest()
    assert deadline(play) == 1200.0
    at(play, 900.0, ev.MarkReached(token=b"over 0 resp_1")).skip()
    assert deadline(play) == 1500.0
    assert_ends(at(play, 1500.0))


def expiring(expires_in_s: object) -> Playbook:
    """A session whose upstream names its end, seen at our clock's 100 s."""
    play = Playbook(Session("s", CONFIG, patience=Patience(inactive_s=9e3, expiring_s=60.0)))
    at(play, 100.0, ev.ClockRead(unix_s=UNIX_S))
    end = UNIX_S + expires_in_s if isinstance(expires_in_s, int | float) else expires_in_s
    play >> ev.SessionCreated(session={"expires_at": end})
    play.skip() >> updated()
    return play.skip()


def test_the_upstreams_end_is_told_before_it_comes_once() -> None:
    play = expiring(3600)
    assert deadline(play) == 100.0 + 3600 - 60
    at(play, 3640.0)
    (play << told(ev.SessionExpiring(in_ms=60_000))).rest()
    at(play, 3650.0).rest()
    assert deadline(play) == 100.0 + 9e3


def test_an_end_that_is_near_is_told_at_once_with_what_is_left() -> None:
    play = expiring(10)
    assert deadline(play) < 100.0
    at(play, 101.0)
    play << told(ev.SessionExpiring(in_ms=9_000))


@pytest.mark.parametrize("expires_in_s", [None, "soon", -5, 10_000_000])
def test_an_end_that_cannot_be_is_not_believed(expires_in_s: object) -> None:
    assert deadline(expiring(expires_in_s)) == 100.0 + 9e3


def test_a_session_object_may_move_the_end() -> None:
    play = expiring(600)
    later = updated()
    later.session["expires_at"] = UNIX_S + 1200
    (play >> later).skip()
    assert deadline(play) == 100.0 + 1200 - 60


def test_after_the_end_nothing_is_waited_for_that_leads_to_anything() -> None:
    play = patient()
    assert_ends(at(play, 600.0))
    assert deadline(play) == inf
    at(play, 2000.0).rest()
