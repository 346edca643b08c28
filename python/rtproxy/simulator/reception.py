"""Who is let in: what both shells do with a connection before it is a session.

Owns the numbers of connections, the seeds of their ids, and the decision on an
upgrade request. Must not know sockets.
"""

from __future__ import annotations

import itertools
import secrets
import time
from dataclasses import dataclass

import msgspec

from rtproxy.simulator.connection import Connection
from rtproxy.simulator.desk import Desk
from rtproxy.simulator.faults import FaultPlan
from rtproxy.simulator.handshake import Admitted, Turned, UpgradeRequest, admit
from rtproxy.simulator.ids import Ids
from rtproxy.simulator.settings import Settings

Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Visit:
    """One connection's number, and the faults that wait for it."""

    number: int
    plan: FaultPlan


class Reception:
    """Receives the connections of one simulator."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.desk = Desk(settings, Ids(self._seed("desk")))
        self._numbers = itertools.count(1)

    def visit(self) -> Visit:
        """The next connection."""
        number = next(self._numbers)
        return Visit(number, FaultPlan(self.settings.faults, number))

    def answer(self, visit: Visit, request: UpgradeRequest) -> Admitted | Turned:
        """Whether it may come in."""
        if visit.plan.refusal is not None:
            words = "The simulator was told to refuse this connection."
            return Turned(visit.plan.refusal.value, words)
        return admit(request, self.settings, lambda name: self.desk.bound_to(name, time.time()))

    def connect(self, visit: Visit, admitted: Admitted, now: float) -> Connection:
        """The core of a connection that was let in; `now` on its own clock from here on."""
        ids = Ids(self._seed(visit.number))
        return Connection(admitted, self.settings, visit.plan, ids, int(time.time()), now)

    def _seed(self, of: object) -> bytes:
        seed = self.settings.seed
        return secrets.token_bytes(32) if seed is None else f"{seed}:{of}".encode()


def refusal(answer: Turned) -> tuple[Headers, bytes]:
    """Headers and body of an HTTP answer, in the upstream's shape."""
    error = {"type": "invalid_request_error", "code": None, "message": answer.message}
    body = msgspec.json.encode({"error": {**error, "param": None}})
    headers = [("Content-Type", "application/json")]
    if answer.status in (429, 503):
        headers.append(("Retry-After", "1"))
    return headers, body
