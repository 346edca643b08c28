"""A sound that is known at every point in time, so that any resampler can be checked.

Every tone is a multiple of 25 Hz: a chunk of 40 ms holds whole periods, so the same
chunk again and again is one endless sound, and what a resampler makes of it, delayed
or not, can be computed instead of being estimated.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benches.chunks.case import CHUNK_S, WrongResultError

STEP_HZ = 25
AMPLITUDE = 0.7
TONES_HZ = (125, 300, 450, 725, 1_100, 1_525, 2_050, 2_600, 3_100, 3_300)


def chunk(rate_hz: int, channels: int = 1, delay_s: float = 0.0) -> NDArray[np.float32]:
    """40 ms of the sound, (frames,) or (frames, channels), full scale 1.0."""
    times = np.arange(round(rate_hz * CHUNK_S)) / rate_hz - delay_s
    waves = [np.sin(2 * np.pi * hz * times + hz) for hz in TONES_HZ]
    mono = (AMPLITUDE / len(TONES_HZ) * np.sum(waves, axis=0)).astype(np.float32)
    return mono if channels == 1 else np.repeat(mono, channels).reshape(-1, channels)


def pcm16(samples: NDArray[np.float32]) -> NDArray[np.int16]:
    """The nearest 16-bit samples."""
    return np.clip(np.rint(samples * 32768.0), -32768, 32767).astype("<i2")


def snr_db(got: NDArray[np.floating], want: NDArray[np.floating]) -> float:
    """How far below the sound its errors are."""
    exact = np.asarray(want, np.float64)
    noise = np.sum((np.asarray(got, np.float64) - exact) ** 2)
    return float("inf") if noise == 0 else float(10 * np.log10(np.sum(exact**2) / noise))


def expect_sound(
    who: str, got: NDArray[np.floating], rate_hz: int, at_least_db: float, delay_s: float = 0.0
) -> None:
    """Raise WrongResultError unless `got`, whole chunks, is the sound with that delay."""
    per_chunk = round(rate_hz * CHUNK_S)
    if len(got) % per_chunk or len(got) == 0:
        raise WrongResultError(f"{who}: {len(got)} samples are not chunks of {per_chunk}")
    want = np.tile(chunk(rate_hz, delay_s=delay_s), len(got) // per_chunk)
    found = snr_db(got, want)
    if found < at_least_db:
        raise WrongResultError(f"{who}: SNR {found:.1f} dB, at least {at_least_db:g} was due")
