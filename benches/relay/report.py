"""The comparison: all relays in turns, tables, and whether the bars are met.

Owns the options, the order of the runs and what is printed. At each number of sessions all
relays are up at once, and speak one after the other in windows of a second or two, in an
order that the dice say, again and again: so a machine that changes its pace changes it for all.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from benches.relay import verdict
from benches.relay.findings import Findings
from benches.relay.load import build
from benches.relay.processes import Cores, RelayError, pick_cores
from benches.relay.relays import RELAYS, Relay, fetch
from benches.relay.tables import levels_table, summary_table
from benches.relay.trial import SETTLE_S, TURN_S, Trial, capacity_of, trial_of

QUICK = ("naive", "rtproxy", "nginx")
TRIES = 3
QUICK_SESSIONS = 25  # that a machine with other work on it still carries
LEVELS = (50, 200, 500)


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the options."""
    parser = argparse.ArgumentParser(prog="python -m benches relay", description=__doc__)
    parser.add_argument("--sessions", type=int, nargs="+", default=list(LEVELS))
    parser.add_argument("--rounds", type=int, default=15, help="windows of each relay")
    parser.add_argument("--window-s", type=float, default=1.5)
    parser.add_argument(
        "--settle-s",
        type=float,
        default=TURN_S + SETTLE_S,
        help="how long sessions speak before they count (as it is: until each has had a turn)",
    )
    parser.add_argument("--only", nargs="+", choices=sorted(RELAYS), help="these relays alone")
    parser.add_argument(
        "--capacity",
        nargs="*",
        choices=sorted(RELAYS),
        metavar="RELAY",
        help="search how many each, or each of these, carries (over a minute for one)",
    )
    parser.add_argument("--set-ups", action="store_true", help="how fast each takes calls")
    parser.add_argument("--idle", action="store_true", help="what an idle session holds")
    parser.add_argument(
        "--idle-sessions", type=int, default=400, help="so many, beyond the first hundred"
    )
    parser.add_argument("--all", action="store_true", help="all of these three")
    parser.add_argument("--quick", action="store_true", help="a few windows of three relays")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a bar is missed")
    parser.add_argument("--fetch", action="store_true", help="bring what the peers stand on")
    parser.add_argument("--json", type=Path, help="write all that was measured there")
    parser.add_argument("--plot", type=Path, help="draw the curves there (PNG, needs matplotlib)")
    options = parser.parse_args(arguments)
    if options.all:
        options.capacity, options.set_ups, options.idle = [], True, True
    if options.quick:
        options.rounds, options.window_s, options.sessions = 3, 2.0, [QUICK_SESSIONS]
        options.settle_s = SETTLE_S
        options.only = options.only or list(QUICK)
    return options


def main(arguments: list[str]) -> int:
    """Run the comparison; 0 unless something was wrong, or a checked bar was missed."""
    options = parse(arguments)
    console = Console(width=None if sys.stdout.isatty() else 120)
    if sys.platform != "linux":
        console.print("The load stands on epoll, so this comparison runs on Linux only.")
        return 0
    if options.fetch:
        fetch()
    build()
    cores = pick_cores()
    os.sched_setaffinity(0, {cores.load})
    if not cores.apart:
        console.print("There is one core for relay and load together: expect noise.")
    try:
        return judged(options, cores, console)
    except RelayError as error:
        console.print(f"[red]The run is void.[/red] {error}")
        return 1


