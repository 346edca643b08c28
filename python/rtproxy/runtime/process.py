"""What is true of the process as a whole.

Owns its phase, its age and whether the upstream answered last time. Built once
in `server.py` and passed down. Must not know HTTP.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, unique

from rtproxy.runtime.live_sessions import LiveSessions


@unique
class ProcessPhase(Enum):
    """Whether new sessions are welcome."""

    STARTING = "starting"
    SERVING = "serving"
    DRAINING = "draining"


@dataclass(slots=True)
class Process:
    """The process; `clock` gives monotonic seconds."""

    upstream_name: str
    clock: Callable[[], float]
    started_at_s: float
    live: LiveSessions = field(default_factory=LiveSessions)
    phase: ProcessPhase = ProcessPhase.STARTING
    upstream_answered: bool = True

    @property
    def uptime_s(self) -> float:
        """Seconds since the start."""
        return self.clock() - self.started_at_s

    @property
    def welcomes(self) -> bool:
        """Whether a new session may begin."""
        return self.phase is ProcessPhase.SERVING
