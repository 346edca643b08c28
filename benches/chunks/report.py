"""The options, the table, and what fails: a chunk over budget, a bar missed, a ratio fallen.

The bars are stated for AVX2 on both sides (`simd.py`). The recorded ratios are
those of the instruction set that is measured.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import chain

from rich.console import Console
from rich.table import Table

from benches import simd
from benches.chunks import (
    audio_cases,
    base64_cases,
    recorded,
    shape_cases,
    splice_cases,
    wire_cases,
)
from benches.chunks.case import Case, WrongResultError
from benches.chunks.timing import Figure, timed_until
from rtproxy._audio_core import limit_simd

ROUNDS, QUICK_ROUNDS = 150, 30
TRIES = 4
PASSES = 3  # over all cases when recording: a lucky one must not become the rule
WIDTH = 118
CAPTION = (
    "µs per 40 ms chunk: the fastest of many runs, the call from Python included; "
    "budget: the share of the 40 ms; ratio: how many times faster than the peer"
)


def all_cases() -> Iterator[Case]:
    """From the paths to their parts; made while the instruction set is chosen."""
    yield from audio_cases.cases()
    yield from shape_cases.cases()
    yield from base64_cases.cases()
    yield from wire_cases.cases()
    yield from splice_cases.cases()


class Judge:
    """Says of a figure what is wrong with it, if anything."""

    def __init__(self, chosen: str, ratios: dict[str, float]) -> None:
        """Against what was recorded for the chosen instruction set."""
        self._bars_hold = chosen == simd.fair()
        self._ratios = ratios

    def complaint(self, figure: Figure) -> str:
        """Empty for a good one."""
        if not figure.in_budget:
            return "OVER BUDGET"
        before = self._ratios.get(figure.case.name)
        if figure.ratio is not None and figure.ratio < recorded.floor(before):
            return f"FELL from {before:.1f}"
        return "MISSED" if self._bars_hold and not figure.met else ""


def table_of(title: str, figures: list[Figure], judge: Judge) -> Table:
    """One row a case."""
    table = Table(title=title, caption=CAPTION)
    table.add_column("path")
    for column in ("µs", "budget", "peer, µs", "ratio", "bar"):
        table.add_column(column, justify="right")
    table.add_column("")
    for figure in figures:
        case = figure.case
        table.add_row(
            case.name,
            f"{figure.ours_us:.2f}",
            f"{figure.share:.4%}",
            "" if figure.theirs_us is None else f"{case.peer} {figure.theirs_us:.2f}",
            "" if figure.ratio is None else f"{figure.ratio:.1f}",
            "" if case.bar is None else f"{case.bar:g}",
            judge.complaint(figure) or "ok",
        )
    return table


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the options."""
    parser = argparse.ArgumentParser(prog="python -m benches chunks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer runs, for CI: all sets")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a case fails")
    parser.add_argument("--record", action="store_true", help="rewrite recorded.toml, all sets")
    parser.add_argument("--simd", choices=["all", *simd.available()], help="instruction set")
    return parser.parse_args(arguments)


def sets_of(options: argparse.Namespace) -> list[str]:
    """The instruction sets to measure: by default the one that the bars are stated for."""
    if options.record or options.simd == "all" or (options.quick and options.simd is None):
        return simd.available()
    return [options.simd or simd.fair()]


def measure(chosen: str, rounds: int, judge: Judge) -> list[Figure]:
    """Every case with this instruction set; raises WrongResultError."""
    limit_simd(chosen)
    try:
        return [
            timed_until(case, rounds, lambda figure: not judge.complaint(figure), TRIES)
            for case in all_cases()
        ]
    finally:
        limit_simd(simd.DETECTED)


def lowest_ratios(passes: list[list[Figure]]) -> dict[str, float]:
    """What is recorded: of every case with a peer the lowest ratio of the passes."""
    lowest: dict[str, float] = {}
    for figure in chain.from_iterable(passes):
        if figure.ratio is not None:
            name = figure.case.name
            lowest[name] = min(figure.ratio, lowest.get(name, figure.ratio))
    return lowest


def main(arguments: list[str]) -> int:
    """Run all cases; 1 where a result is wrong, or under `--check` where a case fails."""
    options = parse(arguments)
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    known = {} if options.record else recorded.read()
    rounds = QUICK_ROUNDS if options.quick else ROUNDS
    repeats = PASSES if options.record else 1
    failed, measured = False, {}
    for chosen in sets_of(options):
        judge = Judge(chosen, known.get(chosen, {}))
        try:
            passes = [measure(chosen, rounds, judge) for _ in range(repeats)]
        except WrongResultError as error:
            console.print(f"[red]A result is wrong, so there is no figure.[/red] {error}")
            return 1
        console.print(table_of(f"ours {chosen}, peers {simd.fair()}", passes[-1], judge))
        failed = failed or any(judge.complaint(figure) for figure in passes[-1])
        measured[chosen] = lowest_ratios(passes)
    if options.record:
        recorded.write(measured)
    return 1 if options.check and failed else 0
