"""The table of quality, ours beside the peers, and the pictures.

Owns what is compared and how it is shown; exit code 1 where one of ours misses
a bar. `--markdown` prints the table as docs/audio.md has it.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benches.quality import bars
from benches.quality.figures import (
    ONE_KHZ,
    aliases_db,
    counts,
    images_db,
    in_band_hz,
    latency_ms,
    out_of_band_hz,
    purity_db,
    ripple_db,
)
from benches.quality.measuring import SILENCE_DB
from benches.quality.ours import our_float
from benches.quality.peers import samplerate_rig, soxr_rig
from benches.quality.rig import Rig

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
TONES = 24
WIDTH = 130
COLUMNS = ("1 kHz, dB", "worst, dB", "ripple, dB", "unwanted, dB", "latency, ms", "samples a chunk")


@dataclass(frozen=True, slots=True)
class Row:
    """What one converter does between one pair of rates."""

    rig: Rig
    one_khz_db: float
    purity_db: float
    ripple_db: float
    unwanted_db: float
    latency_ms: float
    counts: tuple[int, int]  # least and most for a chunk

    def cells(self) -> list[str]:
        """Its figures as text, in the order of COLUMNS."""
        least, most = self.counts
        return [
            f"{self.one_khz_db:.0f}",
            f"{self.purity_db:.0f}",
            f"{self.ripple_db:.3f}",
            f"{self.unwanted_db:.0f}",
            f"{self.latency_ms:.1f}",
            f"{least}" if least == most else f"{least}–{most}",
        ]

    def misses(self, quality: str) -> list[str]:
        """The bars of ours that it does not meet, in words."""
        due = self.rig.output_rate_hz * 40 // 1000
        judged = {
            "1 kHz": self.one_khz_db >= bars.ONE_KHZ_DB,
            "worst tone": self.purity_db >= bars.PURITY_DB,
            "ripple": self.ripple_db <= bars.RIPPLE_DB,
            "unwanted": self.unwanted_db <= bars.UNWANTED_DB,
            "latency": self.latency_ms <= bars.LATENCY_MS[quality],
            "samples a chunk": self.counts == (due, due),
        }
        return [what for what, met in judged.items() if not met]


def row_of(rig: Rig, begin: float = 1.1) -> Row:
    """Measure one; `begin` is where the unwanted begins, in lower Nyquist frequencies."""
    tones = in_band_hz(rig, TONES)
    near = in_band_hz(rig, TONES, (2 - begin) * 0.999)
    unwanted = max(
        aliases_db(rig, out_of_band_hz(rig, TONES, begin)).level_db,
        images_db(rig, near, begin).level_db,
        SILENCE_DB,
    )
    each = counts(rig)
    return Row(
        rig,
        purity_db(rig, [ONE_KHZ]).level_db,
        purity_db(rig, tones).level_db,
        ripple_db(rig, tones).level_db,
        unwanted,
        latency_ms(rig),
        (min(each), max(each)),
    )


def rows_of(pair: tuple[int, int]) -> tuple[list[Row], list[str]]:
    """Everybody's figures for a pair of rates, and what ours miss."""
    rows, missed = [], []
    for quality in ("low_latency", "strict"):
        row = row_of(our_float(*pair, quality), bars.BEGIN[quality])
        rows.append(row)
        missed += [f"{quality} {pair}: {what}" for what in row.misses(quality)]
    peers = (soxr_rig(*pair), samplerate_rig(*pair), samplerate_rig(*pair, "sinc_medium"))
    return rows + [row_of(peer) for peer in peers], missed


def rich_table(rows: list[Row]) -> Table:
    """For a terminal."""
    table = Table()
    for column in ("kHz", "converter"):
        table.add_column(column, no_wrap=True)
    for column in COLUMNS:
        table.add_column(column, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(_pair(row), row.rig.name, *row.cells())
    return table


def markdown(rows: list[Row]) -> str:
    """For the documents."""
    lines = [
        f"| kHz | converter | {' | '.join(COLUMNS)} |",
        f"|---|---|{'---:|' * len(COLUMNS)}",
    ]
    lines += [f"| {_pair(row)} | {row.rig.name} | {' | '.join(row.cells())} |" for row in rows]
    return "\n".join(lines)


def _pair(row: Row) -> str:
    return f"{row.rig.input_rate_hz / 1000:g} → {row.rig.output_rate_hz / 1000:g}"


def main(arguments: list[str]) -> int:
    """Measure all pairs and print them; 1 where one of ours misses a bar."""
    parser = argparse.ArgumentParser(prog="python -m benches quality", description=__doc__)
    parser.add_argument("--markdown", action="store_true", help="print the table for docs/audio.md")
    parser.add_argument("--pictures", action="store_true", help=f"draw {PICTURES.name}/*.png anew")
    parser.add_argument("--quick", action="store_true", help="only the first two pairs of rates")
    # What other benchmarks are told in a run of all is no concern of this one.
    options, _ = parser.parse_known_args(arguments)
    found: list[Row] = []
    missed: list[str] = []
    for pair in bars.PAIRS_HZ[:2] if options.quick else bars.PAIRS_HZ:
        rows, misses = rows_of(pair)
        found += rows
        missed += misses
    if options.markdown:
        print(markdown(found))
    else:
        Console(width=WIDTH).print(rich_table(found))
    if options.pictures:
        draw: Callable[[Path], None] = importlib.import_module("benches.quality.pictures").draw
        draw(PICTURES)
    for miss in missed:
        print(f"MISSED: {miss}")
    return 1 if missed else 0
