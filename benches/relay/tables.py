"""What the comparison shows: its tables.

Owns the words and the columns. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from rich.table import Table

from benches.relay.findings import Findings
from benches.relay.trial import Capacity

CAPTION = (
    "medians of all windows; core, load: how busy the relay's and the load's core were; "
    "added: ms from one end to the other, p50/p99/p99.9 of the slower way; "
    "late: ms that the load was behind itself, p99; stolen: of all processors, by the host"
)


def levels_table(findings: Findings) -> Table:
    """Each relay at each number of sessions: medians of its windows."""
    table = Table(caption=CAPTION)
    columns = ("sessions", "µs/message", "from–to", "core", "added", "load", "late", "stolen")
    for column in ("relay", *columns):
        table.add_column(column, justify="left" if column == "relay" else "right")
    for relay, sessions in findings.places():
        points = findings.at(relay, sessions)
        costs = sorted(point.us_per_message for point in points)
        slower = [point.reading.slower for point in points]
        added = (
            [way.p50_ms for way in slower],
            [way.p99_ms for way in slower],
            [way.p999_ms for way in slower],
        )
        table.add_row(
            relay,
            str(sessions),
            f"{median(costs):.1f}",
            f"{costs[0]:.1f}–{costs[-1]:.1f}",
            f"{median(point.core for point in points):.0%}",
            "/".join(f"{median(ranks):.2f}" for ranks in added),
            f"{median(point.reading.load_core for point in points):.0%}",
            f"{median(point.reading.late.p99_ms for point in points):.1f}",
            f"{median(point.stolen for point in points):.1%}",
        )
    return table


def summary_table(findings: Findings, relays: Sequence[str], levels: Sequence[int]) -> Table:
    """One line for each relay."""
    table = Table(caption="µs: CPU per audio message, the median of all windows")
    table.add_column("relay")
    columns = [f"µs at {level}" for level in levels]
    columns += ["sessions a core", "µs there", "p99 ms at half", "set-ups/s", "KiB idle"]
    for column in columns:
        table.add_column(column, justify="right")
    for relay in relays:
        costs = [findings.cost_us(relay, level) for level in levels]
        capacity = findings.capacities.get(relay)
        table.add_row(
            relay,
            *(_number(cost, ".1f") for cost in costs),
            _capacity(capacity),
            _number(capacity.most.us_per_message if capacity else None, ".1f"),
            _number(capacity.half.reading.p99_ms if capacity else None, ".2f"),
            _number(findings.set_ups_hz.get(relay), ",.0f"),
            _number(findings.idle_kib.get(relay), ".0f"),
        )
    return table


def _number(value: float | None, how: str) -> str:
    return "–" if value is None else format(value, how)


def _capacity(capacity: Capacity | None) -> str:
    if capacity is None:
        return "–"
    sessions = f"{capacity.most.sessions:,}"
    return sessions if capacity.bounded_by == "the relay" else f"≥ {sessions}"
