"""The options, the table, and what fails: a chunk over budget, a bar missed, a ratio fallen.

The bars are stated for AVX2 on both sides (`simd.py`). The recorded ratios are
those of the instruction set that is measured.
"""

from __future__ import annotations

import argparse

from rich.console import Console
from rich.table import Table

from benches import simd
from benches.chunks import recorded
from benches.chunks.case import WrongResultError
from benches.chunks.measuring import QUICK_ROUNDS, ROUNDS, measure, measure_again
from benches.chunks.recording import passes
from benches.chunks.timing import Figure, settled

MORE_ROUNDS = 5  # for what is suspected, before it fails
WIDTH = 118
MISSED = "MISSED"
CAPTION = (
    "µs per 40 ms chunk: the fastest of many runs, the call from Python included; "
    "budget: the share of the 40 ms; ratio: how many times faster than the peer"
)


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
        return MISSED if self._bars_hold and not figure.met else ""

    def fails(self, figure: Figure, *, bars: bool) -> bool:
        """Whether it fails a check; a missed bar only where bars count."""
        complaint = self.complaint(figure)
        return bool(complaint) and (bars or complaint != MISSED)


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
    parser.add_argument("--record", action="store_true", help="rewrite recorded.toml: all sets")
    parser.add_argument("--simd", choices=["all", *simd.available()], help="instruction set")
    return parser.parse_args(arguments)


def sets_of(options: argparse.Namespace) -> list[str]:
    """The instruction sets to measure: by default the one that the bars are stated for."""
    every = options.record or options.quick
    if options.simd == "all" or (every and options.simd is None):
        return simd.available()
    return [options.simd or simd.fair()]


def judged(chosen: str, options: argparse.Namespace, judge: Judge) -> list[Figure]:
    """Every case; what would fail is timed again before it counts; raises WrongResultError."""
    return settled(
        measure(chosen, QUICK_ROUNDS if options.quick else ROUNDS),
        lambda figure: judge.fails(figure, bars=not options.quick),
        lambda names: measure_again(chosen, names),
        MORE_ROUNDS,
    )


def report(options: argparse.Namespace, console: Console) -> bool:
    """Measure and print; whether all is well; raises WrongResultError."""
    known = recorded.read()
    good = True
    for chosen in sets_of(options):
        judge = Judge(chosen, known.get(chosen, {}))
        figures = judged(chosen, options, judge)
        console.print(table_of(f"ours {chosen}, peers {simd.fair()}", figures, judge))
        good &= not any(judge.fails(figure, bars=not options.quick) for figure in figures)
    return good


def record(options: argparse.Namespace, console: Console) -> None:
    """Write anew what may not fall; raises WrongResultError."""
    for chosen in sets_of(options):
        console.print(f"recording {chosen}")
        recorded.write({chosen: recorded.cautious(passes(chosen))})


def main(arguments: list[str]) -> int:
    """Run all cases; 1 where a result is wrong, or under `--check` where a case fails."""
    options = parse(arguments)
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    try:
        if options.record:
            record(options, console)
            return 0
        return 1 if not report(options, console) and options.check else 0
    except WrongResultError as error:
        console.print(f"[red]A result is wrong, so there is no figure.[/red] {error}")
        return 1
