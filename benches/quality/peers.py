"""soxr and libsamplerate, asked for streaming as their documentation shows it.

Owns nothing of theirs but the calls. soxr's stream gives what it can and keeps
the rest; libsamplerate likewise, by the ratio of the rates.
"""

from __future__ import annotations

import numpy as np
import samplerate
import soxr

from benches.quality.measuring import Samples
from benches.quality.rig import Converter, Rig

_NOTHING = np.zeros(0, np.float32)


class SoxrStream:
    """`soxr.ResampleStream`, float32."""

    def __init__(self, input_rate_hz: int, output_rate_hz: int, recipe: str) -> None:
        self._stream = soxr.ResampleStream(
            input_rate_hz, output_rate_hz, num_channels=1, dtype="float32", quality=recipe
        )

    def process(self, chunk: Samples) -> Samples:
        return self._stream.resample_chunk(chunk.astype(np.float32)).astype(np.float64)

    def flush(self) -> Samples:
        return self._stream.resample_chunk(_NOTHING, last=True).astype(np.float64)


class SamplerateStream:
    """`samplerate.Resampler`, the full interface of libsamplerate."""

    def __init__(self, input_rate_hz: int, output_rate_hz: int, recipe: str) -> None:
        self._stream = samplerate.Resampler(recipe, channels=1)
        self._ratio = output_rate_hz / input_rate_hz

    def process(self, chunk: Samples) -> Samples:
        return self._stream.process(chunk.astype(np.float32), self._ratio).astype(np.float64)

    def flush(self) -> Samples:
        last = self._stream.process(_NOTHING, self._ratio, end_of_input=True)
        return last.astype(np.float64)


def soxr_rig(input_rate_hz: int, output_rate_hz: int, recipe: str = "HQ") -> Rig:
    """soxr by the name of a recipe: HQ, VHQ, MQ, LQ, QQ."""

    def make() -> Converter:
        return SoxrStream(input_rate_hz, output_rate_hz, recipe)

    return Rig(f"soxr {recipe}", input_rate_hz, output_rate_hz, make)


def samplerate_rig(input_rate_hz: int, output_rate_hz: int, recipe: str = "sinc_best") -> Rig:
    """libsamplerate by the name of a converter: sinc_best, sinc_medium, sinc_fastest."""

    def make() -> Converter:
        return SamplerateStream(input_rate_hz, output_rate_hz, recipe)

    return Rig(f"libsamplerate {recipe}", input_rate_hz, output_rate_hz, make)
