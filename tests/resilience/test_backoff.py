"""Delays before another try."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rtproxy.resilience.backoff import Backoff


def test_the_middle_of_the_jitter_is_the_plain_series() -> None:
    delays = [Backoff().delay_s(retry, 0.5) for retry in range(1, 7)]
    assert delays == [1.0, 2.0, 4.0, 8.0, 16.0, None]


def test_the_series_has_a_ceiling() -> None:
    assert Backoff(retries=9).delay_s(9, 0.5) == 30.0


@given(st.integers(1, 5), st.floats(0, 1, exclude_max=True))
def test_jitter_stays_within_its_share(retry: int, die: float) -> None:
    plain_s = 2.0 ** (retry - 1)
    delay_s = Backoff().delay_s(retry, die)
    assert delay_s is not None
    assert 0.8 * plain_s <= delay_s < 1.2 * plain_s + 1e-9
