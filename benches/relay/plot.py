"""The curves: what a message costs and how long it takes, by the number of sessions.

Owns the picture; the only module here that needs matplotlib.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

from matplotlib import pyplot as plt

from benches.relay.findings import Findings
from benches.relay.trial import Point


def draw(findings: Findings, path: Path) -> None:
    """Draw cost and latency over sessions, one line for each relay."""
    figure, (cost, added) = plt.subplots(1, 2, figsize=(12, 5))
    for relay, points in _by_relay(findings):
        sessions = [point.sessions for point in points]
        cost.plot(sessions, [point.us_per_message for point in points], "o-", label=relay)
        added.plot(sessions, [point.reading.p99_ms for point in points], "o-", label=relay)
    cost.set(title="CPU of a message", xlabel="sessions", ylabel="µs", ylim=(0, None))
    added.set(title="Added latency, p99", xlabel="sessions", ylabel="ms", yscale="log")
    cost.legend()
    for axes in (cost, added):
        axes.set_xscale("log")
        axes.grid(visible=True, alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, dpi=150)
    plt.close(figure)


def _by_relay(findings: Findings) -> Iterator[tuple[str, list[Point]]]:
    """Every point that is known of a relay, in the order of sessions."""
    points = [
        sorted(findings.at(*place), key=lambda point: point.us_per_message)[
            len(findings.at(*place)) // 2
        ]
        for place in findings.places()
    ]
    for capacity in findings.capacities.values():
        points += [point for point in capacity.tried if point.carried]
    for relay in dict.fromkeys(point.relay for point in points):
        own = (point for point in points if point.relay == relay)
        yield relay, sorted(own, key=lambda point: point.sessions)
