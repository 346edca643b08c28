"""The float path between the rates in use is as clean, flat and prompt as promised."""

from __future__ import annotations

import numpy as np
import pytest
from benches.quality.bars import (
    BEGIN,
    HALVING_LATENCY_MS,
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
    counts,
    delay_ms,
    images_db,
    in_band_hz,
    out_of_band_hz,
    purity_db,
    ripple_db,
)
from benches.quality.ours import Quality, our_float

from rtproxy import Resampler

TONES = 20
QUALITIES: tuple[Quality, ...] = ("low_latency", "strict")
EACH_WAY = pytest.mark.parametrize(
    ("rates_hz", "quality"),
    [(rates, quality) for quality in QUALITIES for rates in PAIRS_HZ],
    ids=lambda value: value if isinstance(value, str) else "-".join(map(str, value)),
)


@EACH_WAY
def test_a_tone_stays_pure(rates_hz: tuple[int, int], quality: Quality) -> None:
    rig = our_float(*rates_hz, quality)
    assert purity_db(rig, [ONE_KHZ]).level_db >= ONE_KHZ_DB
    assert purity_db(rig, in_band_hz(rig, TONES)).level_db >= PURITY_DB


@EACH_WAY
def test_no_tone_is_louder_or_softer(rates_hz: tuple[int, int], quality: Quality) -> None:
    rig = our_float(*rates_hz, quality)
    assert ripple_db(rig, in_band_hz(rig, TONES)).level_db <= RIPPLE_DB


@EACH_WAY
def test_what_cannot_be_carried_is_not_heard(rates_hz: tuple[int, int], quality: Quality) -> None:
    rig = our_float(*rates_hz, quality)
    loudest = aliases_db(rig, out_of_band_hz(rig, TONES, BEGIN[quality]))
    assert loudest.level_db <= UNWANTED_DB


@EACH_WAY
def test_nothing_is_heard_that_was_not_sent(rates_hz: tuple[int, int], quality: Quality) -> None:
    rig = our_float(*rates_hz, quality)
    to = 2 - BEGIN[quality]  # the image of a tone is as far above the edge as the tone is below
    loudest = images_db(rig, in_band_hz(rig, TONES, to * 0.999), BEGIN[quality])
    assert loudest.level_db <= UNWANTED_DB


@EACH_WAY
def test_audio_is_prompt_and_the_delay_is_the_one_told(
    rates_hz: tuple[int, int], quality: Quality
) -> None:
    told_ms = Resampler(*rates_hz, quality=quality).latency_ms
    assert delay_ms(our_float(*rates_hz, quality)) == pytest.approx(told_ms, abs=0.001)
    assert told_ms <= LATENCY_MS[quality]
    if (rates_hz, quality) == ((48_000, 24_000), "low_latency"):
        assert told_ms <= HALVING_LATENCY_MS


@EACH_WAY
def test_each_chunk_gives_as_much_as_went_in(rates_hz: tuple[int, int], quality: Quality) -> None:
    assert set(counts(our_float(*rates_hz, quality))) == {rates_hz[1] * 40 // 1000}


@EACH_WAY
def test_a_stream_is_what_one_piece_is(rates_hz: tuple[int, int], quality: Quality) -> None:
    rig = our_float(*rates_hz, quality)
    noise = np.random.default_rng(24).uniform(-1, 1, rates_hz[0] // 2)
    whole = rig.make()
    once = np.concatenate([whole.process(noise), whole.flush()])
    assert np.array_equal(rig.convert(noise), once)


def test_low_latency_lets_fold_what_it_says_and_strict_does_not() -> None:
    """Known and accepted: 12.0–13.2 kHz appears between 10.8 and 12 kHz."""
    edge_hz = [12_050.0]
    low_latency, strict = (
        our_float(48_000, 24_000, "low_latency"),
        our_float(48_000, 24_000, "strict"),
    )
    assert aliases_db(low_latency, edge_hz).level_db > -20
    assert aliases_db(strict, edge_hz).level_db <= UNWANTED_DB
