"""Single calls: median and 99th percentile of ours and the peers', and opening a stream.

An average hides that a resampler which works in blocks does nothing in most calls
and everything in some. Calls of both are made in turns, so that an interruption by
the machine hits one as often as the other.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benches.chunks import audio_cases, peers
from benches.chunks.case import Case, Work
from benches.chunks.splice_cases import Spliced
from benches.chunks.timing import collector_off, run_us
from rtproxy import AudioFormat, AudioPath, Encoding, Resampler

CALLS = 20_000
QUICK_CALLS = 4_000
OPENINGS = 40
STEREO_48K = AudioFormat(Encoding.F32, 48_000, 2)


@dataclass(frozen=True, slots=True)
class Spread:
    """Microseconds of single calls."""

    median_us: float
    p99_us: float
    worst_us: float

    @classmethod
    def of(cls, times_ns: np.ndarray) -> Spread:
        """Of every call's time."""
        median, p99, worst = np.percentile(times_ns, [50, 99, 100]) / 1000
        return cls(float(median), float(p99), float(worst))


def one_ns(work: Work) -> int:
    """How long one call takes, the clock's own 40 ns included."""
    start = time.perf_counter_ns()
    work.call(work.chunk)
    return time.perf_counter_ns() - start


def spreads(case: Case, calls: int) -> tuple[Spread, Spread]:
    """Ours and the peer's, checked before and after."""
    assert case.theirs is not None
    case.check()
    with collector_off():
        times = [(one_ns(case.ours), one_ns(case.theirs)) for _ in range(calls)]
    case.check()
    ours, theirs = np.array(times).T
    return Spread.of(ours), Spread.of(theirs)


def openings() -> list[tuple[str, Callable[[], Any], Callable[[], Any] | None]]:
    """What a session opens when its client's format is known."""
    up = audio_cases.UPSTREAM
    return [
        (
            "Resampler 48 → 24 kHz",
            lambda: Resampler(48_000, 24_000),
            lambda: peers.resampler(48_000, 24_000),
        ),
        (
            "Resampler 44.1 → 24 kHz",
            lambda: Resampler(44_100, 24_000),
            lambda: peers.resampler(44_100, 24_000),
        ),
        (
            "Resampler 44.1 → 24 kHz, strict",
            lambda: Resampler(44_100, 24_000, quality="strict"),
            None,
        ),
        (
            "AudioPath 48 kHz stereo f32 → upstream",
            lambda: AudioPath(STEREO_48K, up),
            lambda: peers.ToUpstream(48_000, 2),
        ),
        ("AudioPath upstream → 48 kHz stereo f32", lambda: AudioPath(up, STEREO_48K), None),
        ("Splice with both legs", Spliced, None),
    ]


def open_us(opening: Callable[[], Any] | None) -> str:
    """The fastest of several openings, as it is printed."""
    if opening is None:
        return ""
    work = Work(lambda _: opening(), None)
    return f"{min(run_us(work, 5) for _ in range(OPENINGS)):.1f}"


def streams() -> list[Case]:
    """The cases that carry a stream on both sides."""
    return [*audio_cases.to_upstream(), *audio_cases.from_upstream(), *audio_cases.resamplers()]


def main(arguments: list[str]) -> int:
    """Print both tables; under `--check` 1 where ours is at its worst slower than the peer."""
    parser = argparse.ArgumentParser(prog="python -m benches calls", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer calls")
    parser.add_argument("--check", action="store_true", help="ours must have the lower p99")
    options = parser.parse_args(arguments)
    console = Console(width=110)
    table = Table(title="single calls, µs", caption="p50 / p99 / worst")
    for column in ("path", "ours", "peer"):
        table.add_column(column, justify="left" if column == "path" else "right")
    slower = []
    for case in streams():
        ours, theirs = spreads(case, QUICK_CALLS if options.quick else CALLS)
        table.add_row(
            case.name,
            *(
                f"{each.median_us:.1f} / {each.p99_us:.1f} / {each.worst_us:.0f}"
                for each in (ours, theirs)
            ),
        )
        slower += [case.name] if ours.p99_us > theirs.p99_us else []
    console.print(table)
    table = Table("opening", "ours, µs", "peer, µs")
    for name, ours_opens, peer_opens in openings():
        table.add_row(name, open_us(ours_opens), open_us(peer_opens))
    console.print(table)
    if slower:
        console.print(f"Slower than the peer at the 99th percentile: {', '.join(slower)}")
    return 1 if options.check and slower else 0
