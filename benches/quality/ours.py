"""rtproxy's converters, for measuring: the resampler alone, and the path from bytes to bytes.

Owns nothing but the calls, and PCM16 and float32 written and read with numpy.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from benches.quality.measuring import Samples
from benches.quality.rig import Converter, Rig
from rtproxy import AudioFormat, AudioPath, Encoding, Resampler

Quality = Literal["low_latency", "strict"]
_DTYPES = {Encoding.PCM16: "<i2", Encoding.F32: "<f4"}


class FloatStream:
    """Our resampler alone, float32 to float32."""

    def __init__(self, input_rate_hz: int, output_rate_hz: int, quality: Quality) -> None:
        self._resampler = Resampler(input_rate_hz, output_rate_hz, quality=quality)

    def process(self, chunk: Samples) -> Samples:
        return self._resampler.process(chunk.astype(np.float32)).astype(np.float64)

    def flush(self) -> Samples:
        return self._resampler.flush().astype(np.float64)


class PathStream:
    """Our path from bytes to bytes; `source` and `target` are PCM16 or float32, mono."""

    def __init__(self, source: AudioFormat, target: AudioFormat, quality: Quality) -> None:
        self._source, self._target = source.encoding, target.encoding
        self._path = AudioPath(source, target, quality=quality)

    def process(self, chunk: Samples) -> Samples:
        return decoded(self._path.process(encoded(chunk, self._source)), self._target)

    def flush(self) -> Samples:
        return decoded(self._path.flush(), self._target)


def encoded(samples: Samples, encoding: Encoding) -> bytes:
    """Samples as PCM16, rounded, or as float32."""
    if encoding is Encoding.PCM16:
        samples = np.clip(np.rint(samples * 32768), -32768, 32767)
    return samples.astype(_DTYPES[encoding]).tobytes()


def decoded(raw: bytes, encoding: Encoding) -> Samples:
    """Samples, full scale ±1, of PCM16 or float32."""
    scale = 32768 if encoding is Encoding.PCM16 else 1
    return np.frombuffer(raw, _DTYPES[encoding]).astype(np.float64) / scale


def our_float(input_rate_hz: int, output_rate_hz: int, quality: Quality) -> Rig:
    """The float path of a pair of rates."""

    def make() -> Converter:
        return FloatStream(input_rate_hz, output_rate_hz, quality)

    return Rig(f"rtproxy {quality}", input_rate_hz, output_rate_hz, make)


def our_path(source: tuple[Encoding, int], target: tuple[Encoding, int], quality: Quality) -> Rig:
    """The path between two mono formats, each (encoding, rate in Hz)."""
    formats = AudioFormat(*source), AudioFormat(*target)
    name = f"rtproxy {source[0].value} to {target[0].value} {quality}"
    return Rig(name, source[1], target[1], lambda: PathStream(*formats, quality))
