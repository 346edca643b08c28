"""A run of the relay benchmark has no figure where anything was amiss."""

from __future__ import annotations

import pytest
from benches.relay.report import Run, complaint

from rtproxy.load.frontends import VOICE
from rtproxy.load.plan import Mode, Plan
from rtproxy.load.tally import Span, Tally

PLAN = Plan(2, 4.0, 1.0, Mode.ECHO, VOICE)


def tally(**fields: int) -> Tally:
    return Tally(**{"ready": 2, "said": 10, "back": 10, **fields})


def test_a_clean_run_has_none():
    assert complaint(PLAN, tally()) is None


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"ready": 1}, "1 of 2 sessions"),
        ({"failed": 1}, "2 of 2 sessions"),
        ({"lost": 3}, "3 chunks lost"),
        ({"reordered": 1}, "1 reordered"),
        ({"repeated": 1}, "1 repeated"),
        ({"changed": 1}, "1 changed"),
        ({"words_lost": 2}, "2 words missing"),
        ({"back": 0}, "nothing came back"),
    ],
)
def test_anything_amiss_voids_a_run(fields: dict[str, int], words: str):
    assert words in str(complaint(PLAN, tally(**fields)))


def test_a_told_error_voids_a_run():
    told = tally()
    told.fail("told rate_limited", "slow down")
    assert "told rate_limited ×1" in str(complaint(PLAN, told))


@pytest.mark.parametrize(("trip_us", "kept_up"), [(2_000, True), (400_000, False)])
def test_a_relay_that_lags_has_not_kept_up(trip_us: int, kept_up: bool):
    span = Span(back=100)
    for _ in range(100):
        span.round_trip.add(trip_us)
    run = Run("naive", span, 4, relay_cpu_s=0.02, load_cpu_s=0.1, wall_s=1.0)
    assert run.kept_up is kept_up
    assert run.us_per_message == pytest.approx(100.0)
