"""Recording: the ratios of several passes, some of them on a machine kept busy.

Each pass is a process of its own: where things come to lie in memory is decided
anew with each, and a lucky one must not become the rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from multiprocessing import get_context

from benches.busy import neighbours
from benches.chunks.measuring import measure
from benches.chunks.recorded import Cases
from benches.simd import hold_peers

PASSES = 6  # every other one beside busy neighbours
PASS_ROUNDS = 60


def one_pass(chosen: str) -> Cases:
    """The ratio of every case that has a peer; raises WrongResultError."""
    hold_peers([])
    figures = measure(chosen, PASS_ROUNDS)
    return {each.case.name: each.ratio for each in figures if each.ratio is not None}


def passes(chosen: str, count: int = PASSES) -> Iterator[Cases]:
    """Passes with this instruction set, quiet and beside busy neighbours in turns."""
    for number in range(count):
        beside = neighbours() if number % 2 else nullcontext()
        with beside, ProcessPoolExecutor(1, get_context("spawn")) as process:
            yield process.submit(one_pass, chosen).result()
