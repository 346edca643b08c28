"""Writes the G.711 reference tables; what each is made from is in README.md.

Knows nothing of the kernels that are measured against them. Needs Python 3.11 or
3.12: `audioop`, the reference for mu-law, is gone after that.
"""

from __future__ import annotations

import struct
import sys
import warnings
from bisect import bisect_right
from pathlib import Path

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import audioop

HERE = Path(__file__).parent
# Table 1a/G.711, columns 1 and 2: segments of so many intervals of such a width, on
# a scale where 4096 is full; 16 bit samples are eight times as large.
ALAW_SEGMENTS = ((32, 2), (16, 4), (16, 8), (16, 16), (16, 32), (16, 64), (16, 128))
SCALE = 8
EVEN_BITS = 0x55
POSITIVE = 0x80


def alaw_decision_values() -> list[int]:
    """Column 5 of table 1a: where each interval begins, and the end of the last."""
    values = [0]
    for intervals, width in ALAW_SEGMENTS:
        values += [values[-1] + width * step for step in range(1, intervals + 1)]
    return values


def alaw_encoded(sample: int, decisions: list[int]) -> int:
    """The character signal of a 16 bit sample.

    A negative sample falls into the interval of its ones' complement, as in the
    ITU's reference software (G.191): 0 is the smallest positive, -1 negative.
    """
    magnitude = sample if sample >= 0 else ~sample
    interval = bisect_right(decisions, magnitude / SCALE) - 1
    sign = POSITIVE if sample >= 0 else 0
    return (sign | interval) ^ EVEN_BITS


def alaw_decoded(code: int, decisions: list[int]) -> int:
    """The value in the middle of a code's interval (column 8 of table 1a)."""
    plain = code ^ EVEN_BITS
    interval = plain & 0x7F
    middle = (decisions[interval] + decisions[interval + 1]) * SCALE // 2
    return middle if plain & POSITIVE else -middle


def main() -> None:
    samples = range(-32768, 32768)
    codes = bytes(range(256))
    decisions = alaw_decision_values()
    linear = struct.pack("<65536h", *samples)
    alaw = bytes(alaw_encoded(sample, decisions) for sample in samples)
    tables = {
        "ulaw_encode.bin": audioop.lin2ulaw(linear, 2),
        "ulaw_decode.bin": audioop.ulaw2lin(codes, 2),
        "alaw_encode.bin": alaw,
        "alaw_decode.bin": struct.pack("<256h", *(alaw_decoded(c, decisions) for c in codes)),
    }
    for name, table in tables.items():
        (HERE / name).write_bytes(table)
    agrees = alaw == audioop.lin2alaw(linear, 2)
    sys.stdout.write(f"A-law: {'the same as' if agrees else 'not what'} audioop encodes\n")


if __name__ == "__main__":
    main()
