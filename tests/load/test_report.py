"""What a run comes to: verdict, remarks, and what cannot be known."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from rtproxy.load.frontends import VOICE
from rtproxy.load.plan import Mode, Plan
from rtproxy.load.report import Report, Used, report
from rtproxy.load.tally import Span, Tally


def full(**fields: int) -> Span:
    span = Span(sessions=10, duration_s=5.0, said=1_250, back=1_250)
    for _ in range(1_250):
        span.to_upstream.add(300)
        span.to_client.add(400)
        span.round_trip.add(800)
        span.late.add(fields.get("late_us", 50))
    return span


def tally(**fields: int) -> Tally:
    return Tally(ready=10, said=1_250, back=1_250, measured_upstream=True, **fields)


def summed(
    counted: Tally, span: Span, used: dict[str, Used] | None = None, mode: Mode = Mode.ECHO
) -> Report:
    plan = Plan(10, 5.0, 1.0, mode, VOICE)
    return report(plan, "ws://x", "0", counted, [], span, used or {}, 2, interrupted=False)


def test_a_clean_run_passes_without_remarks():
    found = summed(tally(), full(), {"proxy": Used(1.0, 20_000_000, 10_000_000)})
    assert found.passed
    assert found.remarks == []
    assert found.latency.to_upstream is not None
    assert found.latency.to_upstream.p50_ms == pytest.approx(0.3, rel=0.01)
    proxy = found.processes["proxy"]
    assert proxy.cores == 0.2
    assert proxy.cpu_us_per_message == 400.0
    assert proxy.cpu_ms_per_session_s == 20.0
    assert proxy.memory_per_session_bytes == 1_000_000


@pytest.mark.parametrize(
    "field", ["lost", "reordered", "repeated", "changed", "words_lost", "failed"]
)
def test_anything_amiss_fails_it(field: str):
    assert not summed(tally(**{field: 1}), full()).passed


def test_a_told_error_fails_it():
    counted = tally()
    counted.fail("told rate_limited", "slow down")
    assert not summed(counted, full()).passed


def test_a_run_in_which_nothing_came_back_fails():
    assert not summed(Tally(), Span(duration_s=5.0)).passed


@pytest.mark.parametrize("field", ["partial", "different", "unanswered"])
def test_an_answer_that_is_not_whole_fails_it(field: str):
    counted = tally()
    setattr(counted.turns, field, 1)
    found = summed(counted, full(), mode=Mode.PARROT)
    assert not found.passed
    assert found.latency.round_trip is None


@pytest.mark.parametrize(
    ("counted", "span", "used", "words"),
    [
        (tally(), full(), {"load": Used(4.5, 1, None)}, "load itself used 90%"),
        (tally(), full(), {"proxy": Used(9.5, 1, None)}, "1.9 of 2 cores"),
        (tally(), full(late_us=9_000), {}, "behind its own schedule"),
        (tally(), replace(full(), said=1_000), {}, "200 chunks a second were said where 10"),
        (Tally(said=9, back=9), full(), {}, "not rtproxy's echo"),
    ],
)
def test_what_a_reader_must_know_is_said(
    counted: Tally, span: Span, used: dict[str, Used], words: str
):
    remarks = summed(counted, span, used).remarks
    assert len(remarks) == 1
    assert words in remarks[0]


def test_few_chunks_have_no_p999():
    span = Span(sessions=1, duration_s=5.0, said=1, back=1)
    span.round_trip.add(1)
    assert "p99.9" in summed(tally(), span).remarks[-1]


def test_it_is_json_and_back():
    found = summed(tally(), full(), {"proxy": Used(1.0, 2, 1)})
    assert msgspec.json.decode(msgspec.json.encode(found), type=Report) == found
