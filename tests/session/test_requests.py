"""Which messages are requests, and what becomes of one too many."""

from __future__ import annotations

import pytest

from rtproxy.model import events as ev
from rtproxy.session.requests import screened

TYPED = [ev.ItemCreate(event_id="mine", item={}), ev.ResponseCreate(event_id="mine")]


class Allowance:
    """Gives so many, and counts what was asked for."""

    def __init__(self, left: int) -> None:
        self.left = left

    def take(self, now: float) -> float:
        self.left -= 1
        return 0.0 if self.left >= 0 else 0.6 + now


def test_a_message_of_several_events_is_one_request() -> None:
    allowance = Allowance(1)
    assert screened(TYPED, 0.0, take=allowance.take) == TYPED
    assert allowance.left == 0


def test_one_too_many_is_left_out_whole_and_told() -> None:
    (refused,) = screened(TYPED, 0.4, take=Allowance(0).take)
    assert isinstance(refused, ev.Misunderstood)
    assert (refused.code, refused.event_id) == ("rate_limited", "mine")
    assert "1.0 s" in refused.message


@pytest.mark.parametrize(
    "event", [ev.InputCommit(), ev.SessionUpdate(session={}), ev.ResponseCreate()]
)
def test_what_asks_the_upstream_for_something_is_a_request(event: ev.Event) -> None:
    assert screened([event], 0.0, take=Allowance(0).take) != [event]


@pytest.mark.parametrize(
    "event",
    [
        ev.Interrupt(),
        ev.ClientPing(),
        ev.InputClear(),
        ev.InputAudio(canonical=b""),
        ev.Playback(played_ms=0.0),
        ev.ToolAnswered(call_id="c", output=""),
        ev.Misunderstood(code="c", message="m"),
    ],
)
def test_what_tells_or_stops_something_is_none(event: ev.Event) -> None:
    assert screened([event], 0.0, take=Allowance(0).take) == [event]
