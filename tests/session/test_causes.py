"""Which event of ours an error is about."""

from __future__ import annotations

from rtproxy.model import events as ev
from rtproxy.session.causes import MAX_CAUSES, Causes


def test_a_number_leads_back_to_its_event_once() -> None:
    causes = Causes()
    event = ev.InputCommit(event_id="mine")
    numbered = causes.number(event)
    assert numbered.event_id == "rtp_1"
    cause = causes.of("rtp_1")
    assert cause is not None
    assert (cause.event, cause.client_event_id) == (event, "mine")
    assert causes.of("rtp_1") is None


def test_numbers_of_others_lead_nowhere() -> None:
    assert Causes().of("audio_7") is None
    assert Causes().of(None) is None


def test_the_oldest_are_forgotten() -> None:
    causes = Causes()
    for _ in range(MAX_CAUSES + 1):
        causes.number(ev.InputClear())
    assert causes.of("rtp_1") is None
    assert causes.of("rtp_2") is not None
