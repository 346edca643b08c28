"""A run of the relay benchmark has no figure where anything was amiss."""

from __future__ import annotations

import math
import os
from dataclasses import replace

import pytest
from benches.relay.report import Probe, Run, complaint, verdict
from rich.console import Console

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
    assert not replace(run, whole=False).kept_up


def round_of(naive_us: float, ours_us: float, load_s: float = 0.3) -> list[Run]:
    return [
        Run(relay, Span(back=500), 4, us / 1000, load_cpu_s=load_s, wall_s=1.0)
        for relay, us in (("naive", naive_us), ("rtproxy", ours_us))
    ]


@pytest.mark.parametrize(
    ("rounds", "quick", "met"),
    [
        ([(300, 140)], False, True),
        ([(300, 160)], False, False),
        ([(300, 90), (300, 170), (300, 180)], False, False),
        ([(300, 220)], True, True),
        ([(300, 240)], True, False),
        ([(300, 240), (300, 120)], True, True),
    ],
)
def test_the_long_form_takes_the_median_round_and_the_short_one_the_best(rounds, quick, met):
    runs = [run for naive_us, ours_us in rounds for run in round_of(naive_us, ours_us)]
    assert verdict(runs, quick, Console(quiet=True)) is met


@pytest.mark.parametrize(("quick", "good"), [(True, True), (False, False)])
def test_only_the_long_form_asks_whether_the_load_was_the_bottleneck(quick: bool, good: bool):
    assert verdict(round_of(300, 90, load_s=0.95), quick, Console(quiet=True)) is good


def test_a_run_that_ended_before_it_was_measured_has_no_figure():
    spent = Probe(os.getpid(), []).spent()
    run = Run("naive", Span(), 0, *spent, whole=False)
    assert run.us_per_message == math.inf
    assert not run.kept_up
