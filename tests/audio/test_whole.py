"""A whole recording at another rate, and as one channel."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtproxy.audio.whole import mixed, resampled


@given(
    frames=st.integers(0, 3_000),
    from_hz=st.integers(1_000, 60_000),
    to_hz=st.integers(1_000, 60_000),
)
def test_as_long_as_it_was(frames: int, from_hz: int, to_hz: int):
    made = resampled(np.zeros(frames, np.float32), from_hz, to_hz)
    assert made.dtype == np.float32
    assert frames / from_hz <= len(made) / to_hz < frames / from_hz + 1 / to_hz + 1e-9


@pytest.mark.parametrize(
    ("from_hz", "to_hz"), [(22_000, 24_000), (37_800, 48_000), (44_056, 8_000)]
)
def test_a_tone_stays_a_tone_and_what_cannot_be_kept_goes(from_hz: int, to_hz: int):
    times = np.arange(from_hz) / from_hz
    low, high = 1_000, 0.48 * from_hz
    tones = np.stack([np.sin(2 * np.pi * hz * times) for hz in (low, high)], axis=1)
    made = resampled(tones.astype(np.float32), from_hz, to_hz)
    inner = slice(to_hz // 5, -to_hz // 5)
    want = np.sin(2 * np.pi * low * np.arange(to_hz) / to_hz)
    assert np.abs(made[inner, 0] - want[inner]).max() < 1e-3
    kept = high < to_hz / 2
    assert bool(np.abs(made[inner, 1]).max() > 0.9) is kept


def test_the_channels_count_alike():
    assert mixed(np.float32([[0.3, 0.6, 0.0], [1, 1, 1]])) == pytest.approx([0.3, 1.0])
