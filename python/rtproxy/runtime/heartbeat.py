"""Notices what nobody says: that a peer is gone, and that time has passed.

Owns what follows when a leg gives no sign of life: a line in the log, and the leg's
socket closed by force; its reader learns the rest. The rhythm of pings and the
deadline of pongs are kept below the leg. Owns the wait for the core's deadline, too:
that moves on with all that happens, and is looked at again only when it has come, so
nothing wakes here while all are well. Must not know what a session does about either.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import inf

import trio

from rtproxy.legs.leg import Leg
from rtproxy.runtime.notes import Log


class Heartbeat:
    """The heartbeat of one session; `run` is its task."""

    def __init__(
        self,
        *,
        every_s: float,
        within_s: float,
        log: Log,
        deadline: Callable[[], float] = lambda: inf,
        passed: Callable[[], None] = lambda: None,
    ) -> None:
        """Ping each `every_s`; a pong may take `within_s`.

        `deadline` is when (by Trio's clock) `passed` is to be called; it may move back at
        any time, and forward with a `look_again`.
        """
        self._deadline = deadline
        self._passed = passed
        self._every_s = every_s
        self._within_s = within_s
        self._log = log
        self._silent: list[Leg] = []
        self._woken = trio.Event()
        self._waits_until = inf

    def watch(self, leg: Leg) -> None:
        """Ask the leg's peer for signs of life from now on."""
        silent = partial(self._note_silent, leg)
        leg.keep_alive(every_s=self._every_s, within_s=self._within_s, silent=silent)

    def look_again(self) -> None:
        """The deadline may have come nearer."""
        if self._deadline() < self._waits_until:
            self._woken.set()

    async def run(self) -> None:
        """Abort every leg whose peer is silent, keep the deadline; until it is cancelled."""
        while True:
            self._waits_until = self._deadline()
            with trio.move_on_at(self._waits_until) as waiting:
                await self._woken.wait()
            self._woken = trio.Event()
            while self._silent:
                leg = self._silent.pop()
                self._log.warning(
                    "peer_silent", side=leg.side.name.lower(), within_s=self._within_s
                )
                leg.abort()
            if waiting.cancelled_caught:
                self._passed()

    def _note_silent(self, leg: Leg) -> None:
        self._silent.append(leg)
        self._woken.set()
