"""Finds out that a peer is gone when its socket does not say so.

Owns what follows when a leg gives no sign of life: a line in the log, and the leg's
socket closed by force; its reader learns the rest. The rhythm of pings and the
deadline of pongs are kept below the leg, so nothing wakes here while all are well.
Must not know what a session does about a leg that is gone.
"""

from __future__ import annotations

from functools import partial

import trio

from rtproxy.legs.leg import Leg
from rtproxy.runtime.perform import Log


class Heartbeat:
    """The heartbeat of one session; `run` is its task."""

    def __init__(self, *, every_s: float, within_s: float, log: Log) -> None:
        """Ping each `every_s`; a pong may take `within_s`."""
        self._every_s = every_s
        self._within_s = within_s
        self._log = log
        self._silent: list[Leg] = []
        self._found = trio.Event()

    def watch(self, leg: Leg) -> None:
        """Ask the leg's peer for signs of life from now on."""
        silent = partial(self._note_silent, leg)
        leg.keep_alive(every_s=self._every_s, within_s=self._within_s, silent=silent)

    async def run(self) -> None:
        """Abort every leg whose peer is silent; runs until it is cancelled."""
        while True:
            await self._found.wait()
            self._found = trio.Event()
            while self._silent:
                leg = self._silent.pop()
                self._log.warning(
                    "peer_silent", side=leg.side.name.lower(), within_s=self._within_s
                )
                leg.abort()

    def _note_silent(self, leg: Leg) -> None:
        self._silent.append(leg)
        self._found.set()
