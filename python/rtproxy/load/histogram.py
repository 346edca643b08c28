"""Latencies, kept in logarithmic buckets: any number of them in little room.

Owns the buckets and what they lose. Below 256 µs every microsecond has a bucket of
its own; above, a bucket is at most 1/128 of its value wide. A percentile is told as
the upper end of its bucket: never too low, at most 0.8 % too high. The least and the
greatest value are kept as they were.
"""

from __future__ import annotations

import math
from typing import Self

_BITS = 7  # 128 buckets to each doubling

PRECISION = 2.0**-_BITS


class Histogram:
    """Counts of durations in microseconds."""

    __slots__ = ("_buckets", "count", "highest_us", "lowest_us")

    def __init__(self) -> None:
        self._buckets: dict[int, int] = {}
        self.count = 0
        self.lowest_us = 0
        self.highest_us = 0

    def add(self, value_us: int) -> None:
        """Count one; what is below 0 (clocks read in the wrong order) counts as 0."""
        value_us = max(value_us, 0)
        if not self.count:
            self.lowest_us = self.highest_us = value_us
        elif value_us > self.highest_us:
            self.highest_us = value_us
        elif value_us < self.lowest_us:
            self.lowest_us = value_us
        self.count += 1
        shift = max(value_us.bit_length() - 1 - _BITS, 0)
        index = (shift << _BITS) + (value_us >> shift)
        self._buckets[index] = self._buckets.get(index, 0) + 1

    def merge(self, other: Self) -> None:
        """Count all that the other has counted."""
        if not other.count:
            return
        self.lowest_us = min(self.lowest_us, other.lowest_us) if self.count else other.lowest_us
        self.highest_us = max(self.highest_us, other.highest_us)
        self.count += other.count
        for index, count in other._buckets.items():
            self._buckets[index] = self._buckets.get(index, 0) + count

    def percentile_us(self, rank: float) -> int | None:
        """The value that `rank` percent (above 0, at most 100) do not exceed; None of nothing."""
        if not self.count:
            return None
        due = max(1, math.ceil(self.count * rank / 100 - 1e-9))
        for index in sorted(self._buckets):
            due -= self._buckets[index]
            if due <= 0:
                return min(_upper_end(index), self.highest_us)
        raise AssertionError("the buckets hold fewer than were counted")


def _upper_end(index: int) -> int:
    shift = max((index >> _BITS) - 1, 0)
    return ((index - (shift << _BITS) + 1) << shift) - 1
