"""The peers of the audio paths: numpy, soxr HQ and pybase64, as quick as they can be put together.

Of several ways to write each step (mean or matrix product, clip or minimum and
maximum, float or integer resampling) the one that measured fastest is here.
Streams, like ours: what a resampler holds back comes with a later chunk.
"""

from __future__ import annotations

import numpy as np
import pybase64
import soxr
from numpy.typing import NDArray

QUALITY = "HQ"
UPSTREAM_HZ = 24_000
SCALE = np.float32(32_768)
HIGHEST, LOWEST = np.float32(32_767), np.float32(-32_768)


def resampler(input_rate_hz: int, output_rate_hz: int, dtype: str = "float32") -> object:
    """One channel of soxr at the quality that is usual for speech and music."""
    return soxr.ResampleStream(input_rate_hz, output_rate_hz, 1, dtype=dtype, quality=QUALITY)


def rounded(scaled: NDArray[np.float32]) -> NDArray[np.int16]:
    """PCM16 of samples in its scale, which are overwritten."""
    np.rint(scaled, out=scaled)
    np.minimum(scaled, HIGHEST, out=scaled)
    np.maximum(scaled, LOWEST, out=scaled)
    return scaled.astype(np.int16)


def ulaw_table() -> NDArray[np.int16]:
    """The 256 samples of G.711 mu-law, as ITU-T G.711 defines them."""
    codes = ~np.arange(256, dtype=np.uint8)
    exponent, mantissa = (codes >> 4 & 7).astype(np.int32), (codes & 15).astype(np.int32)
    size = ((2 * mantissa + 33) << exponent + 2) - 132
    return np.where(codes & 0x80, -size, size).astype(np.int16)


def ulaw_codes() -> NDArray[np.uint8]:
    """The nearest mu-law code of every PCM16 sample, by its 16 bits."""
    samples = ulaw_table().astype(np.int32)
    rising = np.argsort(samples, kind="stable")
    borders = (samples[rising][1:] + samples[rising][:-1]) / 2
    every = np.arange(65_536, dtype=np.uint16).view(np.int16)
    return rising[np.searchsorted(borders, every)].astype(np.uint8)


class ToUpstream:
    """Float samples, mono or stereo, to the base64 of PCM16 at 24 kHz."""

    def __init__(self, rate_hz: int, channels: int) -> None:
        """A stream of its own."""
        self._mono_scaled = np.full(channels, SCALE / channels, np.float32)
        self._resampler = resampler(rate_hz, UPSTREAM_HZ)

    def __call__(self, chunk: NDArray[np.float32]) -> str:
        """The next chunk, (frames, channels)."""
        scaled = self._resampler.resample_chunk(chunk @ self._mono_scaled)
        return pybase64.b64encode_as_string(rounded(scaled))


class Pcm16ToUpstream:
    """Mono PCM16 bytes of another rate to the base64 of PCM16 at 24 kHz."""

    def __init__(self, rate_hz: int) -> None:
        """A stream of its own."""
        self._resampler = resampler(rate_hz, UPSTREAM_HZ, "int16")

    def __call__(self, chunk: bytes) -> str:
        """The next chunk."""
        samples = self._resampler.resample_chunk(np.frombuffer(chunk, np.int16))
        return pybase64.b64encode_as_string(samples)


class UlawToUpstream:
    """G.711 mu-law bytes at 8 kHz to the base64 of PCM16 at 24 kHz."""

    def __init__(self) -> None:
        """A stream of its own."""
        self._table = ulaw_table()
        self._resampler = resampler(8_000, UPSTREAM_HZ, "int16")

    def __call__(self, chunk: bytes) -> str:
        """The next chunk."""
        samples = self._table.take(np.frombuffer(chunk, np.uint8))
        return pybase64.b64encode_as_string(self._resampler.resample_chunk(samples))


class FromUpstream:
    """The base64 of PCM16 at 24 kHz to float samples of another rate, mono or stereo."""

    def __init__(self, rate_hz: int, channels: int) -> None:
        """A stream of its own."""
        self._channels = channels
        self._resampler = resampler(UPSTREAM_HZ, rate_hz)

    def __call__(self, text: str) -> NDArray[np.float32]:
        """The next chunk, (frames,) or (frames, channels)."""
        samples = np.frombuffer(pybase64.b64decode(text, validate=True), np.int16)
        mono: NDArray[np.float32] = self._resampler.resample_chunk(samples * (1 / SCALE))
        if self._channels == 1:
            return mono
        both = np.empty((len(mono), self._channels), np.float32)
        for channel in range(self._channels):
            both[:, channel] = mono
        return both


class UlawFromUpstream:
    """The base64 of PCM16 at 24 kHz to the base64 of G.711 mu-law at 8 kHz."""

    def __init__(self) -> None:
        """A stream of its own."""
        self._codes = ulaw_codes()
        self._resampler = resampler(UPSTREAM_HZ, 8_000, "int16")

    def __call__(self, text: str) -> str:
        """The next chunk."""
        samples = np.frombuffer(pybase64.b64decode(text, validate=True), np.int16)
        resampled = self._resampler.resample_chunk(samples)
        return pybase64.b64encode_as_string(self._codes.take(resampled.view(np.uint16)))
