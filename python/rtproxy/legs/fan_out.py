"""One message to many legs.

Owns who is passed over because too much waits for it already. Must not know what the
message says, nor who ought to hear it.
"""

from __future__ import annotations

from collections.abc import Iterable

from rtproxy.legs.leg import Leg


def tell_all(
    legs: Iterable[Leg], payload: bytes, *, within: tuple[int, int] | None = None
) -> list[Leg]:
    """Queue one text message to each of these legs; never waits.

    Legs that have more than `within` (messages, bytes) still to write are passed over,
    and returned. Without it nobody is; who does not read is closed with 1013 by its own
    leg's bound. A leg that has ended is told nothing, and is not among them.
    """
    passed_over = []
    for leg in legs:
        if within is not None and _is_over(leg.waiting(), within):
            passed_over.append(leg)
        else:
            leg.send(payload)
    return passed_over


def _is_over(waiting: tuple[int, int], bound: tuple[int, int]) -> bool:
    return waiting[0] > bound[0] or waiting[1] > bound[1]
