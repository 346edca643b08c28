"""How faults are written, and when they strike."""

from __future__ import annotations

import pytest

from rtproxy.simulator.faults import Fault, FaultKind, FaultPlan, parse_fault


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("drop", Fault(FaultKind.DROP)),
        ("stall=200", Fault(FaultKind.STALL, 200)),
        ("refuse", Fault(FaultKind.REFUSE, 503)),
        ("refuse=429#1", Fault(FaultKind.REFUSE, 429, connection=1)),
        (
            "drop@response.output_audio.delta:3",
            Fault(FaultKind.DROP, event="response.output_audio.delta", nth=3),
        ),
        ("expire+5000", Fault(FaultKind.EXPIRE, delay_ms=5000)),
        (
            "rate_limit=2@session.created+10#4",
            Fault(FaultKind.RATE_LIMIT, 2, "session.created", delay_ms=10, connection=4),
        ),
        ("close", Fault(FaultKind.CLOSE, 1011)),
    ],
)
def test_faults_as_they_are_written(written: str, fault: Fault) -> None:
    assert parse_fault(written) == fault


@pytest.mark.parametrize("written", ["", "fire", "drop@", "drop:3", "stall=x", "drop drop", "=5"])
def test_what_is_no_fault_is_said_to_be_none(written: str) -> None:
    with pytest.raises(ValueError, match="is no fault; write KIND"):
        parse_fault(written)


def test_a_plan_counts_events() -> None:
    fault = parse_fault("drop@response.done:2")
    plan = FaultPlan([fault], 1)
    assert plan.opened() == []
    told = [plan.sent(name) for name in ("response.done", "error", "response.done")]
    assert told == [[], [], [fault]]
    assert plan.sent("response.done") == []


def test_a_plan_knows_what_waits_for_no_event() -> None:
    refuse, expire = parse_fault("refuse=500"), parse_fault("expire+1")
    plan = FaultPlan([refuse, expire, parse_fault("drop#2")], 1)
    assert plan.refusal == refuse
    assert plan.opened() == [expire]
