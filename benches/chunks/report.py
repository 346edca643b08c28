"""Timing the cases in turns, the table, and whether the bars are met.

The figure of a case is the fastest of many short runs, ours and the stand-in's
alternating: the machine's other work can only add to a run, never take away.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from benches.chunks.cases import Case, WrongResultError, all_cases


@dataclass(frozen=True, slots=True)
class Figure:
    """One case, timed."""

    case: Case
    ours_us: float
    theirs_us: float

    @property
    def ratio(self) -> float:
        """How many times faster ours is."""
        return self.theirs_us / self.ours_us

    @property
    def met(self) -> bool:
        """Whether that is enough."""
        return self.ratio >= self.case.bar


def run_us(work: Callable[[], object], calls: int) -> float:
    """Microseconds of one call, averaged over a short run."""
    start = time.perf_counter_ns()
    for _ in range(calls):
        work()
    return (time.perf_counter_ns() - start) / calls / 1000


def figure_of(case: Case, rounds: int, calls: int) -> Figure:
    """Check the case, time it, and check it again."""
    case.check()
    pairs = [(run_us(case.ours, calls), run_us(case.theirs, calls)) for _ in range(rounds)]
    case.check()
    return Figure(case, min(ours for ours, _ in pairs), min(theirs for _, theirs in pairs))


def table_of(figures: list[Figure]) -> Table:
    """One row a case."""
    table = Table(caption="µs per 40 ms chunk, the fastest of many runs, call overhead included")
    table.add_column("case")
    for column in ("ours", "stand-in", "times faster", "bar"):
        table.add_column(column, justify="right")
    for figure in figures:
        table.add_row(
            figure.case.name,
            f"{figure.ours_us:.2f}",
            f"{figure.theirs_us:.2f} {figure.case.stand_in}",
            f"{figure.ratio:.1f}",
            f"{figure.case.bar:g}{'' if figure.met else ' MISSED'}",
        )
    return table


def main(arguments: list[str]) -> int:
    """Run all cases; 1 where a result is wrong, or a bar is missed under `--check`."""
    parser = argparse.ArgumentParser(prog="python -m benches chunks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under two seconds, for CI")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a bar is missed")
    options = parser.parse_args(arguments)
    rounds, calls = (20, 100) if options.quick else (100, 500)
    console = Console()
    try:
        figures = [figure_of(case, rounds, calls) for case in all_cases()]
    except WrongResultError as error:
        console.print(f"[red]A result is wrong, so there is no figure.[/red] {error}")
        return 1
    console.print(table_of(figures))
    missed = [figure.case.name for figure in figures if not figure.met]
    return 1 if options.check and missed else 0
