"""A stream of mono audio from one rate to another, whoever converts it.

Owns the shape that everything measured has, and how it is fed: in chunks, as
audio comes. Must not know what is measured, nor how it is done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from benches.quality.measuring import Samples

CHUNK_MS = 40


class Converter(Protocol):
    """One stream on its way."""

    def process(self, chunk: Samples) -> Samples:
        """What comes out for what goes in, state kept."""

    def flush(self) -> Samples:
        """What was still held back."""


@dataclass(frozen=True, slots=True)
class Rig:
    """A way of converting; `make` begins a stream, for converters have state."""

    name: str
    input_rate_hz: int
    output_rate_hz: int
    make: Callable[[], Converter]

    @property
    def low_nyquist_hz(self) -> float:
        """The highest frequency that both rates can carry."""
        return min(self.input_rate_hz, self.output_rate_hz) / 2

    def stream(self, samples: Samples, chunk_ms: int = CHUNK_MS) -> list[Samples]:
        """What comes out for each chunk of `samples`, and last what was held back."""
        converter, size = self.make(), self.input_rate_hz * chunk_ms // 1000
        chunks = (samples[at : at + size] for at in range(0, len(samples), size))
        return [*(converter.process(chunk) for chunk in chunks), converter.flush()]

    def convert(self, samples: Samples) -> Samples:
        """All that comes out, in one piece."""
        return np.concatenate(self.stream(samples))
