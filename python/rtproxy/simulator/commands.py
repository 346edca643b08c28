"""What the pure core asks the shell to do.

Owns the vocabulary between core and shell. Must not know how any of it is done.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rtproxy.simulator.faults import Fault

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Send:
    """Send one server event."""

    event: Json


@dataclass(frozen=True, slots=True)
class Close:
    """Send a close frame, and nothing after it."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Drop:
    """Cut the socket without a close frame, as a broken network does."""


@dataclass(frozen=True, slots=True)
class Strike:
    """Let a fault happen now; the connection turns it into what the shell can do."""

    fault: Fault


Command = Send | Close | Drop | Strike
