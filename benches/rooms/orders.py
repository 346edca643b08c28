"""What a hall is asked to do, and what it answers: both as JSON, between two processes."""

from __future__ import annotations

import msgspec

from benches.rooms.tally import Figures


class Orders(msgspec.Struct, frozen=True):
    """What to do, and on which core; `pid` is the proxy's process."""

    port: int
    upstream_port: int
    core: int
    pid: int
    listeners: int
    silent: int
    seconds: float
    rounds: int


class Span(msgspec.Struct, frozen=True):
    """One measured span."""

    with_silent: bool
    figures: Figures
    cpu_s: float
    seconds: float


class Outcome(msgspec.Struct, frozen=True):
    """Everything that was found; `left` are listeners whose connection has ended."""

    joined_s: float
    listener_bytes: float
    spans: list[Span]
    left: int
    reason: str
