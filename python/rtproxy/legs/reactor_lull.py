"""Trio's waiting, lent to the reactor.

Owns what lets sockets be served while Trio has nothing to do: before Trio waits for
the kernel it tells its instruments; ours has the reactor wait in its place, for the
sockets of all sessions and for Trio's own descriptor. Audio that only passes through
then wakes no task, and a wake of Trio's costs more than all else that is done with a
chunk. Must not know legs or sessions.

Trio has no public name for its descriptor. Where it cannot be found (another
backend, another Trio), or the clock is not the real one, nothing is lent and the
reactor is waited for like any socket.
"""

from __future__ import annotations

import select
from collections.abc import Iterator
from contextlib import contextmanager

import trio

from rtproxy._audio_core import Reactor


class Lull(trio.abc.Instrument):
    """Has the reactor serve whenever Trio would wait."""

    def __init__(self, reactor: Reactor) -> None:
        self._reactor = reactor

    def before_io_wait(self, timeout: float) -> None:
        """Trio would wait for so many seconds at most."""
        self._reactor.lull(trio.current_time(), timeout)


@contextmanager
def lent_waiting(reactor: Reactor) -> Iterator[int]:
    """Lend Trio's waiting; the descriptor that is readable when `turn` is to be called."""
    descriptor = _descriptor_of_trio()
    if descriptor is None:
        yield reactor.fileno()
        return
    reactor.borrow_waiting(descriptor)
    lull = Lull(reactor)
    trio.lowlevel.add_instrument(lull)
    try:
        yield reactor.bell()
    finally:
        trio.lowlevel.remove_instrument(lull)


def _descriptor_of_trio() -> int | None:
    try:
        from trio._core._run import GLOBAL_RUN_CONTEXT  # noqa: PLC0415 - may be missing
    except ImportError:
        return None
    epoll = getattr(getattr(GLOBAL_RUN_CONTEXT, "runner", None), "io_manager", None)
    epoll = getattr(epoll, "_epoll", None)
    is_real = type(trio.lowlevel.current_clock()).__name__ == "SystemClock"
    return epoll.fileno() if is_real and isinstance(epoll, select.epoll) else None
