"""The curves: what a message costs and how long it takes, by the number of sessions.

Owns the picture; the only module here that needs matplotlib.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

from matplotlib import pyplot as plt

from benches.relay.findings import Findings
from benches.relay.relays import RELAYS


def draw(findings: Findings, path: Path) -> None:
    """Draw cost and latency over sessions, one line for each relay."""
    figure, (cost, added) = plt.subplots(1, 2, figsize=(12, 5))
    for relay, places in _by_relay(findings):
        sessions = [place.sessions for place in places]
        (line,) = added.plot(sessions, [place.added_ms for place in places], "o-", label=relay)
        if not RELAYS[relay].restless:  # else that is what it costs
            costs = [place.cost_us for place in places]
            cost.plot(sessions, costs, "o-", label=relay, color=line.get_color())
    cost.set(title="CPU of a message", xlabel="sessions", ylabel="µs", yscale="log")
    added.set(title="Added latency, p99", xlabel="sessions", ylabel="ms", yscale="log")
    added.legend()  # which has them all
    for axes in (cost, added):
        axes.set_xscale("log")
        axes.grid(visible=True, alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, dpi=150)
    plt.close(figure)


@dataclass(frozen=True, slots=True)
class _Place:
    """A relay at so many sessions."""

    sessions: int
    cost_us: float
    added_ms: float


def _by_relay(findings: Findings) -> Iterator[tuple[str, list[_Place]]]:
    """Everything that is known of a relay, in the order of sessions."""
    places: dict[str, dict[int, _Place]] = {}
    for capacity in findings.capacities.values():
        for point in capacity.tried:
            if point.carried:
                place = _Place(point.sessions, point.us_per_message, point.reading.p99_ms)
                places.setdefault(point.relay, {})[point.sessions] = place
    for relay, sessions in findings.places():
        cost_us, added_ms = findings.cost_us(relay, sessions), findings.added_ms(relay, sessions)
        assert cost_us is not None
        assert added_ms is not None
        places.setdefault(relay, {})[sessions] = _Place(sessions, cost_us, added_ms)
    for relay, known in places.items():
        yield relay, [known[sessions] for sessions in sorted(known)]
