"""Timing a case: the fastest of many short runs, ours and the peer's in turns.

The machine's other work can only add to a run, never take away; a run is short
enough to fit between two interruptions, and long enough that the bursts of a peer
that works in blocks are spread over it. Runs of ours and of the peer take much the
same time, so that interruptions find neither more easily than the other.

A case with something against it is suspected of a busy moment before it is blamed:
it is made and timed anew, in rounds that lie apart, and the fastest runs count.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import repeat

from benches.chunks.case import CHUNK_S, Case, Work

RUN_S = 0.001
CALLS = (50, 500)  # at least and at most in one run
BUDGET_SHARE = 0.01  # of the 40 ms that a chunk lasts


@dataclass(frozen=True, slots=True)
class Figure:
    """One case, timed; `theirs_us` is None without a peer."""

    case: Case
    ours_us: float
    theirs_us: float | None

    @property
    def ratio(self) -> float | None:
        """How many times faster ours is."""
        return None if self.theirs_us is None else self.theirs_us / self.ours_us

    @property
    def share(self) -> float:
        """Of the time that the chunk lasts."""
        return self.ours_us / (CHUNK_S * 1e6)

    @property
    def in_budget(self) -> bool:
        """Whether a chunk costs as little as anything in the way of audio must."""
        return self.share <= BUDGET_SHARE

    @property
    def met(self) -> bool:
        """Whether ours is as much faster as was promised."""
        return self.case.bar is None or (self.ratio or 0.0) >= self.case.bar

    def faster(self, other: Figure) -> Figure:
        """The fastest of two timings of one case."""
        both = (self.theirs_us, other.theirs_us)
        theirs = None if None in both else min(us for us in both if us is not None)
        return Figure(self.case, min(self.ours_us, other.ours_us), theirs)


def run_us(work: Work, calls: int) -> float:
    """Microseconds of one call, averaged over a short run."""
    call = work.call
    start = time.perf_counter_ns()
    for chunk in repeat(work.chunk, calls):
        call(chunk)
    return (time.perf_counter_ns() - start) / calls / 1000


def calls_for(work: Work) -> int:
    """How many calls make a run."""
    least, most = CALLS
    single_us = min(run_us(work, least // 4) for _ in range(3))
    return int(min(most, max(least, RUN_S * 1e6 / single_us)))


def timed(case: Case, rounds: int) -> Figure:
    """Check the case, time it, and check it again."""
    case.check()
    works = [case.ours] if case.theirs is None else [case.ours, case.theirs]
    with collector_off():
        calls = [calls_for(work) for work in works]
        fastest = [float("inf")] * len(works)
        for _ in range(rounds):
            for index, work in enumerate(works):
                fastest[index] = min(fastest[index], run_us(work, calls[index]))
    case.check()
    return Figure(case, fastest[0], fastest[1] if case.theirs else None)


def settled(
    figures: Iterable[Figure],
    suspect: Callable[[Figure], bool],
    again: Callable[[set[str]], Iterable[Figure]],
    rounds: int,
) -> list[Figure]:
    """The figures, those of suspected cases joined with up to `rounds` more timings.

    `again` times the cases of these names anew. Each round takes all that are still
    suspected, so that the timings of one case lie apart in time.
    """
    found = {figure.case.name: figure for figure in figures}
    for _ in range(rounds):
        names = {name for name, figure in found.items() if suspect(figure)}
        if not names:
            break
        for figure in again(names):
            found[figure.case.name] = found[figure.case.name].faster(figure)
    return list(found.values())


@contextmanager
def collector_off() -> Iterator[None]:
    """Without the garbage collector, which would come to one of the two by chance."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
