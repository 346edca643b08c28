"""Every case with one instruction set, timed; and some of them again.

Owns the list of cases. They are made while the instruction set is chosen, since a
stream takes its kernels as it is made.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from benches import simd
from benches.chunks import (
    audio_cases,
    base64_cases,
    lane_cases,
    opus_cases,
    shape_cases,
    splice_cases,
    wire_cases,
)
from benches.chunks.case import Case
from benches.chunks.timing import Figure, timed
from rtproxy._audio_core import limit_simd

ROUNDS, QUICK_ROUNDS = 150, 40
AGAIN_ROUNDS = 400  # of a case under suspicion: about a second
AGAIN_ROUNDS_MAX = 1_600  # of all of them: where much fell, it was hardly a busy moment


def all_cases() -> Iterator[Case]:
    """From the paths to their parts."""
    yield from audio_cases.cases()
    yield from shape_cases.cases()
    yield from opus_cases.cases()
    yield from base64_cases.cases()
    yield from wire_cases.cases()
    yield from splice_cases.cases()
    yield from lane_cases.cases()


@contextmanager
def limited(chosen: str) -> Iterator[None]:
    """Ours is held to this instruction set."""
    limit_simd(chosen)
    try:
        yield
    finally:
        limit_simd(simd.DETECTED)


def measure(chosen: str, rounds: int) -> list[Figure]:
    """Every case; raises WrongResultError."""
    with limited(chosen):
        return [timed(case, rounds) for case in all_cases()]


def measure_again(chosen: str, names: set[str]) -> list[Figure]:
    """The cases of these names, made anew and timed for longer; raises WrongResultError."""
    rounds = min(AGAIN_ROUNDS, AGAIN_ROUNDS_MAX // len(names))
    with limited(chosen):
        return [timed(case, rounds) for case in all_cases() if case.name in names]
