"""What `rtproxy load` shows while it runs.

Owns the drawing: with rich on a terminal, a line every five seconds elsewhere.
Must not know sockets, nor decide anything.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from rtproxy.load.histogram import Histogram
from rtproxy.load.plan import TICK_S, Mode, Plan
from rtproxy.load.tally import Span

if TYPE_CHECKING:
    from rtproxy.load.measure import Glance
    from rtproxy.load.run import Run

LINE_EVERY_TICKS = round(5 / TICK_S)
_RANKS = (50.0, 95.0, 99.0, 99.9)


class LoadScreen(AbstractContextManager["LoadScreen"], Protocol):
    """Shows how the run goes."""

    def show(self, run: Run, glance: Glance) -> None:
        """Half a second is over."""


def choose_screen(plan: Plan, *, to_stderr: bool) -> LoadScreen:
    """A live one on a terminal, lines anywhere else."""
    stream = sys.stderr if to_stderr else sys.stdout
    if stream.isatty():
        return LiveScreen(plan, Console(stderr=to_stderr))
    return LineScreen(plan)


class LineScreen:
    """A line now and then, on stderr."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._ticks = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        pass

    def show(self, run: Run, glance: Glance) -> None:
        """Every tenth time a line."""
        self._ticks += 1
        span = glance.span
        if self._ticks % LINE_EVERY_TICKS == 0:
            way = span.round_trip if self._plan.mode is Mode.ECHO else span.first_audio
            print(
                f"{span.sessions} of {self._plan.sessions} sessions, {_rate(span):.0f} chunks/s, "
                f"p99 {_cell(way, 99.0)} ms, {run.tally.misplaced} lost or out of place, "
                f"{sum(run.tally.errors.values())} errors",
                file=sys.stderr,
                flush=True,
            )


class LiveScreen:
    """A panel that is redrawn twice a second, and gone at the end."""

    def __init__(self, plan: Plan, console: Console) -> None:
        self._plan = plan
        self._live = Live(console=console, auto_refresh=False, transient=True)

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._live.__exit__(kind, error, traceback)

    def show(self, run: Run, glance: Glance) -> None:
        """Draw it anew."""
        self._live.update(self._panel(run, glance.span, glance.cores), refresh=True)

    def _panel(self, run: Run, span: Span, cores: Mapping[str, float]) -> Group:
        bar = Table.grid(padding=(0, 1))
        bar.add_row(
            Text(f"{span.sessions} of {self._plan.sessions} sessions up"),
            ProgressBar(total=self._plan.sessions, completed=span.sessions, width=30),
            Text(f"{_rate(span):.0f} chunks/s each way"),
            Text(_left(run, self._plan), style="dim"),
        )
        return Group(bar, _latencies(self._plan.mode, span), _counts(run), _cores(cores))


def _left(run: Run, plan: Plan) -> str:
    if run.winding_up:
        return "waiting for the last answers"
    if run.full.duration_s:
        return f"{run.full.duration_s:.0f} of {plan.seconds:g} s at full load"
    return "ramp"


def _latencies(mode: Mode, span: Span) -> Table:
    table = Table(box=None, padding=(0, 2), header_style="dim")
    table.add_column("ms, just now", style="dim")
    for rank in _RANKS:
        table.add_column(f"p{rank:g}", justify="right")
    ways = (
        {"question to first audio": span.first_audio}
        if mode is Mode.PARROT
        else {
            "to the upstream": span.to_upstream,
            "to the client": span.to_client,
            "there and back": span.round_trip,
        }
    )
    for name, way in ways.items():
        table.add_row(name, *(_cell(way, rank) for rank in _RANKS))
    return table


def _counts(run: Run) -> Text:
    tally = run.tally
    text = Text(f"{tally.lost + tally.cut_off} lost · ")
    text.append(f"{tally.reordered} reordered · {tally.changed + tally.repeated} changed · ")
    # A copy, because this is another thread than the one that counts.
    errors = ", ".join(f"{kind} ×{count}" for kind, count in tally.errors.copy().items())
    text.append(errors or "no errors", style="red" if errors else "")
    if run.plan.mode is Mode.PARROT:
        text.append(f" · {tally.turns.complete} of {tally.turns.asked} questions answered")
    return text


def _cores(cores: Mapping[str, float]) -> Text:
    return Text("  ".join(f"{name} {used:.0%} of a core" for name, used in cores.items()), "dim")


def _rate(span: Span) -> float:
    return span.said / span.duration_s if span.duration_s else 0.0


def _cell(way: Histogram, rank: float) -> str:
    value_us = way.percentile_us(rank)
    return "–" if value_us is None else f"{value_us / 1000:.2f}"
