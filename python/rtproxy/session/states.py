"""What a session, and an answer in it, can be, and what may follow what.

Owns both tables. Must not know what makes a session move.
"""

from __future__ import annotations

from enum import Enum, unique
from typing import TypeVar


@unique
class State(Enum):
    """Where the call stands."""

    GREETING = "greeting"  # it is not known yet who the client is, or what it wants
    CONNECTING = "connecting"  # no upstream that has accepted the session's configuration
    READY = "ready"  # nobody is being answered
    RESPONDING = "responding"  # an answer is being generated or played
    CLOSED = "closed"


@unique
class Phase(Enum):
    """Where one answer stands, seen from the client."""

    GENERATING = "generating"  # the upstream has not said response.done
    GENERATED = "generated"  # it has; what was generated is still playing
    OVER = "over"  # played, or cut: the client was told


SESSION_STEPS: dict[State, frozenset[State]] = {
    State.GREETING: frozenset({State.CONNECTING, State.CLOSED}),
    State.CONNECTING: frozenset({State.READY, State.CLOSED}),
    State.READY: frozenset({State.RESPONDING, State.CLOSED}),
    State.RESPONDING: frozenset({State.READY, State.CLOSED}),
    State.CLOSED: frozenset(),
}

ANSWER_STEPS: dict[Phase, frozenset[Phase]] = {
    Phase.GENERATING: frozenset({Phase.GENERATED}),
    Phase.GENERATED: frozenset({Phase.OVER}),
    Phase.OVER: frozenset(),
}

S = TypeVar("S", State, Phase)


def step(table: dict[S, frozenset[S]], now: S, then: S) -> S:
    """`then`, if the table allows it (staying is always allowed); else AssertionError.

    A wrong step is a bug of ours, never the peer's doing: events that do not fit
    a state must be sorted out before.
    """
    if then is not now and then not in table[now]:
        raise AssertionError(f"no step from {now.value} to {then.value}")
    return then
