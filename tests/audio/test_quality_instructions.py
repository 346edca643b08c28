"""Whatever instructions a machine has, audio is as clean; narrower ones are only slower."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from benches.quality.bars import BEGIN, ONE_KHZ_DB, PAIRS_HZ, PURITY_DB, UNWANTED_DB
from benches.quality.figures import ONE_KHZ, aliases_db, in_band_hz, out_of_band_hz, purity_db
from benches.quality.ours import Quality, our_float

from rtproxy._audio_core import limit_simd, simd

# On a machine that has less, a wider limit changes nothing and the widest is tried again.
LIMITS = ("portable", "avx2", "auto")


@pytest.fixture(params=LIMITS)
def limit(request: pytest.FixtureRequest) -> Iterator[str]:
    before = simd()
    limit_simd(request.param)
    yield request.param
    limit_simd(before)


@pytest.mark.parametrize("quality", ["low_latency", "strict"])
@pytest.mark.parametrize("rates_hz", PAIRS_HZ, ids=lambda pair: "-".join(map(str, pair)))
def test_the_bars_hold_on_all(limit: str, rates_hz: tuple[int, int], quality: Quality) -> None:
    rig = our_float(*rates_hz, quality)
    assert purity_db(rig, [ONE_KHZ]).level_db >= ONE_KHZ_DB, limit
    assert purity_db(rig, in_band_hz(rig, 6)).level_db >= PURITY_DB, limit
    assert aliases_db(rig, out_of_band_hz(rig, 6, BEGIN[quality])).level_db <= UNWANTED_DB, limit


@pytest.mark.parametrize("rates_hz", PAIRS_HZ, ids=lambda pair: "-".join(map(str, pair)))
def test_they_differ_by_rounding_alone(limit: str, rates_hz: tuple[int, int]) -> None:
    noise = np.random.default_rng(2).uniform(-1, 1, rates_hz[0] // 5)
    here = our_float(*rates_hz, "low_latency").convert(noise)
    limit_simd("portable")
    plain = our_float(*rates_hz, "low_latency").convert(noise)
    assert np.max(np.abs(here - plain)) < 2**-20
