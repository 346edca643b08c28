"""Which event of ours an error is about, and which message of the client's."""

from __future__ import annotations

from rtproxy.model import events as ev
from rtproxy.session.causes import MAX_CAUSES, Cause, Causes


def test_a_number_leads_back_to_its_event_once() -> None:
    causes = Causes()
    event = ev.InputCommit(event_id="mine", message_type="commit_audio")
    numbered = causes.number(event, event)
    assert numbered.event_id == "rtp_1"
    assert causes.of("rtp_1") == Cause(event, "mine", "commit_audio")
    assert causes.of("rtp_1") is None


def test_what_follows_from_a_message_at_once_is_about_it() -> None:
    causes = Causes()
    asked = ev.AskAside(event_id="mine", message_type="create_response")
    sent = ev.ResponseCreate()
    causes.number(sent, asked)
    assert causes.of("rtp_1") == Cause(sent, "mine", "create_response")


def test_what_has_waited_is_about_the_message_that_it_came_in() -> None:
    causes = Causes()
    waited = ev.ResponseCreate(event_id="mine", message_type="text")
    causes.number(waited, ev.ClientPing(event_id="other", message_type="ping"))
    assert causes.of("rtp_1") == Cause(waited, "mine", "text")


def test_what_we_do_on_our_own_account_is_about_nothing() -> None:
    causes = Causes()
    sent = ev.ResponseCreate()
    causes.number(sent, ev.InputCommitted(event_id="event_7", item_id="i"))
    assert causes.of("rtp_1") == Cause(sent)


def test_numbers_of_others_lead_nowhere() -> None:
    assert Causes().of("audio_7") is None
    assert Causes().of(None) is None


def test_the_oldest_are_forgotten() -> None:
    causes = Causes()
    for _ in range(MAX_CAUSES + 1):
        causes.number(ev.InputClear(), ev.InputClear())
    assert causes.of("rtp_1") is None
    assert causes.of("rtp_2") is not None
