"""The comparison: the same room, with and without a hundred who never read.

Owns processes, table and verdict. Bars are in milliseconds, for they are what somebody
sees who reads along; what the load itself needs to read a thousand sockets is in them.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys

import msgspec
from rich.console import Console
from rich.table import Table

from benches.relay.processes import await_up, free_port, pick_cores, running
from benches.rooms.orders import Orders, Outcome, Span
from rtproxy.load.gauges import allow_descriptors

P99_MS = 50.0
SILENT_COST_MS = 5.0
TRIES = 3
_KIB = 1024


def main(arguments: list[str]) -> int:
    """Run it; 1 where something is wrong and, with `--check`, where a bar is missed thrice."""
    parser = argparse.ArgumentParser(prog="python -m benches rooms", description=__doc__)
    parser.add_argument("--listeners", type=int, default=1_000, help="who read (1000)")
    parser.add_argument("--silent", type=int, default=100, help="who never do (100)")
    parser.add_argument("--seconds", type=float, default=7.0, help="of each span (7)")
    parser.add_argument("--rounds", type=int, default=3, help="pairs of spans (3)")
    parser.add_argument("--quick", action="store_true", help="200 listeners, one short round")
    parser.add_argument("--check", action="store_true", help="fail where a bar is missed")
    options, _ = parser.parse_known_args(arguments)
    if options.quick:
        options.listeners, options.silent, options.seconds, options.rounds = 200, 20, 5.0, 1
    for _ in range(TRIES):
        outcome = measured(options)
        wrong, slow = what_is_wrong(outcome), what_is_slow(outcome)
        _tell(Console(), _table(outcome, options), wrong + slow)
        if wrong or not (slow and options.check):
            break  # who is slow because something else runs is measured again
    return int(bool(wrong or (slow and options.check)))


def _tell(console: Console, table: Table, missed: list[str]) -> None:
    console.print(table)
    for words in missed:
        console.print(f"missed: {words}")


def measured(options: argparse.Namespace) -> Outcome:
    """One run of proxy and hall, each on its core."""
    cores, port, upstream_port = pick_cores(), free_port(), free_port()
    allow_descriptors(options.listeners + options.silent)
    upstream = f"ws://127.0.0.1:{upstream_port}/v1/realtime?model=gpt-realtime"
    proxy = ["serve", "--upstream", upstream, "--port", str(port), "--log-level", "error"]
    with running([sys.executable, "-m", "rtproxy", *proxy], cores.relay) as process:
        await_up(process, port)
        orders = Orders(
            port=port,
            upstream_port=upstream_port,
            core=cores.load,
            pid=process.pid,
            listeners=options.listeners,
            silent=options.silent,
            seconds=options.seconds,
            rounds=options.rounds,
        )
        hall = [sys.executable, "-m", "benches.rooms.hall", msgspec.json.encode(orders).decode()]
        done = subprocess.run(hall, stdout=subprocess.PIPE, check=True)
    return msgspec.json.decode(done.stdout, type=Outcome)


def what_is_wrong(outcome: Outcome) -> list[str]:
    """What may never be, in words."""
    wrong = []
    for span in outcome.spans:
        delivered, expected = span.figures.finals
        if delivered != expected or not expected:
            wrong.append(f"{delivered} of {expected} finished items have arrived")
    if outcome.left:
        wrong.append(f"{outcome.left} listeners were sent away: {outcome.reason}")
    return wrong


def what_is_slow(outcome: Outcome) -> list[str]:
    """Which bars were missed, in words."""
    slow = []
    calm, beside = (_spans(outcome, silent) for silent in (False, True))
    p99 = statistics.median(each.figures.p99_ms for each in calm)
    if p99 > P99_MS:
        slow.append(f"the last listener hears after {p99:.1f} ms (99 %); it may be {P99_MS:g}")
    cost = _silent_cost_ms(calm, beside)
    if cost is not None and cost >= SILENT_COST_MS:
        slow.append(f"those who never read cost {cost:.1f} ms; it may be {SILENT_COST_MS:g}")
    return slow


def _spans(outcome: Outcome, with_silent: bool) -> list[Span]:
    return [span for span in outcome.spans if span.with_silent is with_silent]


def _silent_cost_ms(calm: list[Span], beside: list[Span]) -> float | None:
    """The median of what each pair differs by."""
    pairs = zip(calm, beside, strict=False)
    costs = [other.figures.p99_ms - one.figures.p99_ms for one, other in pairs]
    return statistics.median(costs) if costs else None


def _table(outcome: Outcome, options: argparse.Namespace) -> Table:
    caption = (
        f"{options.listeners} listeners were in after {outcome.joined_s:.1f} s; "
        f"each holds {outcome.listener_bytes / _KIB:.0f} KiB"
    )
    table = Table(
        "beside", "events", "p50 ms", "p99 ms", "finished", "pieces", "µs each", caption=caption
    )
    for span in outcome.spans:
        found = span.figures
        told = found.finals[0] + found.deltas[0]
        table.add_row(
            f"{options.silent} that never read" if span.with_silent else "nobody else",
            str(found.events),
            f"{found.p50_ms:.1f}",
            f"{found.p99_ms:.1f}",
            _arrived(*found.finals),
            _arrived(*found.deltas),
            f"{span.cpu_s / told * 1e6:.1f}" if told else "-",
        )
    return table


def _arrived(delivered: int, expected: int) -> str:
    return f"all {expected:,}" if delivered == expected else f"{delivered:,} of {expected:,}"
