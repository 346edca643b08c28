"""Which driver serves the sessions of a server.

Owns the choice and the words for one that cannot be had. Nothing above notices it:
every driver opens the same legs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal

import trio

from rtproxy import _audio_core
from rtproxy.legs import reactor_driver, stream_driver
from rtproxy.legs.leg import OpenLegs
from rtproxy.legs.reactor_pump import ReactorPump
from rtproxy.model.errors import ConfigError

HAS_REACTOR = hasattr(_audio_core, "Reactor")  # it needs Linux's epoll

DriverName = Literal["stream", "reactor"]


@dataclass(frozen=True, slots=True)
class Driver:
    """What serves sessions; `pump` is there where it is the reactor."""

    name: DriverName
    open_legs: OpenLegs
    pump: ReactorPump | None = None


STREAM_DRIVER = Driver("stream", stream_driver.open_legs)


async def start_driver(
    nursery: trio.Nursery, wanted: Literal["auto", "stream", "reactor"], *, tls: bool
) -> Driver:
    """Start the driver that was asked for, in `nursery`; "auto" is the reactor where it can be.

    `tls`: whether any leg may be encrypted. Raises ConfigError for a reactor that
    cannot be had.
    """
    obstacle = _obstacle(tls=tls)
    if wanted == "reactor" and obstacle is not None:
        raise ConfigError(f'server.driver is "reactor", but {obstacle}; use "auto" or "stream"')
    if wanted == "stream" or obstacle is not None:
        return STREAM_DRIVER
    pump = ReactorPump()
    await nursery.start(pump.run)
    return Driver("reactor", partial(reactor_driver.open_legs, pump), pump)


def _obstacle(*, tls: bool) -> str | None:
    if not HAS_REACTOR:
        return "the reactor needs Linux"
    if tls:
        return "the reactor carries no TLS, which this configuration asks for"
    return None
