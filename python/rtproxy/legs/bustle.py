"""How long a turn of the reactor may wait inside without keeping anybody waiting.

Owns that question: a turn that lingers keeps everything else from the event loop, so it
may only while nothing but the reactor gives tasks something to do, and no longer than
until a timer is due. Must not know what a task is for: what wakes them is told apart by
who was at work when it happened.

It only watches, by Trio's own means (`trio.abc.Instrument` and its statistics): nothing
runs or waits here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self
from weakref import WeakSet

import trio

from rtproxy.threads import awaited

# Where a turn does not hear of all that could happen, so long nothing must have: longer
# than the steps of a handshake lie apart.
OVER_S = 0.02
# Where that pays, a turn waits inside for what comes next: that saves the wake of a task,
# which costs as much as relaying several messages. Nobody waits for it to end: whoever
# calls ends it. Only a thread that is none of ours and of no limiter's has to wait.
LINGER_S = 0.1
# The same while a task waits for a socket or a thread of which a turn hears nothing: that
# task waits so much longer for its turn.
BRIEFLY_S = 0.004
# Trio waits for one socket itself, by which threads and signals reach it.
_TRIOS_OWN = 1


class Bustle(trio.abc.Instrument):
    """Watches inside `with bustle`, which is entered by the reactor's own task."""

    def __init__(self, clock: trio.abc.Clock) -> None:
        """Nothing has happened yet; the times are the clock's."""
        self.ours = _Ours()
        self._now = clock.current_time
        self._last = -OVER_S
        self._in_company = False  # others run beside the reactor's task
        self.has_woken = False  # a task, since it was asked how long may be waited
        self._heard = _TRIOS_OWN
        # Tasks that wait for the reactor: whoever was told something by it.
        self._served: WeakSet[trio.lowlevel.Task] = WeakSet()
        self._reactors: trio.lowlevel.Task | None = None

    def __enter__(self) -> Self:
        """Watch from here on."""
        self._reactors = trio.lowlevel.current_task()
        self._served.add(self._reactors)
        trio.lowlevel.add_instrument(self)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Watch no more."""
        trio.lowlevel.remove_instrument(self)

    def is_over(self, now: float) -> bool:
        """Whether nothing has happened for a while."""
        return now - self._last >= OVER_S

    def spare_s(self, now: float) -> float:
        """How long the reactor's task may wait inside of what it is doing; 0: not at all.

        No longer than until a task has something to do (`has_woken`).
        """
        self.has_woken = False
        if self._in_company:
            return 0.0
        seen = trio.lowlevel.current_statistics()
        waits = seen.io_statistics.tasks_waiting_read + seen.io_statistics.tasks_waiting_write
        # Those of libraries, and our own, some of which have a limiter of their own.
        threads = trio.to_thread.current_default_thread_limiter().borrowed_tokens + awaited()
        hears_of_all = not threads and waits <= self._heard
        if not hears_of_all and not self.is_over(now):
            return 0.0
        most = LINGER_S if hears_of_all else BRIEFLY_S
        return max(0.0, min(most, seen.seconds_to_next_deadline))

    @contextmanager
    def hearing(self) -> Iterator[None]:
        """Inside, a turn hears itself of a socket that some task waits for."""
        self._heard += 1
        try:
            yield
        finally:
            self._heard -= 1

    def before_io_wait(self, timeout: float) -> None:
        """Trio says that it looks for more to do, and how long it may take."""
        # No time: there are tasks which will run beside those that are woken now.
        self._in_company = timeout <= 0

    def task_scheduled(self, task: trio.lowlevel.Task) -> None:
        """Trio says that a task has something to do."""
        self.has_woken = True
        if task is not self._reactors:
            self._in_company = True
        if self.ours.depth:
            self._served.add(task)
        elif task not in self._served:
            self._last = self._now()


class _Ours:
    """What happens inside `with ours` comes from the reactor."""

    def __init__(self) -> None:
        self.depth = 0

    def __enter__(self) -> None:
        self.depth += 1

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.depth -= 1
