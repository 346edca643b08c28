"""What a client reports that it has played: believed where it can be true."""

from __future__ import annotations

import pytest

from playbook import Playbook
from rtproxy.model import events as ev
from rtproxy.session import commands as cmd
from session.stage import answering, over, ready, refused


def report(
    play: Playbook, played_ms: float, sent_ms: float | None, item_id: str | None = "item_1"
) -> Playbook:
    """The client says that it has played so much, and so much had been sent."""
    play >> ev.Playback(event_id="mine", item_id=item_id, played_ms=played_ms)
    play << cmd.Measure(item_id, played_ms, "mine")
    return play >> ev.Measured(
        event_id="mine", item_id=item_id, sent_ms=sent_ms, played_ms=played_ms
    )


@pytest.mark.parametrize("played_ms", [0.0, 730.5, 1000.0, 1020.0])
def test_what_was_sent_can_have_been_heard(played_ms: float) -> None:
    play = report(answering(ready()), played_ms, 1000.0)
    (play << cmd.Playback("item_1", played_ms)).rest()


def test_more_than_was_sent_cannot_and_the_bound_is_named() -> None:
    failure = refused(report(answering(ready()), 5000.0, 1000.0))
    assert (failure.code, failure.param, failure.event_id) == ("invalid_field", "playedMs", "mine")
    assert "5000" in failure.message
    assert "1000 ms" in failure.message


def test_of_an_item_that_was_never_sent_nothing_can() -> None:
    failure = refused(report(answering(ready()), 0.0, None, "item_9"))
    assert (failure.code, failure.param) == ("unknown_item", "itemId")
    assert "item_9" in failure.message


def test_without_an_item_the_one_that_plays_is_meant() -> None:
    play = answering(ready()) >> ev.Playback(played_ms=200.0)
    play << cmd.Measure(None, 200.0)
    play >> ev.Measured(item_id="item_1", sent_ms=400.0, played_ms=200.0)
    (play << cmd.Playback("item_1", 200.0)).rest()


def test_with_nothing_playing_a_report_is_silent() -> None:
    report(ready(), 200.0, None, None).rest()


def test_a_report_that_comes_after_the_end_changes_nothing() -> None:
    play = over(answering(ready())).skip() >> ev.MarkReached(token=b"over 0 resp_1")
    report(play.skip(), 900.0, 1000.0).rest()


def test_a_report_that_comes_after_the_cut_changes_nothing() -> None:
    play = answering(ready()) >> ev.Interrupt()
    report(play.skip(), 900.0, 1000.0).rest()


def test_a_later_item_of_an_answer_can_be_reported_too() -> None:
    play = answering(ready()) >> ev.OutputItemAdded(response_id="resp_1", item={"id": "item_2"})
    (report(play, 10.0, 20.0, "item_2") << cmd.Playback("item_2", 10.0)).rest()
