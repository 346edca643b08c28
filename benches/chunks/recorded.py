"""The ratios that were measured before, and how far one may fall.

Owns `recorded.toml`: for each instruction set the ratio of every case to its peer.
Ratios only: bare times belong to one machine and one moment.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

FILE = Path(__file__).with_name("recorded.toml")
MAY_FALL = 0.25
HEADER = """\
# How many times faster than its peer each piece of work is, by instruction set.
# Written by: make bench ARGS="chunks --record"
"""

Ratios = dict[str, dict[str, float]]


def read(file: Path = FILE) -> Ratios:
    """What was recorded; nothing where nothing was."""
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def write(ratios: Ratios, file: Path = FILE) -> None:
    """Replace the instruction sets that were measured, keep the others."""
    merged = {**read(file), **ratios}
    text = HEADER
    for simd, cases in merged.items():
        text += f"\n[{simd}]\n"
        text += "".join(f'"{name}" = {ratio:.2f}\n' for name, ratio in cases.items())
    file.write_text(text, encoding="utf-8")


def floor(ratio: float | None) -> float:
    """The least that a case may reach which reached `ratio` before."""
    return 0.0 if ratio is None else (1 - MAY_FALL) * ratio
