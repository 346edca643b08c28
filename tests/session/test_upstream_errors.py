"""The upstream's errors by their type, as contract and source 001 sort them."""

from __future__ import annotations

import pytest

from playbook import Playbook
from rtproxy.dialects.realtime import APPEND_TEMPLATE
from rtproxy.model import events as ev
from rtproxy.model.close import CloseCode
from rtproxy.session import commands as cmd
from session.stage import answering, over, ready


def errors_of(play: Playbook) -> list[tuple[str, str | None, bool]]:
    return [
        (one.event.error.type, one.event.error.code, one.event.fatal)
        for one in play.left()
        if isinstance(one, cmd.ToClient) and isinstance(one.event, ev.ErrorTold)
    ]


def ends_of(play: Playbook) -> list[int]:
    return [int(one.reason.code) for one in play._left if isinstance(one, cmd.End)]


@pytest.mark.parametrize("kind", ["invalid_request_error", "rate_limit_error", "server_error"])
def test_what_can_be_survived_is_told_and_survived(kind: str) -> None:
    play = answering(ready()) >> ev.ErrorTold(error=ev.Failure(type=kind, code="c", message="m"))
    assert ends_of(play) == []
    assert errors_of(play) == [(kind, "c", False)]
    over(play).skip()
    play >> ev.ClientPing(event_id="alive") << cmd.ToClient(ev.Pong(event_id="alive"))


@pytest.mark.parametrize("kind", ["authentication_error", "insufficient_quota"])
def test_what_no_further_try_can_heal_is_final(kind: str) -> None:
    play = ready() >> ev.ErrorTold(error=ev.Failure(type=kind, code="c", message="m"))
    assert ends_of(play) == [CloseCode.UPSTREAM_REFUSED]
    assert errors_of(play) == [(kind, "c", True)]


def test_an_answer_that_failed_is_told_and_ends_like_any_other() -> None:
    play = answering(ready())
    error = {"type": "rate_limit_error", "code": "rate_limit_exceeded", "message": "Slower."}
    failed = {"id": "resp_1", "status": "failed", "status_details": {"error": error}}
    play >> ev.ResponseDone(response=failed)
    assert ends_of(play) == []
    assert errors_of(play) == [("rate_limit_error", "rate_limit_exceeded", False)]
    play >> ev.MarkReached(token=b"over 0 resp_1")
    play << cmd.ToClient(ev.AnswerOver(response_id="resp_1", status="failed"))


def test_a_server_that_goes_is_told_as_its_error_and_ends_the_session() -> None:
    play = ready() >> ev.UpstreamLost(code=1011, reason="it closed")
    assert ends_of(play) == [CloseCode.TRY_LATER]
    assert errors_of(play) == [("server_error", "upstream_lost", True)]


def test_speech_that_could_not_be_written_down_is_noted() -> None:
    failed = ev.InputTranscriptFailed(item_id="u", error={"code": "audio_unintelligible"})
    play = ready() >> failed
    fields = {"item": "u", "code": "audio_unintelligible"}
    play << cmd.Note("transcription_failed", "warning", fields)
    play.rest()


def test_what_is_wrong_with_audio_is_told_as_such_in_the_log() -> None:
    number = APPEND_TEMPLATE.partition('"event_id":"')[2].partition("$")[0] + "7"
    play = ready() >> ev.ErrorTold(error=ev.Failure(code="c", message="m", event_id=number))
    fields = {"code": "c", "text": "m", "about": "InputAudio", "sent_as": number}
    play << cmd.Note("upstream_error", "warning", fields)
    assert errors_of(play) == [("invalid_request_error", "c", False)]
