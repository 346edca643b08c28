"""What can be said of a run of samples: the tone in it, what is left without it, how loud.

Owns the mathematics of the measurements, in double precision. Pure: must not
know what made the samples.

A tone whose frequency is known is fitted by least squares, and what remains is
everything that should not be there: noise, distortion, aliases, images. This
finds errors of −200 dB in a few thousand samples, where a spectrum would need a
window and its compromises.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log10

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]

SILENCE_DB = -400.0  # what the level of nothing at all is called, so that it can be compared


@dataclass(frozen=True, slots=True)
class Fit:
    """The tone found in samples, and the samples without it."""

    amplitude: float  # of the peak, full scale is 1
    phase: float  # radians, of a cosine at the first sample
    rest: Samples

    @property
    def snr_db(self) -> float:
        """The tone's power over that of all else."""
        return -level_db(self.rest, self.amplitude)


def tone(freq_hz: float, rate_hz: int, duration_s: float, amplitude: float = 0.5) -> Samples:
    """A cosine that begins at its maximum; `amplitude` is its peak."""
    at = np.arange(round(duration_s * rate_hz)) / rate_hz
    return amplitude * np.cos(2 * np.pi * freq_hz * at)


def fit_tone(samples: Samples, rate_hz: int, freq_hz: float) -> Fit:
    """The cosine of `freq_hz` that leaves least of `samples` when it is taken out."""
    turn = 2 * np.pi * freq_hz / rate_hz * np.arange(len(samples))
    basis = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    (along, across), *_ = np.linalg.lstsq(basis, samples, rcond=None)
    found = float(np.hypot(along, across))
    return Fit(found, float(np.arctan2(-across, along)), samples - basis @ [along, across])


def level_db(samples: Samples, amplitude: float) -> float:
    """Power of `samples` against that of a tone of `amplitude`."""
    power = float(np.mean(np.square(samples))) if len(samples) else 0.0
    return ratio_db(power / (amplitude**2 / 2))


def ratio_db(power_ratio: float) -> float:
    """A ratio of powers in dB; none at all is SILENCE_DB."""
    return max(10 * log10(power_ratio), SILENCE_DB) if power_ratio > 0 else SILENCE_DB


def band(samples: Samples, rate_hz: int, low_hz: float) -> Samples:
    """What lies in `samples` above `low_hz`, under a window that keeps the power of noise.

    Take the wanted tone out before: the window's own leakage is −90 dB and less
    of what is left.
    """
    window = np.blackman(len(samples))
    window /= np.sqrt(np.mean(np.square(window)))
    spectrum = np.fft.rfft(samples * window)
    spectrum[np.fft.rfftfreq(len(samples), 1 / rate_hz) < low_hz] = 0
    return np.fft.irfft(spectrum, len(samples))


def frequency_hz(samples: Samples, rate_hz: int) -> float:
    """The strongest frequency, between the bins of a windowed spectrum (parabola through 3)."""
    size = 4 * len(samples)
    strength = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), size))
    peak = int(np.argmax(strength[1:-1])) + 1
    left, middle, right = np.log(strength[peak - 1 : peak + 2] + 1e-300)
    off = 0.5 * (left - right) / (left - 2 * middle + right)
    return float((peak + off) * rate_hz / size)


def delay_s(phases: Mapping[float, float]) -> float:
    """How late tones are, by the phase that each frequency (Hz) has when sent with phase 0.

    The lowest frequency says it roughly, and each next one more exactly: a delay
    under half a period of the lowest is found, if the steps are not too wide.
    """
    delay = 0.0
    for freq_hz in sorted(phases):
        expected = -2 * np.pi * freq_hz * delay
        off = (phases[freq_hz] - expected + np.pi) % (2 * np.pi) - np.pi
        delay -= off / (2 * np.pi * freq_hz)
    return float(delay)


def largest_step(samples: Samples) -> float:
    """The largest change from one sample to the next: a click shows here."""
    return float(np.max(np.abs(np.diff(samples))))
