"""The figures of a converter, taken from made-up converters whose faults are known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from benches.quality.figures import (
    aliases_db,
    counts,
    delay_ms,
    held_ms,
    images_db,
    in_band_hz,
    latency_ms,
    out_of_band_hz,
    purity_db,
    ripple_db,
)
from benches.quality.measuring import SILENCE_DB
from benches.quality.rig import Rig

RATE_HZ = 24_000


class Faulty:
    """Whole-number rate changes by dropping or repeating, with faults that are asked for."""

    def __init__(self, change: Callable[[np.ndarray], np.ndarray], late: int, held: int) -> None:
        self._change, self._held = change, held
        self._line = np.zeros(late)

    def process(self, chunk: np.ndarray) -> np.ndarray:
        line = np.concatenate([self._line, self._change(chunk)])
        keep = len(line) - len(self._change(chunk)) + self._held
        self._line, self._held = line[len(line) - keep :], 0
        return line[: len(line) - keep]

    def flush(self) -> np.ndarray:
        return self._line


def rig(
    change: Callable[[np.ndarray], np.ndarray] = lambda chunk: chunk,
    *,
    rates: tuple[int, int] = (RATE_HZ, RATE_HZ),
    late: int = 0,
    held: int = 0,
) -> Rig:
    return Rig("faulty", *rates, lambda: Faulty(change, late, held))


def test_a_wire_has_no_faults() -> None:
    wire = rig()
    tones = in_band_hz(wire, 5)
    assert purity_db(wire, tones).level_db > 230
    assert ripple_db(wire, tones).level_db < 1e-9
    assert latency_ms(wire) == pytest.approx(0, abs=1e-6)
    assert counts(wire) == [960] * 25


def test_distortion_is_impurity() -> None:
    bent = rig(lambda chunk: chunk + 0.001 * chunk**2)
    # (0.5 cos)² is a constant of 0.125 and a second harmonic of 0.125.
    unwanted = 0.001**2 * (0.125**2 + 0.125**2 / 2)
    expected = 10 * np.log10(0.5**2 / 2 / unwanted)
    assert purity_db(bent, [997]).level_db == pytest.approx(expected, abs=0.1)


def test_the_worst_tone_is_named() -> None:
    quiet = rig(lambda chunk: 0.9 * chunk)
    assert ripple_db(quiet, [500, 600]).level_db == pytest.approx(0.915, abs=0.001)


def test_dropping_samples_folds() -> None:
    dropping = rig(lambda chunk: chunk[::2], rates=(48_000, 24_000))
    worst = aliases_db(dropping, out_of_band_hz(dropping, 4))
    assert worst.level_db == pytest.approx(0, abs=0.1)
    assert worst.at_hz >= 1.1 * 12_000


def test_zeros_between_samples_are_images() -> None:
    def stuffed(chunk: np.ndarray) -> np.ndarray:
        return np.stack([chunk, np.zeros_like(chunk)], axis=1).ravel()

    stuffing = rig(stuffed, rates=(24_000, 48_000))
    worst = images_db(stuffing, in_band_hz(stuffing, 4))
    assert worst.level_db == pytest.approx(-6.02, abs=0.1)  # each of the two has half the amplitude


def test_what_a_rate_cannot_carry_is_not_asked_for() -> None:
    assert out_of_band_hz(rig(rates=(24_000, 48_000)), 4) == []
    assert aliases_db(rig(), []).level_db == SILENCE_DB
    assert images_db(rig(rates=(48_000, 24_000)), [997]).level_db == SILENCE_DB


@pytest.mark.parametrize("late", [1, 30, 240])
def test_a_delay_line(late: int) -> None:
    delayed = rig(late=late)
    assert delay_ms(delayed) == pytest.approx(late / 24, abs=1e-4)
    assert held_ms(delayed) == 0


def test_audio_that_is_held_back_is_late() -> None:
    holding = rig(held=120)
    assert counts(holding)[:2] == [840, 960]
    assert delay_ms(holding) == pytest.approx(0, abs=1e-6)
    assert latency_ms(holding) == pytest.approx(5)


def test_tones_keep_to_their_band() -> None:
    down = rig(rates=(48_000, 24_000))
    assert in_band_hz(down, 9)[-1] == pytest.approx(0.9 * 12_000)
    assert min(out_of_band_hz(down, 9)) == pytest.approx(1.1 * 12_000)
    assert max(out_of_band_hz(down, 9)) < 24_000
