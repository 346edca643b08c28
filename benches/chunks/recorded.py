"""The ratios that were measured before, and how far one may fall.

Owns `recorded.toml`: for each instruction set the ratio of every case to its peer.
Ratios only: bare times belong to one machine and one moment. Even a ratio moves with
what else the machine does, and from one processor to the next of the same instruction
set, so what is kept is cautious: less than the lowest of several passes, rounded down.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable
from pathlib import Path

FILE = Path(__file__).with_name("recorded.toml")
MAY_FALL = 0.25
ELSEWHERE = 0.9  # of a ratio: room for processors on which it was not recorded
DIGITS = 2
HEADER = """\
# How many times faster than its peer each piece of work is at least, by instruction set.
# Written by: make bench ARGS="chunks --record"
"""

Cases = dict[str, float]
Ratios = dict[str, Cases]


def read(file: Path = FILE) -> Ratios:
    """What was recorded; nothing where nothing was."""
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def write(ratios: Ratios, file: Path = FILE) -> None:
    """Replace the instruction sets that were measured, keep the others."""
    merged = {**read(file), **ratios}
    text = HEADER
    for simd, cases in merged.items():
        text += f"\n[{simd}]\n"
        text += "".join(f'"{name}" = {ratio:g}\n' for name, ratio in cases.items())
    file.write_text(text, encoding="utf-8")


def floor(ratio: float | None) -> float:
    """The least that a case may reach which reached `ratio` before."""
    return 0.0 if ratio is None else (1 - MAY_FALL) * ratio


def cautious(passes: Iterable[Cases]) -> Cases:
    """Worth recording of several passes: of every case the lowest, and room below it."""
    lowest: Cases = {}
    for name, ratio in (row for each in passes for row in each.items()):
        lowest[name] = min(ratio, lowest.get(name, ratio))
    return {name: rounded_down(ELSEWHERE * ratio) for name, ratio in lowest.items()}


def rounded_down(ratio: float) -> float:
    """The next lower number of two digits."""
    step = 10.0 ** (math.floor(math.log10(ratio)) - DIGITS + 1)
    return round(math.floor(ratio / step * (1 + 1e-9)) * step, 6)
