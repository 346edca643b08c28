"""A run with gauges on its processes.

Owns when the gauges are read: before the first session, as the full load begins
and as it ends. Must not know how the processes were started.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import trio

from rtproxy.load.gauges import Reading, cores, read_process
from rtproxy.load.plan import Plan
from rtproxy.load.reactor import Figures, Turning, read_figures, turning
from rtproxy.load.report import Report, Used, report
from rtproxy.load.run import Observer, Run
from rtproxy.load.tally import Span


@dataclass(frozen=True, slots=True)
class Glance:
    """The last span, and how many cores each process used in it."""

    span: Span
    cores: Mapping[str, float]


class Measurement:
    """One run against the proxy at `url`; `pids` are the processes to read, by name.

    `glance` is what there is to see just now, renewed twice a second.
    """

    def __init__(self, plan: Plan, url: str, pids: Mapping[str, int]) -> None:
        observer = Observer(
            ticked=self._ticked, full_began=self._full_began, full_ended=self._full_ended
        )
        self._url = url
        self._pids = pids
        self._before: dict[str, Reading] = {}
        self._began: dict[str, Reading] = {}
        self._ended: dict[str, Reading] = {}
        self._last: dict[str, Reading] = {}
        self._full_is_on, self._full_is_over = trio.Event(), trio.Event()
        self._turned: tuple[Figures | None, Figures | None] = (None, None)
        self.glance: Glance | None = None
        self.run = Run(plan, url, observer)

    async def measure(self, version: str) -> Report:
        """Run it, and sum up."""
        self._before = self._last = self._read()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._read_reactor)
            await self.run.run()
            if not self._full_is_over.is_set():  # else its last answer is on the way, or soon not
                nursery.cancel_scope.cancel()
        run = self.run
        return report(
            run.plan,
            self._url,
            version,
            run.tally,
            run.steps,
            run.full,
            self._used(),
            cores(),
            reactor=self._turning(),
            interrupted=run.interrupted,
        )

    async def _read_reactor(self) -> None:
        """Ask at both ends of the full load."""
        await self._full_is_on.wait()
        began = await read_figures(self._url)
        await self._full_is_over.wait()
        self._turned = (began, await read_figures(self._url))

    def _turning(self) -> Turning | None:
        began, ended = self._turned
        full = self.run.full
        if began is None or ended is None:
            return None
        return turning(began, ended, full.duration_s, full.said + full.back)

    def _read(self) -> dict[str, Reading]:
        found = {name: read_process(pid) for name, pid in self._pids.items()}
        return {name: reading for name, reading in found.items() if reading is not None}

    def _ticked(self, span: Span) -> None:
        last, self._last = self._last, self._read()
        used = {
            name: (now.cpu_s - last[name].cpu_s) / span.duration_s
            for name, now in self._last.items()
            if name in last and span.duration_s
        }
        self.glance = Glance(span, used)

    def _full_began(self) -> None:
        self._began = self._read()
        self._full_is_on.set()

    def _full_ended(self) -> None:
        self._ended = self._read()
        self._full_is_over.set()

    def _used(self) -> dict[str, Used]:
        """Of processes that were there at both ends of the full load."""
        return {
            name: Used(
                cpu_s=end.cpu_s - self._began[name].cpu_s,
                memory_bytes=end.memory_bytes,
                memory_before_bytes=before.memory_bytes
                if (before := self._before.get(name))
                else None,
            )
            for name, end in self._ended.items()
            if name in self._began
        }
