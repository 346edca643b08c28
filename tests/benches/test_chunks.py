"""Ours and the peers come to the same results; a wrong, a slow and a slower one are found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from benches.chunks import recorded, sound
from benches.chunks.case import Case, Work, WrongResultError, expect
from benches.chunks.measuring import QUICK_ROUNDS, all_cases
from benches.chunks.report import MORE_ROUNDS, Judge
from benches.chunks.timing import Figure, settled, timed

from benches import simd
from rtproxy._audio_core import limit_simd

STEADY = ("resample 44.1 → 24 kHz", "base64 check", "frame encode, masked", "gain 1.5")


@pytest.fixture(params=simd.available())
def limited(request: pytest.FixtureRequest):
    """Each set of instructions that the machine has, in turn."""
    limit_simd(request.param)
    yield request.param
    limit_simd("auto")


def test_ours_and_the_peers_agree(limited: str):
    for case in all_cases():
        case.check()


def figure(
    ours_us: float, theirs_us: float | None, bar: float | None = None, name: str = "case"
) -> Figure:
    work = Work(len, b"")
    return Figure(Case(name, work, lambda: None, "peer", work, bar), ours_us, theirs_us)


@pytest.mark.parametrize(
    ("ours_us", "theirs_us", "bar", "complaint"),
    [
        (2.0, 8.0, 4.0, ""),
        (2.0, 7.8, 4.0, "MISSED"),
        (2.0, 5.9, None, "FELL from 4.0"),
        (2.0, 6.1, None, ""),
        (401.0, 9_999.0, None, "OVER BUDGET"),
        (399.0, None, None, ""),
    ],
)
def test_a_figure_is_judged(ours_us, theirs_us, bar, complaint):
    judge = Judge(simd.fair(), {"case": 4.0})
    assert judge.complaint(figure(ours_us, theirs_us, bar)) == complaint


def test_a_short_run_fails_for_what_it_lost_but_not_for_a_bar():
    judge = Judge(simd.fair(), {"case": 4.0})
    missed, fallen = figure(2.0, 7.8, 4.0), figure(2.0, 5.9)
    assert judge.fails(missed, bars=True)
    assert not judge.fails(missed, bars=False)
    assert judge.fails(fallen, bars=False)


def test_the_bars_are_those_of_the_fair_comparison():
    other = next(name for name in simd.SETS if name != simd.fair())
    assert Judge(other, {}).complaint(figure(2.0, 2.0, bar=4.0)) == ""


class Again:
    """Gives the figures of each further round, and remembers whose were asked for."""

    def __init__(self, *rounds: dict[str, float]) -> None:
        self._rounds = list(rounds)
        self.asked: list[set[str]] = []

    def __call__(self, names: set[str]) -> list[Figure]:
        self.asked.append(names)
        ours_us = self._rounds.pop(0)
        return [figure(ours_us[name], 8.0, name=name) for name in names]


def test_what_fell_in_a_busy_moment_is_timed_again_until_it_is_well():
    again = Again({"a": 9.0, "b": 2.0}, {"a": 2.2})
    first = [figure(9.0, 8.0, name="a"), figure(9.0, 8.0, name="b"), figure(1.0, 8.0, name="c")]
    found = settled(first, lambda each: each.ours_us > 3.0, again, MORE_ROUNDS)
    assert again.asked == [{"a", "b"}, {"a"}]
    assert {each.case.name: each.ours_us for each in found} == {"a": 2.2, "b": 2.0, "c": 1.0}


def test_a_figure_of_several_timings_has_the_fastest_of_both_sides():
    joined = figure(2.0, 8.0).faster(figure(1.9, 8.8))
    assert (joined.ours_us, joined.theirs_us) == (1.9, 8.0)


@pytest.mark.parametrize("seed", range(5))
def test_what_takes_twice_as_long_stays_fallen_in_every_round_of_a_noisy_machine(seed: int):
    dice = Random(seed)
    judge = Judge(simd.fair(), {"case": 4.0})
    noisy = [{"case": 4.0 * dice.uniform(1.0, 2.0)} for _ in range(MORE_ROUNDS)]
    found = settled([figure(4.4, 8.0)], lambda each: bool(judge.complaint(each)), Again(*noisy), 5)
    assert [judge.complaint(each) for each in found] == ["FELL from 4.0"]


@pytest.mark.alone
def test_twice_the_work_is_found_beside_what_was_measured_here(limited: str):
    steady = [case for case in all_cases() if case.name in STEADY]
    before = {case.name: timed(case, QUICK_ROUNDS).ratio for case in steady}
    judge = Judge(limited, recorded.cautious([before]))
    assert unnoticed(judge, steady, 2) == []


@pytest.mark.alone
def test_three_times_the_work_is_found_beside_what_is_recorded(limited: str):
    steady = [case for case in all_cases() if case.name in STEADY]
    assert unnoticed(Judge(limited, recorded.read()[limited]), steady, 3) == []


def unnoticed(judge: Judge, cases: list[Case], times: int) -> list[str]:
    """Those of the cases with nothing against them though they do their work so often."""
    figures = [timed(repeated(case, times), QUICK_ROUNDS) for case in cases]
    return [figure.case.name for figure in figures if "FELL" not in judge.complaint(figure)]


def repeated(case: Case, times: int) -> Case:
    def call(chunk: object) -> None:
        for _ in range(times):
            case.ours.call(chunk)

    return replace(case, ours=Work(call, case.ours.chunk))


def test_a_wrong_result_has_no_figure():
    with pytest.raises(WrongResultError, match=r"decode: got .*AB.*, want .*AC"):
        timed(Case("case", Work(len, b""), lambda: expect("decode", b"AB", b"AC")), rounds=1)


def test_a_sound_that_is_off_is_found():
    good = sound.chunk(24_000)
    sound.expect_sound("good", good, 24_000, 120)
    with pytest.raises(WrongResultError, match="SNR"):
        sound.expect_sound("late", sound.chunk(24_000, delay_s=1e-5), 24_000, 60)
    with pytest.raises(WrongResultError, match="959 samples"):
        sound.expect_sound("short", good[1:], 24_000, 60)


def test_a_timing_is_checked_before_and_after():
    calls: list[bytes] = []
    checks: list[int] = []
    timed(Case("case", Work(calls.append, b""), lambda: checks.append(len(calls))), rounds=1)
    assert checks[0] == 0
    assert checks[1] == len(calls) > 0


def test_what_is_recorded_is_read_again_and_other_sets_stay(tmp_path: Path):
    file = tmp_path / "recorded.toml"
    recorded.write({"avx2": {"a → b": 5.04}, "portable": {"a → b": 1.2}}, file)
    recorded.write({"avx2": {"a → b": 6.0}}, file)
    assert recorded.read(file) == {"avx2": {"a → b": 6.0}, "portable": {"a → b": 1.2}}
    assert recorded.floor(6.0) == pytest.approx(4.5)
    assert recorded.read(tmp_path / "none.toml") == {}


def test_less_than_the_lowest_of_the_passes_is_recorded():
    passes = [{"a": 40.2, "b": 1.2}, {"a": 28.9, "b": 1.29}, {"b": 0.978}]
    assert recorded.cautious(passes) == {"a": 26.0, "b": 0.88}


@pytest.mark.parametrize(("ratio", "least"), [(4.2, 4.2), (4.29, 4.2), (30.0, 30.0), (0.2, 0.2)])
def test_a_number_of_two_digits_is_kept(ratio: float, least: float):
    assert recorded.rounded_down(ratio) == pytest.approx(least)
