"""Sounds to speak with: PCM16, 24 kHz, mono."""

from __future__ import annotations

import wave
from importlib.resources import files

import numpy as np

BYTES_PER_MS = 48


def silence(ms: int) -> bytes:
    """Digital silence."""
    return bytes(ms * BYTES_PER_MS)


def noise(ms: int, peak: int = 8_000, seed: int = 7) -> bytes:
    """White noise, every run the same."""
    values = np.random.default_rng(seed).integers(-peak, peak, ms * BYTES_PER_MS // 2)
    return values.astype("<i2").tobytes()


def tone(ms: int, hz: float = 440.0, peak: int = 8_000) -> bytes:
    """A sine."""
    time_s = np.arange(ms * BYTES_PER_MS // 2) / 24_000
    return (np.sin(2 * np.pi * hz * time_s) * peak).astype("<i2").tobytes()


def question() -> bytes:
    """Speech: the sample that ships with rtproxy."""
    path = files("rtproxy").joinpath("samples/question.wav")
    with path.open("rb") as file, wave.open(file) as sample:
        pcm: bytes = sample.readframes(sample.getnframes())
        return pcm


def turn(ms: int = 1_000, *, before_ms: int = 500, after_ms: int = 500) -> bytes:
    """A burst with silence around it: one turn for the default turn detection."""
    return silence(before_ms) + noise(ms) + silence(after_ms)
