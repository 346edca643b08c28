"""How much load, for how long, and who speaks when.

Owns the bounds, the steps of the ramp and the phases. Pure; times are seconds from
the beginning of the run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, unique

from rtproxy.load.frontends import Frontend
from rtproxy.load.speech import CHUNK_MS
from rtproxy.model.errors import ConfigError

CHUNK_S = CHUNK_MS / 1000
TICK_S = 0.5  # how often a span ends and there is something new to see
SESSIONS_MAX = 10_000
SECONDS_MAX = 3_600.0
SESSION_SECONDS_MAX = 2_000_000.0
RAMP_STEPS = 10
STEP_MIN_S = 1.0  # a shorter step has too few chunks to say anything of it
OPENED_HZ = 100.0  # sessions a second where no ramp is asked for
_GOLDEN = 0.6180339887498949


@unique
class Mode(Enum):
    """What the conversations are."""

    ECHO = "echo"  # every chunk comes back at once
    PARROT = "parrot"  # questions, and answers that say them back


@dataclass(frozen=True, slots=True)
class Stage:
    """A while of constant load: open up to `sessions` evenly, then hold and measure."""

    sessions: int
    opening_s: float
    measured_s: float


@dataclass(frozen=True, slots=True)
class Plan:
    """One run: `ramp_s` to open all sessions, then `seconds` with all of them."""

    sessions: int
    seconds: float
    ramp_s: float
    mode: Mode
    frontend: Frontend

    def __post_init__(self) -> None:
        """Raises ConfigError, in one line that names the option."""
        _within("--sessions", self.sessions, 1, SESSIONS_MAX)
        _within("--seconds", self.seconds, 1, SECONDS_MAX)
        _within("--ramp", self.ramp_s, 0, SECONDS_MAX)
        if self.sessions * (self.seconds + self.ramp_s) > SESSION_SECONDS_MAX:
            raise ConfigError(
                f"--sessions times --seconds (ramp included) may be {SESSION_SECONDS_MAX:,.0f}"
                f" at most; {self.sessions} × {self.seconds + self.ramp_s:g} s is more"
            )

    def stages(self) -> Iterator[Stage]:
        """The steps of the ramp, each with twice its opening's time, then the full load."""
        steps = max(1, min(RAMP_STEPS, self.sessions, int(self.ramp_s / STEP_MIN_S)))
        if steps == 1:
            yield Stage(self.sessions, self.ramp_s or self.sessions / OPENED_HZ, 0.0)
        else:
            half_s = self.ramp_s / steps / 2
            for step in range(1, steps + 1):
                yield Stage(self.sessions * step // steps, half_s, half_s)
        yield Stage(self.sessions, 0.0, self.seconds)

    def phase_s(self, number: int) -> float:
        """When in each 40 ms a session speaks: any number of the first are spread evenly."""
        return number * _GOLDEN % 1 * CHUNK_S


def _within(option: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ConfigError(f"{option} must be from {low:,g} to {high:,g}, not {value:,g}")
