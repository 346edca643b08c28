"""What a case is: one piece of work on 40 ms of audio, ours and a peer's, and its check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

CHUNK_S = 0.04


class WrongResultError(Exception):
    """Ours and the peer disagree, or one of them is not what it should be."""


@dataclass(frozen=True, slots=True)
class Work:
    """A call and its one argument: what is timed, without a frame of Python around it."""

    call: Callable[[Any], object]
    chunk: Any


@dataclass(frozen=True, slots=True)
class Case:
    """One piece of work.

    `bar` is how many times faster than the peer ours has to be, where something has
    been promised. Without a peer only the budget of a chunk judges it.
    """

    name: str
    ours: Work
    check: Callable[[], None]
    peer: str = ""
    theirs: Work | None = None
    bar: float | None = None


def expect(case: str, got: object, want: object) -> None:
    """Raise WrongResultError unless the two are equal."""
    if got != want:
        raise WrongResultError(f"{case}: got {str(got)[:120]}, want {str(want)[:120]}")
