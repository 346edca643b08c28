"""What a session that floods, and a hundred that never read, cost one that behaves.

Owns the comparison: `rtproxy load` measures well-behaved sessions while a crowd talks to
the same proxy, once a rude one and once one that is as large and polite. The two take
turns, so that what else the machine does strikes both; the bar is for the median of
their differences. On a machine with two cores the load shares its own with echo and
crowd, and much of what is measured is theirs: a quiet machine is needed.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
from rich.console import Console
from rich.table import Table

from benches.neighbours.crowd import KINDS
from benches.relay.processes import await_up, free_port, pick_cores, running
from rtproxy.load.report import Report

BAR_MS = 2.0
PAIRS = {
    "one at 100 times that": "one at the pace of speech",
    "100 that never read": "100 that read",
}
SETTLE_S = 2
TRANSCRIPTS_HZ = 4.0


@contextmanager
def echoing(core: int) -> Iterator[str]:
    """The echo that `rtproxy load` uses too, as its URL."""
    port = free_port()
    words = ["--echo-transcript-hz", str(TRANSCRIPTS_HZ), "--port", str(port)]
    command = [sys.executable, "-m", "rtproxy", "simulate", "--voice", "echo", *words]
    with running(command, core) as process:
        await_up(process, port)
        yield f"ws://127.0.0.1:{port}/v1/realtime?model=gpt-realtime"


def measured(kind: str, port: int, core: int, *, sessions: int, seconds: float) -> Report:
    """What the well-behaved find beside a crowd of that kind."""
    crowd = [sys.executable, "-m", "benches.neighbours.crowd", kind, str(port)]
    load = [sys.executable, "-m", "rtproxy", "load", "--url", f"ws://127.0.0.1:{port}", "--json"]
    load += ["--sessions", str(sessions), "--seconds", str(seconds), "--ramp", str(SETTLE_S)]
    with running(crowd, core):
        done = subprocess.run(load, capture_output=True, check=False)
    return msgspec.json.decode(done.stdout, type=Report)


def p99_ms(report: Report) -> float:
    """The slower of the two directions."""
    ways = (report.latency.to_upstream, report.latency.to_client)
    return max(way.p99_ms or 0.0 for way in ways if way is not None)


def main(arguments: list[str]) -> int:
    """Run it; 1 where a bar was missed, or anything was lost."""
    parser = argparse.ArgumentParser(prog="python -m benches neighbours", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="pairs of each kind (5)")
    parser.add_argument("--seconds", type=float, default=6.0, help="of each measurement (6)")
    parser.add_argument("--sessions", type=int, default=20, help="that behave (20)")
    parser.add_argument("--quick", action="store_true", help="two short rounds")
    options, _ = parser.parse_known_args(arguments)
    rounds, seconds = (2, 2.0) if options.quick else (options.rounds, options.seconds)
    cores = pick_cores()
    port = free_port()
    with echoing(cores.load) as url:
        proxy = [sys.executable, "-m", "rtproxy", "serve", "--upstream", url, "--port", str(port)]
        with running([*proxy, "--log-level", "error"], cores.relay) as process:
            await_up(process, port)
            found: dict[str, list[Report]] = {kind: [] for kind in KINDS}
            for kind in [*KINDS] * rounds:
                report = measured(
                    kind, port, cores.load, sessions=options.sessions, seconds=seconds
                )
                found[kind].append(report)
    return _tell(found)


def _tell(found: dict[str, list[Report]]) -> int:
    table = Table("beside", "p50 ms", "p99 ms", "lost", "p99 added ms", "bar")
    missed = 0
    for rude, polite in PAIRS.items():
        added = statistics.median(
            p99_ms(one) - p99_ms(other)
            for one, other in zip(found[rude], found[polite], strict=True)
        )
        for kind in (polite, rude):
            cells = _cells(found[kind])
            judged = kind == rude
            table.add_row(
                kind, *cells, f"{added:+.2f}" if judged else "", f"≤ {BAR_MS:g}" if judged else ""
            )
        missed += added > BAR_MS or any(not each.passed for each in found[rude])
    Console().print(table)
    return int(missed > 0)


def _cells(reports: list[Report]) -> tuple[str, str, str]:
    p50 = statistics.median(
        each.latency.round_trip.p50_ms or 0.0 for each in reports if each.latency.round_trip
    )
    p99 = statistics.median(p99_ms(each) for each in reports)
    lost = sum(each.chunks.lost for each in reports)
    return f"{p50:.2f}", f"{p99:.2f}", str(lost)
