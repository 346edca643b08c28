"""Finds out that a peer is gone when its socket does not say so.

Owns the rhythm of pings and the deadline of pongs. Must not know what a session
does about a leg that is gone: it aborts the leg, and the leg's reader learns it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import structlog
import trio

from rtproxy.legs.leg import Leg


async def keep_heartbeat(
    legs: Callable[[], Iterable[Leg]], *, every_s: float, within_s: float
) -> None:
    """Ping every leg each `every_s`; abort one whose pong is not there `within_s` later.

    Time in which we do not read a leg does not count against its peer. Runs
    until it is cancelled.
    """
    log = structlog.get_logger()
    while True:
        pinged = list(legs())
        for leg in pinged:
            leg.ping()
        await trio.sleep(within_s)
        for leg in pinged:
            waited_s = leg.pong_wait_s()
            if waited_s is not None and waited_s >= within_s:
                log.warning("peer_silent", side=leg.side.name.lower(), waited_s=round(waited_s, 1))
                leg.abort()
        await trio.sleep(max(0.0, every_s - within_s))
