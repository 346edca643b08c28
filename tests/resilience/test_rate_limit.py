"""The bucket: bursts pass, a minute's worth comes back in a minute."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtproxy.resilience.rate_limit import TokenBucket


def test_a_minutes_worth_passes_at_once_and_the_next_has_to_wait() -> None:
    bucket = TokenBucket(100, now=5.0)
    assert [bucket.take(5.0) for _ in range(100)] == [0.0] * 100
    assert bucket.take(5.0) == pytest.approx(0.6)
    assert bucket.take(5.3) == pytest.approx(0.3)
    assert bucket.take(5.61) == 0.0
    assert bucket.take(5.61) > 0


def test_it_is_full_again_after_a_minute_and_never_fuller() -> None:
    bucket = TokenBucket(10, now=0.0)
    assert bucket.is_full(0.0)
    for _ in range(10):
        bucket.take(0.0)
    assert not bucket.is_full(59.0)
    assert bucket.is_full(60.0)
    assert [bucket.take(1e6) for _ in range(11)][-1] > 0


@given(st.lists(st.floats(0, 5), max_size=200), st.integers(1, 20))
def test_no_more_pass_than_a_burst_and_what_time_brings(gaps: list[float], size: int) -> None:
    bucket, now, passed = TokenBucket(size, now=0.0), 0.0, 0
    for gap in gaps:
        now += gap
        wait_s = bucket.take(now)
        passed += not wait_s
        assert passed <= size + now * size / 60 + 1e-6
        assert 0 <= wait_s <= 60 / size + 1e-9
