"""Every pair of the rates that may be sent, with fewer tones than the pairs in use."""

from __future__ import annotations

from itertools import permutations

import pytest
from benches.quality.bars import (
    LATENCY_MS,
    ONE_KHZ_DB,
    PAIRS_HZ,
    PURITY_DB,
    RIPPLE_DB,
    UNWANTED_DB,
)
from benches.quality.figures import (
    ONE_KHZ,
    aliases_db,
    answer,
    counts,
    delay_ms,
    in_band_hz,
    out_of_band_hz,
    purity_db,
    ripple_db,
)
from benches.quality.ours import our_float

from rtproxy import Resampler
from rtproxy.model.audio_format import RATES_HZ

OTHERS_HZ = [pair for pair in permutations(RATES_HZ, 2) if pair not in PAIRS_HZ]


@pytest.mark.parametrize("rates_hz", OTHERS_HZ, ids=lambda pair: "-".join(map(str, pair)))
def test_a_pair_of_rates(rates_hz: tuple[int, int]) -> None:
    rig = our_float(*rates_hz, "low_latency")
    tones = in_band_hz(rig, 4)
    told_ms = Resampler(*rates_hz).latency_ms
    assert purity_db(rig, [ONE_KHZ]).level_db >= ONE_KHZ_DB
    assert purity_db(rig, tones).level_db >= PURITY_DB
    assert ripple_db(rig, tones).level_db <= RIPPLE_DB
    assert aliases_db(rig, out_of_band_hz(rig, 4)).level_db <= UNWANTED_DB
    assert delay_ms(rig) == pytest.approx(told_ms, abs=0.001)
    assert told_ms <= LATENCY_MS["low_latency"]
    assert set(counts(rig, 5)) == {rates_hz[1] * 40 // 1000}


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_equal_rates_change_nothing(rate_hz: int) -> None:
    rig = our_float(rate_hz, rate_hz, "low_latency")
    assert answer(rig, ONE_KHZ).snr_db > 140  # what float32 can hold
    assert Resampler(rate_hz, rate_hz).latency_ms == 0
