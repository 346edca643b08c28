"""Faults on demand: what goes wrong, when, and on which connection.

Owns the way faults are written and the decision that one is due. Must not know
how a fault is done to a socket or to a conversation.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, unique

_WRITTEN = re.compile(
    r"(?P<kind>[a-z_]+)"
    r"(?:=(?P<value>\d+))?"
    r"(?:@(?P<event>[a-z_.]+)(?::(?P<nth>\d+))?)?"
    r"(?:\+(?P<delay_ms>\d+))?"
    r"(?:#(?P<connection>\d+))?"
)


@unique
class FaultKind(Enum):
    """What can go wrong with an upstream."""

    DROP = "drop"  # the socket goes without a close frame
    STALL = "stall"  # nothing is sent for `value` milliseconds; 0: never again
    REFUSE = "refuse"  # the handshake is answered with HTTP status `value`
    RATE_LIMIT = "rate_limit"  # the next `value` responses fail for want of tokens
    EXPIRE = "expire"  # the session reaches its cap
    CLOSE = "close"  # the server closes with code `value`


_VALUE = {FaultKind.REFUSE: 503, FaultKind.RATE_LIMIT: 1, FaultKind.CLOSE: 1011}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    It strikes `delay_ms` after the `nth` server event of type `event` was sent,
    or after the connection was opened where no event is named; on every
    connection, or only on the one with that number (counted from 1).
    """

    kind: FaultKind
    value: int = 0
    event: str | None = None
    nth: int = 1
    delay_ms: int = 0
    connection: int | None = None

    def concerns(self, connection: int) -> bool:
        """Whether it is meant for this connection."""
        return self.connection in (None, connection)


def parse_fault(written: str) -> Fault:
    """Read `KIND[=VALUE][@EVENT[:NTH]][+DELAY_MS][#CONNECTION]`.

    For example `drop@response.output_audio.delta:3`, `refuse=429#1`, `expire+5000`.
    Raises ValueError with what was wrong and what can be written.
    """
    match = _WRITTEN.fullmatch(written)
    known = {kind.value: kind for kind in FaultKind}
    if match is None or match["kind"] not in known:
        raise ValueError(
            f"'{written}' is no fault; write KIND[=VALUE][@EVENT[:NTH]][+DELAY_MS][#CONNECTION] "
            f"where KIND is one of {', '.join(known)}"
        )
    kind = known[match["kind"]]
    connection = match["connection"]
    return Fault(
        kind=kind,
        value=int(match["value"] or _VALUE.get(kind, 0)),
        event=match["event"],
        nth=int(match["nth"] or 1),
        delay_ms=int(match["delay_ms"] or 0),
        connection=int(connection) if connection else None,
    )


class FaultPlan:
    """The faults of one connection; told of each event, it says which strike."""

    def __init__(self, faults: Iterable[Fault], connection: int) -> None:
        mine = [fault for fault in faults if fault.concerns(connection)]
        self.refusal = next((fault for fault in mine if fault.kind is FaultKind.REFUSE), None)
        self._waiting = [fault for fault in mine if fault.kind is not FaultKind.REFUSE]
        self._sent: Counter[str] = Counter()

    def opened(self) -> list[Fault]:
        """The faults that wait for no event."""
        return [fault for fault in self._waiting if fault.event is None]

    def sent(self, event_type: str) -> list[Fault]:
        """The faults that this event calls up."""
        if not self._waiting:
            return []
        self._sent[event_type] += 1
        count = self._sent[event_type]
        return [fault for fault in self._waiting if (fault.event, fault.nth) == (event_type, count)]
