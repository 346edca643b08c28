"""Which driver serves the sessions of a server.

Owns the choice and the words for one that cannot be had. Nothing above notices it:
every driver opens the same legs.
"""

from __future__ import annotations

import socket
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Literal

import trio

from rtproxy import _audio_core
from rtproxy.legs import reactor_driver, stream_driver
from rtproxy.legs.leg import OpenLegs
from rtproxy.legs.reactor_pump import ReactorPump
from rtproxy.legs.turnstile import Turnstile
from rtproxy.model.errors import ConfigError

HAS_REACTOR = hasattr(_audio_core, "Reactor")  # it needs Linux's epoll

_FIGURES = (
    "turns",
    "rounds",
    "events",
    "busy_s",
    "waited_s",
    "longest_s",
    "reads",
    "read_bytes",
    "writes",
    "written_bytes",
)

DriverName = Literal["stream", "reactor"]


@dataclass(frozen=True, slots=True)
class Driver:
    """What serves sessions; `pump` is there where it is the reactor."""

    name: DriverName
    open_legs: OpenLegs
    pump: ReactorPump | None = None

    def watching(self, sock: socket.socket) -> AbstractContextManager[None]:
        """Inside, a task waits for this socket to be readable, and is not to be kept."""
        return nullcontext() if self.pump is None else self.pump.watching(sock)

    def figures(self) -> dict[str, float] | None:
        """What the reactor has done since the start, as sums; None on streams."""
        if self.pump is None:
            return None
        stats = self.pump.stats
        return {name: getattr(stats, name) for name in _FIGURES}


def make_stream_driver() -> Driver:
    """The driver that is everywhere: its sessions share nothing but the turnstile."""
    return Driver("stream", partial(stream_driver.open_legs, turnstile=Turnstile()))


async def start_driver(
    nursery: trio.Nursery, wanted: Literal["auto", "stream", "reactor"]
) -> Driver:
    """Start the driver that was asked for, in `nursery`; "auto" is the reactor where it can be.

    Raises ConfigError for a reactor that cannot be had.
    """
    if wanted == "reactor" and not HAS_REACTOR:
        raise ConfigError(
            'server.driver is "reactor", but the reactor needs Linux; use "auto" or "stream"'
        )
    if wanted == "stream" or not HAS_REACTOR:
        return make_stream_driver()
    pump = ReactorPump()
    await nursery.start(pump.run)
    return Driver("reactor", partial(reactor_driver.open_legs, pump), pump)
