"""How much of what was said is left in what was heard.

Owns the alignment, to a fraction of a sample, and the signal-to-noise ratio inside
a band. It must not correct anything else: another loudness is an error.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Signal = NDArray[np.float64]

_EDGE = 1_200  # samples at either end that filters and fades may have touched


def snr_db(said: Signal, heard: Signal, rate_hz: int, band_hz: float) -> float:
    """SNR of `heard` against the stretch of `said` that it is, both mono at one rate."""
    start = _place(said, heard)
    length = min(len(heard), len(said) - start)
    clean = _band(said[start : start + length], rate_hz, band_hz)
    noisy = _band(heard[:length], rate_hz, band_hz)
    clean = _delayed(clean, _delay(clean, noisy))
    inside = slice(_EDGE, length - _EDGE)
    error = noisy[inside] - clean[inside]
    return float(10 * np.log10(np.sum(clean[inside] ** 2) / np.sum(error**2)))


def _place(said: Signal, heard: Signal) -> int:
    """Where in `said` the stretch begins, to a sample."""
    size = len(said) + len(heard)
    likeness = np.fft.irfft(np.fft.rfft(said, size) * np.fft.rfft(heard, size).conj(), size)
    return int(np.argmax(likeness[: len(said)]))


def _band(signal: Signal, rate_hz: int, band_hz: float) -> Signal:
    spectrum = np.fft.rfft(signal)
    spectrum[np.fft.rfftfreq(len(signal), 1 / rate_hz) > band_hz] = 0
    return np.fft.irfft(spectrum, len(signal))


def _delay(clean: Signal, noisy: Signal) -> float:
    """The fraction of a sample that `noisy` is late: the slope of the phase between them."""
    cross = np.fft.rfft(noisy) * np.fft.rfft(clean).conj()
    omega = 2 * np.pi * np.arange(len(cross)) / len(clean)
    weight = np.abs(cross) * omega
    return -float(np.sum(weight * np.angle(cross)) / np.sum(weight * omega))


def _delayed(signal: Signal, samples: float) -> Signal:
    omega = 2 * np.pi * np.arange(len(signal) // 2 + 1) / len(signal)
    return np.fft.irfft(np.fft.rfft(signal) * np.exp(-1j * omega * samples), len(signal))
