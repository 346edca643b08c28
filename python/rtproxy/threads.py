"""Work beside the event loop: in threads that stand back for it.

Owns how this process runs a thread. Must not know what for.

A thread that works shares two things with the loop: the interpreter and, where there
is one core, the processor. The interpreter it gives up within the switch interval that
`server.py` sets. The processor it would keep for a whole slice of the kernel's, some
milliseconds, while the loop has audio to pass: beside a thread that never rested the
99th percentile of added latency was 4.5 ms, and 0.6 ms where that thread stood back
(`docs/performance.md`). So every thread of ours is started here, or begins with
`stand_back`.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from typing import TypeVar, TypeVarTuple

import trio

# Levels of niceness below the loop's own, as far as there are any (19 is the last).
STEPS = 15

# How many tasks of this run wait for a thread.
_awaited = trio.lowlevel.RunVar("threads awaited", default=0)

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")


def stand_back() -> None:
    """Let the loop go before the calling thread from here on.

    Niceness is a thread's own on Linux alone; elsewhere nothing happens. It cannot be
    taken back without privileges, so call it only in a thread that is made for work.
    """
    if sys.platform == "linux":
        loop = os.getpriority(os.PRIO_PROCESS, os.getpid())  # that of the first thread
        lowest = min(loop + STEPS, 19)
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), lowest)


def awaited() -> int:
    """How many tasks wait for a thread of `run_beside`, whatever limits these threads."""
    return _awaited.get()


async def run_beside(
    work: Callable[[*Arguments], T],
    *arguments: *Arguments,
    abandon_on_cancel: bool = False,
    limiter: trio.CapacityLimiter | None = None,
) -> T:
    """Call `work` in a thread, as `trio.to_thread.run_sync` does, standing back."""
    _awaited.set(_awaited.get() + 1)
    try:
        return await trio.to_thread.run_sync(
            _standing_back, work, *arguments, abandon_on_cancel=abandon_on_cancel, limiter=limiter
        )
    finally:
        _awaited.set(_awaited.get() - 1)


def _standing_back(work: Callable[[*Arguments], T], *arguments: *Arguments) -> T:
    stand_back()
    return work(*arguments)
