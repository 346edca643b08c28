"""`rtproxy load`: many conversations at once, and what they cost the proxy.

Owns the options and the order of things; what is measured is in `rtproxy.load`, what
is shown while it runs in `screen`, what is said at the end in `summary`.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import urlsplit

import msgspec
import trio
import typer

from rtproxy import __version__
from rtproxy.circles import search_seldom
from rtproxy.cli.failure import FAILED, MISUSED, fail
from rtproxy.cli.load.screen import LoadScreen, choose_screen
from rtproxy.cli.load.summary import summary
from rtproxy.cli.words import say
from rtproxy.load.arrangement import arranged
from rtproxy.load.frontends import FRONTENDS
from rtproxy.load.gauges import allow_descriptors
from rtproxy.load.plan import OPENED_HZ, TICK_S, Mode, Plan
from rtproxy.load.plot import plot as draw
from rtproxy.load.plot import require_matplotlib
from rtproxy.load.report import Report
from rtproxy.model.errors import ConfigError, LocalError
from rtproxy.threads import run_beside

if TYPE_CHECKING:
    from rtproxy.load.measure import Measurement

INTERRUPTED = 130  # as shells count it: 128 + SIGINT

DialectName = Literal["voice", "companion", "conversation", "openai"]


def load(
    sessions: Annotated[int, typer.Option(help="Conversations at once.")] = 50,
    seconds: Annotated[float, typer.Option(help="How long all of them speak, and count.")] = 10.0,
    ramp: Annotated[
        float | None,
        typer.Option(help="Seconds in which they are opened, step by step (100 a second)."),
    ] = None,
    dialect: Annotated[DialectName, typer.Option(help="Which protocol to speak.")] = "voice",
    mode: Annotated[
        Mode, typer.Option(help="Every chunk comes back at once, or questions and answers.")
    ] = Mode.ECHO,
    url: Annotated[
        str | None,
        typer.Option(
            help="A running proxy (ws://HOST:PORT); without one, an upstream and a proxy"
            " are started here, and stopped at the end."
        ),
    ] = None,
    pid: Annotated[
        int | None,
        typer.Option(help="With --url: the proxy's process on this machine, to read its CPU."),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="The report as JSON on stdout (see docs/load.md).")
    ] = False,
    plot: Annotated[
        Path | None, typer.Option(help="Draw latency over load into this file (.png, .svg).")
    ] = None,
) -> None:
    """Put a proxy under load and measure it: latency, loss, CPU and memory."""
    try:
        ramp_s = sessions / OPENED_HZ if ramp is None else ramp
        plan = Plan(sessions, seconds, ramp_s, mode, FRONTENDS[dialect])
        _check(url, pid)
        if plot is not None:
            require_matplotlib()
        allow_descriptors(plan.sessions)
    except ConfigError as error:
        fail(str(error), MISUSED)
    screen = choose_screen(plan, to_stderr=json)
    report = trio.run(_run, plan, url, pid, screen)
    if isinstance(report, LocalError):
        fail(str(report), FAILED)
    say(msgspec.json.format(msgspec.json.encode(report)).decode() if json else summary(report))
    if plot is not None:
        _draw(report, plot)
    if report.interrupted:
        raise typer.Exit(INTERRUPTED)
    if not report.passed:
        raise typer.Exit(FAILED)


def _check(url: str | None, pid: int | None) -> None:
    if url is None:
        if pid is not None:
            raise ConfigError("--pid goes with --url: a proxy that is started here is known")
        return
    parts = urlsplit(url)
    if parts.scheme != "ws" or not parts.hostname or parts.path not in ("", "/"):
        raise ConfigError(
            f"--url {url}: must be ws://HOST:PORT, without a path (--dialect chooses that) and "
            "without TLS (it would cost the load more than the proxy)"
        )


@dataclass(frozen=True, slots=True)
class _Target:
    url: str
    pids: Mapping[str, int]


@asynccontextmanager
async def _target(plan: Plan, url: str | None, pid: int | None) -> AsyncIterator[_Target]:
    """What is put under load."""
    pids = {"load": os.getpid()}
    if url is not None:
        yield _Target(url, pids if pid is None else {**pids, "proxy": pid})
        return
    async with arranged(plan.mode) as there:
        pids |= {"proxy": there.proxy_pid, "upstream": there.upstream_pid}
        yield _Target(there.url, pids)


async def _run(
    plan: Plan, url: str | None, pid: int | None, screen: LoadScreen
) -> Report | LocalError:
    """The report, or why there is none."""
    # Imported here, so that `rtproxy --help` need not wait for sockets and TLS.
    from rtproxy.load.measure import Measurement

    try:
        async with _target(plan, url, pid) as target:
            measurement = Measurement(plan, target.url, target.pids)
            _be_steady()
            with screen:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(_stop_when_told, measurement)
                    nursery.start_soon(_show, measurement, screen)
                    report = await measurement.measure(__version__)
                    nursery.cancel_scope.cancel()
    except LocalError as error:
        return error
    return report


def _be_steady() -> None:
    """What would stop this process for milliseconds would be measured as latency."""
    sys.setswitchinterval(0.0001)  # beside the thread that draws
    search_seldom()


async def _show(measurement: Measurement, screen: LoadScreen) -> None:
    """Draw in a thread: a redraw takes longer than a chunk may be late."""
    while True:
        await trio.sleep(TICK_S)
        if measurement.glance is not None:
            await run_beside(screen.show, measurement.run, measurement.glance)


async def _stop_when_told(measurement: Measurement) -> None:
    """The first Ctrl-C ends the run early, with its report; the second just ends."""
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        await anext(signals)
        measurement.run.stop()
    await trio.sleep_forever()


def _draw(report: Report, path: Path) -> None:
    try:
        draw(report, path)
    except (OSError, ValueError) as error:
        fail(f"--plot {path}: {error}", FAILED)
    print(f"Drawn into {path}.", file=sys.stderr)
