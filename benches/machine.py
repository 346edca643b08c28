"""The machine under a measurement: kept awake, and how much of it its host took.

Owns both questions. Must not know what is measured.

On a virtual machine a processor that has nothing to do for a moment is given to somebody
else, and comes back late and with cold caches: what is measured then is the host. A
processor that may not sleep stays. Linux's way of asking for that is a file that is kept
open (Documentation/power/pm_qos_interface.rst); closed, all is as before. It is root's.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_LATENCY = Path("/dev/cpu_dma_latency")
_NO_SLEEP = bytes(4)  # it may take 0 µs to wake
_STAT = Path("/proc/stat")
_STOLEN = 8  # field of the first line: proc(5)


@contextmanager
def awake() -> Iterator[bool]:
    """Inside, no processor goes to sleep; yields False where that cannot be had."""
    try:
        file = _LATENCY.open("wb", buffering=0)
    except OSError:
        yield False
        return
    with file:
        with suppress(OSError):
            file.write(_NO_SLEEP)
        yield True


class Theft:
    """How much of all processors the host has given to others since this was made."""

    def __init__(self) -> None:
        """It begins now."""
        self._began_s, self._began_stolen_s = time.monotonic(), _stolen_s()

    def part(self) -> float:
        """From 0 to 1; 0 where nobody says."""
        passed_s = (time.monotonic() - self._began_s) * (os.cpu_count() or 1)
        return (_stolen_s() - self._began_stolen_s) / passed_s if passed_s else 0.0


def _stolen_s() -> float:
    try:
        first = _STAT.read_text(encoding="ascii").splitlines()[0].split()
        return int(first[_STOLEN]) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError, ValueError):
        return 0.0
