"""When silence is due, when it is over, and the figures, as transcripts in time."""

from __future__ import annotations

from rtproxy.cli.talk.exchange import LISTENING_MS, SETTLING_MS, Exchange
from rtproxy.cli.talk.frontends import (
    AnswerAudio,
    AnswerOver,
    AnswerStarted,
    SpeechStarted,
    SpeechStopped,
    ToolNews,
    Trouble,
)

SECOND = AnswerAudio(bytes(48_000))


def asked(seconds: int = 2, speech_ms: float = 1_000) -> Exchange:
    """A question that was asked, a second at a time, from time 10 on."""
    exchange = Exchange(seconds * 1_000, speech_ms)
    for second in range(seconds):
        exchange.send_question(1_000, 10.0 + second)
    return exchange


def test_a_turn_from_question_to_answer():
    exchange = asked()
    assert exchange.wants_silence
    exchange.receive(SpeechStarted(), 10.5)
    exchange.send_silence(40)
    exchange.receive(SpeechStopped(), 12.0)
    assert not exchange.wants_silence
    exchange.receive(AnswerStarted(), 12.2)
    assert exchange.stage == "answering"
    exchange.receive(SECOND, 12.5)
    exchange.receive(SECOND, 12.6)
    assert not exchange.is_over
    exchange.receive(AnswerOver(), 14.5)
    assert exchange.is_over
    exchange.ended_at = 15.0
    exchange.started_at = 9.0
    totals = exchange.totals()
    assert (totals.question_ms, totals.silence_ms, totals.sent) == (2_000, 40, 2)
    assert (totals.answer_ms, totals.received, totals.answers) == (2_000, 2, 1)
    assert totals.first_audio_s == 2.5  # the speech ended with the first chunk, sent at 10.0
    assert totals.elapsed_s == 6.0


def test_an_answer_that_calls_a_tool_is_followed_by_another():
    exchange = asked()
    exchange.receive(SpeechStopped(), 12.0)
    exchange.receive(AnswerStarted(), 12.2)
    exchange.receive(ToolNews("a", "clock", "started"), 12.3)
    exchange.receive(AnswerOver(), 12.9)
    assert not exchange.is_over
    assert not exchange.wants_silence
    exchange.receive(ToolNews("a", "clock", "done"), 13.0)
    assert not exchange.is_over
    exchange.receive(AnswerStarted(), 13.2)
    exchange.receive(SECOND, 13.4)
    exchange.receive(AnswerOver(), 14.4)
    assert exchange.is_over
    assert exchange.answer_ms == 1_000


def test_an_answer_about_progress_is_followed_by_the_one_about_the_result():
    exchange = asked()
    for heard in (
        AnswerStarted(),
        ToolNews("a", "clock", "started"),
        ToolNews("a", "clock", "running", "half way"),
        AnswerOver(),
        AnswerStarted(),
        AnswerOver(),
    ):
        exchange.receive(heard, 13.0)
    assert not exchange.is_over
    exchange.receive(ToolNews("a", "clock", "failed", "no"), 14.0)
    exchange.receive(AnswerStarted(), 14.1)
    exchange.receive(AnswerOver(), 14.2)
    assert exchange.is_over


def test_a_turn_that_is_not_noticed_is_ended_by_hand_once():
    exchange = asked()
    exchange.send_silence(LISTENING_MS - 1)
    assert not exchange.is_unnoticed
    exchange.send_silence(1)
    assert exchange.is_unnoticed
    exchange.end_turn()
    assert not exchange.is_unnoticed
    assert not exchange.wants_silence
    assert not exchange.is_over
    exchange.receive(AnswerStarted(), 17.0)
    assert not exchange.is_unnoticed
    exchange.receive(AnswerOver(), 18.0)
    assert exchange.is_over


def test_an_answer_in_the_middle_does_not_end_it():
    exchange = Exchange(2_000, 2_000)
    exchange.send_question(1_000, 1.0)
    exchange.receive(SpeechStopped(), 1.1)
    exchange.receive(AnswerStarted(), 1.2)
    exchange.receive(SECOND, 1.3)
    exchange.receive(SpeechStarted(), 1.4)
    exchange.receive(AnswerOver(), 1.5)
    assert not exchange.is_over
    exchange.send_question(1_000, 2.0)
    assert exchange.wants_silence
    exchange.receive(SpeechStopped(), 2.2)
    exchange.receive(AnswerStarted(), 2.3)
    exchange.receive(SECOND, 2.4)
    exchange.receive(AnswerOver(), 3.4)
    assert exchange.is_over
    assert exchange.totals().first_audio_s is not None
    assert abs(exchange.totals().first_audio_s - 0.4) < 1e-9


def test_an_early_answer_waits_for_the_last_words_to_be_noticed():
    exchange = Exchange(2_000, 2_000)
    exchange.send_question(1_000, 1.0)
    exchange.receive(AnswerStarted(), 1.1)
    exchange.receive(AnswerOver(), 1.2)
    exchange.send_question(1_000, 2.0)
    assert not exchange.is_over
    exchange.send_silence(SETTLING_MS)
    assert exchange.is_over


def test_an_error_that_can_be_survived_changes_nothing():
    exchange = asked()
    exchange.receive(Trouble("slow down", "rate_limit", fatal=False), 12.0)
    assert not exchange.is_over


def test_the_first_failure_is_the_one_that_counts():
    exchange = asked()
    exchange.receive(Trouble("no key", "invalid_api_key", fatal=True), 12.0)
    exchange.fail("the proxy closed the connection")
    assert exchange.is_over
    assert exchange.failure == "no key"


def test_patience_counts_from_the_last_that_was_heard():
    exchange = Exchange(1_000, 1_000)
    exchange.receive(SpeechStarted(), 5.0)
    assert exchange.quiet_since() is None
    exchange.send_question(1_000, 6.0)
    assert exchange.quiet_since() == 6.0
    exchange.receive(SpeechStopped(), 7.0)
    assert exchange.quiet_since() == 7.0


def test_without_audio_there_is_no_first_audio():
    assert asked().totals().first_audio_s is None
