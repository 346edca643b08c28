"""The figures of one converter: purity, flatness, aliases, latency, regularity.

Owns which tones are sent and what is made of the answers. Must not know whose
converter it is. All tones are sent as a stream of 40 ms chunks, the way audio
comes; the beginning, where filters fill, is left out of what is measured.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from benches.quality.measuring import (
    SILENCE_DB,
    Fit,
    Samples,
    band,
    delay_s,
    fit_tone,
    level_db,
    ratio_db,
    tone,
)
from benches.quality.rig import CHUNK_MS, Rig

# AES17 measures at 997 Hz: 1 kHz has so few different samples at these rates that
# rounding errors repeat, and a spectrum of them is no noise.
ONE_KHZ = 997.0
HALF_SCALE = 0.5
_SENT_S = 0.32
_FILLING_S = 0.12  # the longest filter of any peer has filled by then
_DELAY_TONES_HZ = (31.0, 211.0, ONE_KHZ)


@dataclass(frozen=True, slots=True)
class Worst:
    """The worst of several levels, and at which tone it was."""

    level_db: float
    at_hz: float


def settled(rig: Rig, freq_hz: float, amplitude: float = HALF_SCALE) -> Samples:
    """What comes out for a tone, once the filters are full."""
    sent = tone(freq_hz, rig.input_rate_hz, _SENT_S, amplitude)
    received = np.concatenate(rig.stream(sent)[:-1])
    return received[_filling(rig) :]


def answer(rig: Rig, freq_hz: float, amplitude: float = HALF_SCALE) -> Fit:
    """The tone that comes out for a tone, and what came with it."""
    return fit_tone(settled(rig, freq_hz, amplitude), rig.output_rate_hz, freq_hz)


def _filling(rig: Rig) -> int:
    return round(_FILLING_S * rig.output_rate_hz)


def in_band_hz(rig: Rig, count: int, to: float = 0.9) -> list[float]:
    """Tones up to `to` of the lower Nyquist frequency, closer together towards the edge.

    Odd frequencies, so that no tone repeats itself within few samples.
    """
    low, high = 40.0, to * rig.low_nyquist_hz
    share = np.sin(np.linspace(0, np.pi / 2, count))
    return [float(freq) for freq in low + (high - low) * share]


def out_of_band_hz(rig: Rig, count: int, begin: float = 1.1) -> list[float]:
    """Tones that the input can carry and the output cannot, from `begin` of its Nyquist."""
    low, high = begin * rig.low_nyquist_hz, 0.997 * rig.input_rate_hz / 2
    return [float(freq) for freq in np.linspace(low, high, count)] if low < high else []


def purity_db(rig: Rig, freqs_hz: Iterable[float], amplitude: float = HALF_SCALE) -> Worst:
    """The least distance of a tone from all that is not the tone."""
    found = (Worst(answer(rig, freq, amplitude).snr_db, freq) for freq in freqs_hz)
    return min(found, key=lambda worst: worst.level_db)


def ripple_db(rig: Rig, freqs_hz: Iterable[float]) -> Worst:
    """The largest deviation of a tone's level from what was sent, up or down."""
    gains = ((answer(rig, freq).amplitude / HALF_SCALE, freq) for freq in freqs_hz)
    found = (Worst(abs(ratio_db(gain**2)), freq) for gain, freq in gains)
    return max(found, key=lambda worst: worst.level_db)


def aliases_db(rig: Rig, freqs_hz: Iterable[float], amplitude: float = HALF_SCALE) -> Worst:
    """The loudest answer to tones that must not be heard, against what was sent."""
    levels = (Worst(level_db(settled(rig, freq, amplitude), amplitude), freq) for freq in freqs_hz)
    return max(levels, key=lambda worst: worst.level_db, default=Worst(SILENCE_DB, 0.0))


def images_db(rig: Rig, freqs_hz: Iterable[float], begin: float = 1.1) -> Worst:
    """The loudest trace that tones leave from `begin` of the lower Nyquist frequency on."""

    def image(freq_hz: float) -> float:
        rest = answer(rig, freq_hz).rest
        return level_db(band(rest, rig.output_rate_hz, begin * rig.low_nyquist_hz), HALF_SCALE)

    if rig.output_rate_hz <= 2 * begin * rig.low_nyquist_hz:
        return Worst(SILENCE_DB, 0.0)  # the output cannot carry them
    return max((Worst(image(freq), freq) for freq in freqs_hz), key=lambda worst: worst.level_db)


def delay_ms(rig: Rig) -> float:
    """How far the samples are behind those that went in, counted in samples."""
    phases = {}
    for freq in _DELAY_TONES_HZ:
        before = 2 * np.pi * freq * _filling(rig) / rig.output_rate_hz
        phases[freq] = answer(rig, freq).phase - before
    return delay_s(phases) * 1000


def counts(rig: Rig, chunks: int = 25, chunk_ms: int = CHUNK_MS) -> list[int]:
    """How many samples come out for each of the first chunks of a stream."""
    sent = tone(ONE_KHZ, rig.input_rate_hz, chunks * chunk_ms / 1000)
    return [len(chunk) for chunk in rig.stream(sent, chunk_ms)[:-1]]


def held_ms(rig: Rig) -> float:
    """How much output is owed at worst after a chunk of 40 ms, by the time that went in."""
    came = np.cumsum(counts(rig, chunks=50)) / rig.output_rate_hz * 1000
    due = np.arange(1, len(came) + 1) * CHUNK_MS
    return float(np.max(due - came))


def latency_ms(rig: Rig) -> float:
    """How old audio is at worst when it comes out: the delay, and what is owed."""
    return delay_ms(rig) + held_ms(rig)
