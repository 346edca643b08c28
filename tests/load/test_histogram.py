"""The histogram against the sorted list of what it was given."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtproxy.load.histogram import PRECISION, Histogram

values = st.lists(st.integers(0, 120_000_000), min_size=1, max_size=200)
ranks = st.sampled_from([0.1, 50, 95, 99, 99.9, 100])


def histogram(given_us: list[int]) -> Histogram:
    made = Histogram()
    for value in given_us:
        made.add(value)
    return made


@given(values, ranks)
def test_a_percentile_is_never_too_low_and_hardly_too_high(given_us: list[int], rank: float):
    exact = sorted(given_us)[max(1, math.ceil(len(given_us) * rank / 100 - 1e-9)) - 1]
    found = histogram(given_us).percentile_us(rank)
    assert found is not None
    assert exact <= found <= exact * (1 + PRECISION)


@given(values, values)
def test_merged_is_as_if_counted_together(first: list[int], second: list[int]):
    merged, together = histogram(first), histogram(first + second)
    merged.merge(histogram(second))
    for rank in (1, 50, 99.9, 100):
        assert merged.percentile_us(rank) == together.percentile_us(rank)
    assert (merged.count, merged.lowest_us, merged.highest_us) == (
        len(first + second),
        min(first + second),
        max(first + second),
    )


@given(st.integers(0, 255))
def test_small_values_are_exact(value: int):
    assert histogram([value, 100_000]).percentile_us(50) == value


def test_nothing_has_no_percentile():
    empty = Histogram()
    empty.merge(Histogram())
    assert empty.percentile_us(50) is None


@pytest.mark.parametrize("value", [-1, -1_000])
def test_what_came_before_it_was_sent_counts_as_nothing(value: int):
    assert histogram([value]).percentile_us(100) == 0
