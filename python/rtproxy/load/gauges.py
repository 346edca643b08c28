"""What a process of this machine has used: CPU and memory, from the kernel.

Owns the reading. CPU of another process is its process clock (clock_getcpuclockid(3)):
nanoseconds, user and system time of all its threads, those that have ended included.
Linux only: elsewhere nothing is known, and None says so.
"""

from __future__ import annotations

import os
import resource
import time
from dataclasses import dataclass
from pathlib import Path

from rtproxy.model.errors import ConfigError

_CPUCLOCK_SCHED = 2  # from the kernel's posix-timers.h: scheduler clock, whole process


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at a process: seconds of CPU since its start, and the bytes it holds."""

    cpu_s: float
    memory_bytes: int


def read_process(pid: int) -> Reading | None:
    """What the process has used so far; None where there is no such process or no Linux."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
        return Reading(cpu_s(pid), pages * os.sysconf("SC_PAGE_SIZE"))
    except (OSError, AttributeError):  # no such process; no such clock on this system
        return None


def cpu_s(pid: int) -> float:
    """CPU time that the process has used so far; OSError where there is no such process."""
    return time.clock_gettime((~pid << 3) | _CPUCLOCK_SCHED)


def cores() -> int:
    """How many cores we may use."""
    count = getattr(os, "sched_getaffinity", None)
    return len(count(0)) if count is not None else os.cpu_count() or 1


def allow_descriptors(sessions: int) -> None:
    """Let this process, and those that it starts, have that many sockets and then some.

    The proxy needs two for each session. Raises ConfigError where the system does
    not allow it.
    """
    wanted = 2 * sessions + 100
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and wanted > hard:
        raise ConfigError(
            f"--sessions {sessions} needs {wanted} open files and the system allows {hard}: "
            f"raise the hard limit (ulimit -Hn), or use {max(1, (hard - 100) // 2)} at most"
        )
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