def judged(options: argparse.Namespace, cores: Cores, console: Console) -> int:
    """Compare, and once more where a checked bar of the short form was missed.

    What it asks for can be missed in a busy moment: the best of three counts. Where a
    relay fell behind, the next has half the sessions; a machine on which one always
    does has no figure, which is held against nobody.
    """
    excused = options.quick
    for _ in range(TRIES if options.quick and options.check else 1):
        findings = Findings()
        relays = _present([RELAYS[name] for name in options.only or RELAYS], findings)
        compare(relays, options, cores, findings, console)
        code = conclude(findings, relays, options, console)
        if code == 0:
            return 0
        behind = findings.behind()
        excused &= bool(behind)
        if behind:
            console.print(f"{' and '.join(behind)} fell behind.")
            options.sessions = [-(-sessions // 2) for sessions in options.sessions]
    return 0 if excused else code


def compare(
    relays: list[Relay],
    options: argparse.Namespace,
    cores: Cores,
    findings: Findings,
    console: Console,
) -> None:
    """All that was asked for, into `findings`."""
    for sessions in sorted(options.sessions):
        fitting = [relay for relay in relays if sessions <= relay.most]
        together = [relay for relay in fitting if not relay.restless]
        for group in (together, *([relay] for relay in fitting if relay.restless)):
            measure_level(group, sessions, options, cores, findings)
            for relay in group:
                console.print(f"  {findings.in_words(relay.name, sessions)}")
    names = [relay.name for relay in relays]
    searched = () if options.capacity is None else options.capacity or names
    steps: list[tuple[Sequence[str], str, Callable[[Relay], None]]] = [
        (
            names if options.set_ups else (),
            "set-ups",
            lambda relay: _set_ups(relay, cores, findings),
        ),
        (
            names if options.idle else (),
            "idle",
            lambda relay: _idle(relay, options.idle_sessions, cores, findings),
        ),
        (searched, "capacity", lambda relay: _capacity(relay, cores, findings, console)),
    ]
    for wanted, name, step in steps:
        for relay in (relay for relay in relays if relay.name in wanted):
            console.print(f"  {name} of {relay.name} …")
            step(relay)


def conclude(
    findings: Findings, relays: list[Relay], options: argparse.Namespace, console: Console
) -> int:
    """Show it, keep it, judge it."""
    for words in findings.left_out:
        console.print(words)
    console.print(levels_table(findings))
    console.print(summary_table(findings, [relay.name for relay in relays], options.sessions))
    if options.json:
        options.json.write_text(json.dumps(findings.as_json(), indent=1), encoding="utf-8")
    if options.plot:
        from benches.relay.plot import draw  # noqa: PLC0415 - matplotlib is needed here alone

        draw(findings, options.plot)
    met = [bar.tell(console) for bar in verdict.bars(findings, quick=options.quick)]
    return 1 if options.check and not all(met) else 0


def _present(relays: list[Relay], findings: Findings) -> list[Relay]:
    found = [(relay, relay.missing()) for relay in relays]
    findings.left_out += [words for _, words in found if words]
    return [relay for relay, words in found if not words]


def measure_level(
    relays: Sequence[Relay],
    sessions: int,
    options: argparse.Namespace,
    cores: Cores,
    findings: Findings,
) -> None:
    """All of these with so many sessions each, speaking in turns; none that does not carry them."""
    with ExitStack() as stack:
        trials: dict[str, Trial] = {}
        for relay in relays:
            trial = stack.enter_context(trial_of(relay, cores))
            with findings.unless_too_many(relay.name, sessions):
                trial.open(sessions, options.settle_s)
                trials[relay.name] = trial
        names = list(trials)
        for number in range(options.rounds):
            # By a dice of the round's own: who ran before leaves its mark in the caches.
            for name in random.Random(number).sample(names, len(names)):
                findings.points.append(
                    replace(trials[name].window(options.window_s), number=number)
                )
        for name, trial in trials.items():
            with findings.unless_too_many(name, sessions):
                trial.finish()


def _set_ups(relay: Relay, cores: Cores, findings: Findings) -> None:
    with trial_of(relay, cores) as trial:
        findings.set_ups_hz[relay.name] = trial.set_ups_hz(4.0)


def _idle(relay: Relay, more: int, cores: Cores, findings: Findings) -> None:
    with trial_of(relay, cores) as trial:
        findings.idle_kib[relay.name] = trial.idle_kib(more)


def _capacity(relay: Relay, cores: Cores, findings: Findings, console: Console) -> None:
    found = findings.capacities[relay.name] = capacity_of(relay, cores, 3.0)
    for point in (*found.tried, found.half):
        console.print(f"  {point.in_words()}{'' if point.carried else ': too many'}")
