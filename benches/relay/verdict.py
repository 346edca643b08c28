"""The bars of the comparison, each a ratio of two relays that ran beside one another.

Owns the numbers that were promised. Pure but for the telling.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console

from benches.relay.findings import Findings
from benches.relay.relays import BUSY

# What was promised; after it, what the short form asks of a machine that may be shared.
NAIVE, NAIVE_QUICK = 0.25, 0.3
NGINX, NGINX_QUICK = 1.5, 3.0
NODE_SESSIONS = 1.8
NODE_SET_UPS = 0.6
IDLE_KIB = 60.0
HALF_LOAD_MS = 1.0
TLS_US, TLS_TIMES = 4.0, 1.25


@dataclass(frozen=True, slots=True)
class Bar:
    """One promise, and how it stands."""

    what: str
    value: float
    bar: float
    at_most: bool = True

    @property
    def met(self) -> bool:
        """Whether the promise is kept."""
        return (operator.le if self.at_most else operator.ge)(self.value, self.bar)

    def tell(self, console: Console) -> bool:
        """Print it; whether it is met."""
        sign = "≤" if self.at_most else "≥"
        word = "met" if self.met else "[red]MISSED[/red]"
        console.print(f"{self.what}: {self.value:.2f}, bar {sign} {self.bar:g}: {word}")
        return self.met


def bars(findings: Findings, *, quick: bool) -> Iterator[Bar]:
    """Those that what was measured says something about."""
    naive = NAIVE_QUICK if quick else NAIVE
    nginx = NGINX_QUICK if quick else NGINX
    judged = (("rtproxy", "naive", naive), ("rtproxy", "nginx", nginx))
    for sessions in findings.levels():
        if (added_ms := findings.added_ms(BUSY, sessions)) is not None:
            what = f"added ms beside a busy thread at {sessions} sessions, p99"
            yield Bar(what, added_ms, HALF_LOAD_MS)
        for relay, peer, limit in (*judged, ("rtproxy-openai", "nginx", nginx)):
            if (ratio := findings.ratio(relay, peer, sessions)) is not None:
                what = f"CPU per message of {relay} against {peer} at {sessions} sessions"
                yield Bar(what, ratio, limit)
        yield from _on_top_of_plain(findings, sessions)
    yield from _against_node(findings)
    if (capacity := findings.capacities.get("rtproxy")) is not None:
        half_ms = capacity.half.reading.p99_ms
        yield Bar("added ms at half load, p99", half_ms, HALF_LOAD_MS)
    if (idle := findings.idle_kib.get("rtproxy")) is not None:
        yield Bar("KiB of an idle session beyond the first hundred", idle, IDLE_KIB)


def _on_top_of_plain(findings: Findings, sessions: int) -> Iterator[Bar]:
    """What TLS to the upstream adds to a message."""
    for name in ("rtproxy", "rtproxy-openai"):
        more_us = findings.on_top_us(f"{name}-tls", name, sessions)
        times = findings.ratio(f"{name}-tls", name, sessions)
        if more_us is not None and times is not None:
            what = f"TLS to the upstream of {name} at {sessions} sessions"
            yield Bar(f"{what}, µs on top", more_us, TLS_US)
            yield Bar(f"{what}, times plain", times, TLS_TIMES)


def _against_node(findings: Findings) -> Iterator[Bar]:
    ours, node = findings.capacities.get("rtproxy"), findings.capacities.get("node")
    if ours is not None and node is not None:
        ratio = ours.most.sessions / node.most.sessions
        yield Bar("sessions a core against Node", ratio, NODE_SESSIONS, at_most=False)
    mine, theirs = findings.set_ups_hz.get("rtproxy"), findings.set_ups_hz.get("node")
    if mine is not None and theirs is not None:
        yield Bar("set-ups a second against Node", mine / theirs, NODE_SET_UPS, at_most=False)
