"""What the comparison shows: its tables, and the same as JSON.

Owns the words and the columns. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from statistics import median

from rich.table import Table

from benches.relay.trial import Capacity, Point

CAPTION = (
    "core, load: how busy the relay's and the load's core were; added: ms from one end to the "
    "other, p50/p99/p99.9 of the slower way; late: ms that the load was behind itself, p99; "
    "stolen: of all processors, by the machine's host"
)


@dataclass(slots=True)
class Findings:
    """All that was measured; what could not be is told in `left_out`."""

    points: list[Point] = field(default_factory=list)
    capacities: dict[str, Capacity] = field(default_factory=dict)
    set_ups_hz: dict[str, float] = field(default_factory=dict)
    idle_kib: dict[str, float] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    def levels(self) -> list[int]:
        """The numbers of sessions at which something was measured."""
        return sorted({point.sessions for point in self.points})

    def cost_us(self, relay: str, sessions: int) -> float | None:
        """CPU of a message at so many sessions: the median of all rounds."""
        found = [point.us_per_message for point in self._at(relay, sessions)]
        return median(found) if found else None

    def added_ms(self, relay: str, sessions: int) -> float | None:
        """Added latency of the slower way, 99 %: the median of all rounds."""
        found = [point.reading.p99_ms for point in self._at(relay, sessions)]
        return median(found) if found else None

    def _at(self, relay: str, sessions: int) -> list[Point]:
        place = (relay, sessions)
        return [point for point in self.points if (point.relay, point.sessions) == place]

    def as_json(self) -> dict[str, object]:
        """Everything, as plain values."""
        return asdict(self)


def points_table(points: Sequence[Point]) -> Table:
    """Every measurement, in the order it was made."""
    table = Table(caption=CAPTION)
    columns = ("sessions", "µs/message", "core", "added", "delivery", "load", "late", "stolen")
    for column in ("relay", *columns):
        table.add_column(column, justify="left" if column == "relay" else "right")
    for point in points:
        reading = point.reading
        slower = max(reading.to_upstream, reading.to_client, key=lambda way: way.p99_ms)
        table.add_row(
            point.relay,
            str(point.sessions),
            f"{point.us_per_message:.1f}",
            f"{point.core:.0%}",
            f"{slower.p50_ms:.2f}/{slower.p99_ms:.2f}/{slower.p999_ms:.2f}",
            f"{point.delivery:.2%}",
            f"{reading.load_core:.0%}",
            f"{reading.late.p99_ms:.1f}",
            f"{point.stolen:.1%}",
        )
    return table


def summary_table(findings: Findings, relays: Sequence[str], levels: Sequence[int]) -> Table:
    """One line for each relay."""
    table = Table(caption="µs: CPU per audio message, the median of all rounds")
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
