"""PCM16 in and out of the path loses what 16 bits lose, and no more."""

from __future__ import annotations

import numpy as np
import pytest
from benches.quality.bars import (
    BEGIN,
    PAIRS_HZ,
    PCM16_AMPLITUDE,
    PCM16_ONE_KHZ_DB,
    PCM16_PURITY_DB,
    PCM16_UNWANTED_DB,
    RIPPLE_DB,
)
from benches.quality.figures import (
    ONE_KHZ,
    aliases_db,
    counts,
    delay_ms,
    in_band_hz,
    out_of_band_hz,
    purity_db,
    ripple_db,
)
from benches.quality.ours import Quality, our_path
from benches.quality.rig import Rig

from rtproxy import AudioFormat, AudioPath, Encoding

TONES = 12
LSB = 1 / 32768
QUALITIES: tuple[Quality, ...] = ("low_latency", "strict")
EACH_WAY = pytest.mark.parametrize(
    ("rates_hz", "quality"),
    [(rates, quality) for quality in QUALITIES for rates in PAIRS_HZ],
    ids=lambda value: value if isinstance(value, str) else "-".join(map(str, value)),
)


def to_pcm16(rates_hz: tuple[int, int], quality: Quality) -> Rig:
    """Rounded once, at the end: what is measured is the path, not what it was sent."""
    return our_path((Encoding.F32, rates_hz[0]), (Encoding.PCM16, rates_hz[1]), quality)


def all_pcm16(rates_hz: tuple[int, int], quality: Quality) -> Rig:
    return our_path((Encoding.PCM16, rates_hz[0]), (Encoding.PCM16, rates_hz[1]), quality)


@EACH_WAY
def test_a_tone_is_as_pure_as_sixteen_bits(rates_hz: tuple[int, int], quality: Quality) -> None:
    rig = to_pcm16(rates_hz, quality)
    assert purity_db(rig, [ONE_KHZ], PCM16_AMPLITUDE).level_db >= PCM16_ONE_KHZ_DB
    assert purity_db(rig, in_band_hz(rig, TONES), PCM16_AMPLITUDE).level_db >= PCM16_PURITY_DB
    assert ripple_db(rig, in_band_hz(rig, TONES)).level_db <= RIPPLE_DB


@EACH_WAY
def test_rounding_twice_costs_what_two_roundings_cost(
    rates_hz: tuple[int, int], quality: Quality
) -> None:
    """Two independent roundings have twice the power of one: 3 dB, and nothing else."""
    rig = all_pcm16(rates_hz, quality)
    assert purity_db(rig, [ONE_KHZ], PCM16_AMPLITUDE).level_db >= PCM16_ONE_KHZ_DB - 3.01


@EACH_WAY
def test_aliases_drown_in_the_rounding(rates_hz: tuple[int, int], quality: Quality) -> None:
    rig = all_pcm16(rates_hz, quality)
    loudest = aliases_db(rig, out_of_band_hz(rig, TONES, BEGIN[quality]), PCM16_AMPLITUDE)
    assert loudest.level_db <= PCM16_UNWANTED_DB


@EACH_WAY
def test_the_path_is_as_late_as_it_tells(rates_hz: tuple[int, int], quality: Quality) -> None:
    formats = [AudioFormat(Encoding.PCM16, rate_hz) for rate_hz in rates_hz]
    told_ms = AudioPath(*formats, quality=quality).latency_ms
    rig = all_pcm16(rates_hz, quality)
    assert delay_ms(rig) == pytest.approx(told_ms, abs=0.01)
    assert set(counts(rig)) == {rates_hz[1] * 40 // 1000}


@EACH_WAY
def test_a_stream_is_what_one_piece_is(rates_hz: tuple[int, int], quality: Quality) -> None:
    rig = all_pcm16(rates_hz, quality)
    noise = np.random.default_rng(16).uniform(-1, 1, rates_hz[0] // 2)
    whole = rig.make()
    once = np.concatenate([whole.process(noise), whole.flush()])
    streamed = rig.convert(noise)
    assert len(streamed) == len(once)
    assert np.max(np.abs(streamed - once)) <= LSB
