"""The resampler as Python sees it; how good it sounds is measured beside."""

from __future__ import annotations

import array

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.streams import noise
from rtproxy import Resampler
from rtproxy.model.audio_format import RATES_HZ

rates = st.sampled_from(RATES_HZ)
qualities = st.sampled_from(["low_latency", "strict"])


@given(rates, rates, qualities, st.lists(st.integers(0, 2_000), max_size=8))
def test_any_cut_gives_the_same(from_hz, to_hz, quality, sizes):
    samples = noise(sum(sizes))[:, 0]
    one = Resampler(from_hz, to_hz, quality=quality)
    whole = np.concatenate([one.process(samples), one.flush()])
    ends = np.cumsum(sizes)[:-1] if sizes else []
    pieces = [one.process(piece) for piece in np.split(samples, ends)]
    assert np.concatenate([*pieces, one.flush()]).tobytes() == whole.tobytes()


@given(rates, rates, st.lists(st.integers(0, 500), max_size=8))
def test_counts_are_rounded_down_and_never_late(from_hz, to_hz, sizes):
    one = Resampler(from_hz, to_hz)
    put, got = 0, 0
    for size in sizes:
        put += size
        got += len(one.process(noise(size)[:, 0]))
        assert got == put * to_hz // from_hz


def test_equal_rates_copy():
    samples = noise(100)[:, 0]
    one = Resampler(16_000, 16_000)
    made = one.process(samples)
    assert made.tobytes() == samples.tobytes()
    assert not np.shares_memory(made, samples)
    assert (one.latency_ms, len(one.flush())) == (0, 0)


def test_a_reset_is_as_new():
    one, new = Resampler(44_100, 24_000), Resampler(44_100, 24_000)
    one.process(noise(1_000)[:, 0])
    one.reset()
    samples = noise(1_000, seed=3)[:, 0]
    assert one.process(samples).tobytes() == new.process(samples).tobytes()


def test_takes_any_home_of_floats():
    samples = noise(480)[:, 0]
    expected = Resampler(48_000, 24_000).process(samples).tobytes()
    shifted = np.frombuffer(b"x" + samples.tobytes(), np.uint8)[1:].view(np.float32)
    homes = [samples[:, None], memoryview(samples), array.array("f", samples.tolist()), shifted]
    for home in homes:
        assert Resampler(48_000, 24_000).process(home).tobytes() == expected


def test_no_number_is_silence():
    samples = noise(480)[:, 0]
    holed, silenced = samples.copy(), samples.copy()
    holed[[3, 77]] = np.nan
    silenced[[3, 77]] = 0
    made = Resampler(48_000, 24_000).process(holed)
    assert made.tobytes() == Resampler(48_000, 24_000).process(silenced).tobytes()


@pytest.mark.parametrize(("rates_hz", "at_most_ms"), [((48_000, 24_000), 2), ((8_000, 24_000), 5)])
def test_latency_is_what_the_limits_ask_for(rates_hz, at_most_ms):
    one = Resampler(*rates_hz)
    assert 0 < one.latency_ms <= at_most_ms
    assert one.latency_ms < Resampler(*rates_hz, quality="strict").latency_ms
    assert repr(one) == f"Resampler({rates_hz[0]}, 24000, latency_ms={one.latency_ms:.2f})"
