"""One message to many legs.

Owns who is told together: legs behind one reactor by one call, in which the message is
framed once and the sockets are written to one after the other; all others each by
itself. Must not know what the message says, nor who ought to hear it.
"""

from __future__ import annotations

from collections.abc import Iterable

from rtproxy.legs.leg import Leg
from rtproxy.legs.reactor_leg import ReactorLeg
from rtproxy.legs.reactor_pump import ReactorPump


def tell_all(
    legs: Iterable[Leg], payload: bytes, *, within: tuple[int, int] | None = None
) -> list[Leg]:
    """Send one text message to each of these legs; never waits.

    Legs that have more than `within` (messages, bytes) still to write are passed over,
    and returned; one message alone is never too much. Without it nobody is: who does
    not read is closed with 1013 by its own leg's bound. A leg that has ended is told
    nothing, and is not among them.
    """
    passed_over: list[Leg] = []
    together: dict[ReactorPump, list[ReactorLeg]] = {}
    for leg in legs:
        if isinstance(leg, ReactorLeg):
            together.setdefault(leg.pump, []).append(leg)
        elif within is not None and _is_over(leg.waiting(), within):
            passed_over.append(leg)
        else:
            leg.send(payload)
    for pump, those in together.items():
        places = pump.tell_all([leg.member for leg in those], payload, within)
        passed_over += [those[place] for place in places]
    return passed_over


def _is_over(waiting: tuple[int, int], bound: tuple[int, int]) -> bool:
    messages, waiting_bytes = waiting
    return messages > bound[0] or (waiting_bytes > bound[1] and messages > 1)
