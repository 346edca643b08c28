"""Latency over load, as a picture.

Owns the drawing, with matplotlib (the extra `rtproxy[plot]`), which is imported when
something is drawn. Must not know how the figures came about.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from rtproxy.load.report import Percentiles, Report, Step
from rtproxy.model.errors import ConfigError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_RANKS = (("p50_ms", "p50", "-o"), ("p95_ms", "p95", "--s"), ("p99_ms", "p99", ":^"))
_MISSING = (
    "--plot needs matplotlib, which is not installed here: pip install 'rtproxy[plot]', "
    "or run without --plot"
)


def require_matplotlib() -> None:
    """Raises ConfigError where nothing can be drawn: asked before the run, not after it."""
    if find_spec("matplotlib") is None:
        raise ConfigError(_MISSING)


def plot(report: Report, path: Path) -> None:
    """Write a picture in the format that the path's suffix names.

    Raises OSError where the file cannot be written, ValueError for a suffix that is
    not known.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415 - heavy, and optional
    from matplotlib.ticker import LogLocator  # noqa: PLC0415 - the same

    steps = _points(report)
    ways = _ways(report.mode, steps)
    figure = Figure(figsize=(4.6 * len(ways), 4.2), layout="constrained")
    axes = figure.subplots(1, len(ways), sharey=True, squeeze=False)[0]
    for one, (title, way) in zip(axes, ways.items(), strict=True):
        _draw(one, title, steps, way)
    axes[0].set_yscale("log")  # shared by all: p50 and p99 are far apart
    axes[0].yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes[0].yaxis.set_major_formatter("{x:g}")
    axes[0].yaxis.set_minor_formatter("")
    axes[0].set_ylabel("ms")
    axes[0].legend()
    figure.suptitle(
        f"rtproxy {report.version}: {report.dialect}, {report.mode}, up to "
        f"{report.sessions.up} sessions in real time"
    )
    figure.savefig(path, dpi=120)


def _points(report: Report) -> list[Step]:
    """The steps of the ramp; the full load in place of the last, which is the same but shorter."""
    *ramp, full = report.steps
    if not full.said_hz:
        return ramp  # the run was stopped before
    return [*(step for step in ramp if step.sessions < full.sessions), full]


def _ways(mode: str, points: list[Step]) -> dict[str, list[Percentiles | None]]:
    if mode == "parrot":
        return {"end of question to first audio": [step.first_audio for step in points]}
    steps = [step.latency for step in points]
    ways = {
        "to the upstream": [each.to_upstream for each in steps],
        "to the client": [each.to_client for each in steps],
        "there and back": [each.round_trip for each in steps],
    }
    return {title: way for title, way in ways.items() if any(way)}


def _draw(axes: Axes, title: str, steps: list[Step], way: list[Percentiles | None]) -> None:
    shown = [(step.sessions, each) for step, each in zip(steps, way, strict=True) if each]
    for field, label, style in _RANKS:
        points = [(count, getattr(each, field)) for count, each in shown]
        points = [(count, value) for count, value in points if value is not None]
        axes.plot([x for x, _ in points], [y for _, y in points], style, label=label)
    axes.set_title(title)
    axes.set_xlabel("sessions up")
    axes.grid(alpha=0.3, which="both")
