"""The instruments show what is there: known tones, noise, delays and clicks."""

from __future__ import annotations

import numpy as np
import pytest
from benches.quality.measuring import (
    SILENCE_DB,
    band,
    delay_s,
    fit_tone,
    frequency_hz,
    largest_step,
    level_db,
    ratio_db,
    tone,
)

RATE_HZ = 24_000


def noise(count: int, power: float) -> np.ndarray:
    return np.random.default_rng(4).normal(0, np.sqrt(power), count)


@pytest.mark.parametrize("snr_db", [20, 60, 100, 140, 200])
@pytest.mark.parametrize("freq_hz", [40, 997, 11_990])
def test_a_tone_in_known_noise(freq_hz: float, snr_db: float) -> None:
    clean = tone(freq_hz, RATE_HZ, 0.5, amplitude=0.25)
    power = 0.25**2 / 2 * 10 ** (-snr_db / 10)
    found = fit_tone(clean + noise(len(clean), power), RATE_HZ, freq_hz)
    assert found.snr_db == pytest.approx(snr_db, abs=0.3)
    assert found.amplitude == pytest.approx(0.25, rel=0.01)


def test_a_pure_tone_is_purer_than_anything_measured() -> None:
    found = fit_tone(tone(997, RATE_HZ, 0.3), RATE_HZ, 997)
    assert found.snr_db > 250
    assert found.phase == pytest.approx(0, abs=1e-9)


def test_phase_and_amplitude_of_a_later_tone() -> None:
    at = np.arange(4800) / RATE_HZ
    found = fit_tone(0.1 * np.cos(2 * np.pi * 440 * at + 1.25), RATE_HZ, 440)
    assert (found.amplitude, found.phase) == pytest.approx((0.1, 1.25))


def test_a_constant_is_no_part_of_the_tone() -> None:
    found = fit_tone(tone(1000, RATE_HZ, 0.5, amplitude=1) + 0.001, RATE_HZ, 1000)
    assert found.snr_db == pytest.approx(20 * np.log10(1 / 0.001) - 3.01, abs=0.05)


def test_sixteen_bits_show_what_theory_says() -> None:
    amplitude = 10 ** (-1 / 20)
    rounded = np.rint(tone(997, RATE_HZ, 1, amplitude) * 32768) / 32768
    assert fit_tone(rounded, RATE_HZ, 997).snr_db == pytest.approx(6.02 * 16 + 1.76 - 1, abs=0.3)


def test_levels() -> None:
    assert level_db(tone(1000, RATE_HZ, 1, 0.05), 0.5) == pytest.approx(-20)
    assert level_db(np.zeros(100), 0.5) == SILENCE_DB
    assert ratio_db(0) == SILENCE_DB
    assert ratio_db(100) == pytest.approx(20)


def test_a_band_keeps_what_is_above() -> None:
    low, high = tone(1000, RATE_HZ, 0.3, 0.5), tone(9000, RATE_HZ, 0.3, 0.001)
    assert level_db(band(low + high, RATE_HZ, 5000), 0.001) == pytest.approx(0, abs=0.05)
    assert level_db(band(low, RATE_HZ, 5000), 0.5) < -110


def test_a_band_keeps_its_share_of_noise() -> None:
    white = noise(RATE_HZ, 1e-6)
    share = np.mean(band(white, RATE_HZ, 9000) ** 2) / 1e-6
    assert share == pytest.approx(0.25, rel=0.1)


@pytest.mark.parametrize("freq_hz", [100.0, 219.7, 330.3, 5432.1])
def test_an_unknown_frequency(freq_hz: float) -> None:
    hiss = noise(RATE_HZ, 1e-5)
    assert frequency_hz(tone(freq_hz, RATE_HZ, 1) + hiss, RATE_HZ) == pytest.approx(
        freq_hz, abs=0.1
    )


@pytest.mark.parametrize("late_s", [0, 0.0000123, 0.003333, 0.0101, -0.002])
def test_a_delay_is_found_from_phases(late_s: float) -> None:
    phases = {
        freq: float(np.angle(np.exp(-2j * np.pi * freq * late_s))) for freq in (997.0, 31.0, 211.0)
    }
    assert delay_s(phases) == pytest.approx(late_s, abs=1e-9)


def test_a_click_is_a_step() -> None:
    smooth = tone(220, RATE_HZ, 0.1)
    broken = smooth + np.where(np.arange(len(smooth)) < 1000, 0, 0.2)
    assert largest_step(smooth) < 0.03
    assert largest_step(broken) > 0.15
