"""Whether anybody but the reactor gives tasks something to do.

Owns that question: a turn that lingers keeps a caller who shakes hands, a request or a
timer from the event loop, so it must not while there are any. Must not know what a
task is for: what wakes them is told apart by who was at work when it happened.

It only watches, by Trio's own means (`trio.abc.Instrument`): nothing runs or waits here.
"""

from __future__ import annotations

from types import TracebackType
from typing import Self
from weakref import WeakSet

import trio

# So long nothing must have happened: longer than the steps of a handshake lie apart.
OVER_S = 0.02


class Bustle(trio.abc.Instrument):
    """Watches inside `with bustle`, which is entered by the reactor's own task."""

    def __init__(self, clock: trio.abc.Clock) -> None:
        """Nothing has happened yet; the times are the clock's."""
        self.ours = _Ours()
        self._now = clock.current_time
        self._last = -OVER_S
        # Tasks that wait for the reactor: whoever was told something by it.
        self._served: WeakSet[trio.lowlevel.Task] = WeakSet()

    def __enter__(self) -> Self:
        """Watch from here on."""
        self._served.add(trio.lowlevel.current_task())
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

    def task_scheduled(self, task: trio.lowlevel.Task) -> None:
        """Trio says that a task has something to do."""
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
