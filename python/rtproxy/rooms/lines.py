"""Lines: which upstream sessions a room has, and when one is opened, closed or tried again.

Owns their life: a line opens when it is first needed, lingers when it no longer is, is
dialled anew when it was lost, and gets a successor before the upstream ends it. Must not
know what is said on any of them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import Enum, unique
from math import inf

from rtproxy.resilience.backoff import Backoff
from rtproxy.rooms.line import Line, LineKind

# The upstream ends a session after 60 minutes (protocol reference, section 4).
RENEW_S = 55 * 60.0
# As long as somebody needs the line; the exponent alone is bounded.
BACKOFF = Backoff(initial_s=0.5, max_s=15.0, retries=10)

# How often it is looked after a line that is not needed, but has something to finish.
FINISH_S = 0.5

Key = tuple[LineKind, str]


@unique
class Phase(Enum):
    """Where a line stands."""

    OPENING = "opening"
    READY = "ready"
    WAITING = "waiting"  # it was lost, and will be dialled anew
    REFUSED = "refused"  # the next try would fail alike


@dataclass(slots=True)
class _Held:
    """One line that is needed, or was: when it closes, is dialled again, or is renewed."""

    line: Line
    phase: Phase = Phase.OPENING
    close_at: float = inf
    dial_at: float = inf
    renew_at: float = inf
    losses: int = 0
    successor: Line | None = None
    successor_ready: bool = False

    @property
    def deadline(self) -> float:
        return min(self.close_at, self.dial_at, self.renew_at)


@dataclass(slots=True)
class Turned:
    """What is to be done: lines to open, lines to close."""

    opened: list[Line] = field(default_factory=list)
    closed: list[Line] = field(default_factory=list)


class Lines:
    """All of a room's, one of each kind and language."""

    def __init__(self, linger_s: float, most: int) -> None:
        """Begin with none; lines that linger may not make it more than `most`."""
        self._linger_s = linger_s
        self._most = most
        self._held: dict[Key, _Held] = {}
        self._numbers: dict[Key, int] = {}

    def _next(self, key: Key) -> Line:
        self._numbers[key] = self._numbers.get(key, 0) + 1
        return Line(*key, self._numbers[key])

    # Need

    def need(self, keys: Collection[Key], now: float) -> list[Line]:
        """These are needed from here on, and no others: which are to be opened."""
        opened = []
        for key in [each for each, held in self._held.items() if held.phase is Phase.REFUSED]:
            if key not in keys:  # nothing lingers; who needs it next may have more luck
                del self._held[key]
        for key in keys:
            if key not in self._held:
                self._held[key] = _Held(self._next(key))
                opened.append(self._held[key].line)
            self._held[key].close_at = inf
        for key, held in self._held.items():
            if key not in keys and held.close_at == inf:
                held.close_at = now + self._linger_s
        self._make_room(now)
        return opened

    def _make_room(self, now: float) -> None:
        """Whoever reads in one language after another must not leave a line behind in each."""
        surplus = len(self._held) - self._most
        lingering = [held for held in self._held.values() if held.close_at < inf]
        lingering.sort(key=lambda held: held.close_at)
        for held in lingering[: max(0, surplus)]:
            held.close_at = now

    def close_all(self) -> list[Line]:
        """None is needed, and none lingers: which are to be closed."""
        return [line for key in list(self._held) for line in self._let_go(key)]

    def _let_go(self, key: Key) -> list[Line]:
        """Successor first: what is closed last is what the worker has."""
        held = self._held.pop(key)
        open_now = held.phase in (Phase.OPENING, Phase.READY)
        return [*([held.successor] if held.successor else []), *([held.line] if open_now else [])]

    # What becomes of them

    def ready(self, line: Line, now: float) -> bool:
        """A line can be used: whether it is the one to use now (a successor has time)."""
        held = self._held.get((line.kind, line.language))
        if held is None:
            return False
        if line == held.successor:
            held.successor_ready = True
            return False
        if line != held.line:
            return False
        held.phase, held.losses, held.renew_at = Phase.READY, 0, now + RENEW_S
        return True

    def hears(self, line: Line) -> bool:
        """Whether what this line says counts."""
        held = self._held.get((line.kind, line.language))
        return held is not None and line == held.line and held.phase is Phase.READY

    def lost(self, line: Line, now: float, *, final: bool, die: float) -> Phase | None:
        """A line is gone: where it stands now; None where nothing depended on it."""
        held = self._held.get((line.kind, line.language))
        if held is None or line not in (held.line, held.successor):
            return None
        if line == held.successor:
            held.successor, held.successor_ready = None, False
            held.renew_at = now + (BACKOFF.delay_s(BACKOFF.retries, die) or 0.0)
            return None
        held.renew_at = inf
        held.losses = min(held.losses + 1, BACKOFF.retries)
        if held.successor and not held.successor_ready:
            held.line, held.successor, held.phase = held.successor, None, Phase.OPENING
        elif final and not held.successor:
            held.phase = Phase.REFUSED
        else:
            held.phase, held.dial_at = Phase.WAITING, now + (BACKOFF.delay_s(held.losses, die) or 0)
        return held.phase

    def is_missed(self, line: Line) -> bool:
        """Whether its loss is news: the first since it was ready, and no successor is."""
        held = self._held[line.kind, line.language]
        return held.losses == 1 and not held.successor_ready

    def is_refused(self, key: Key) -> bool:
        """Whether such a line was refused, and no other try is made."""
        held = self._held.get(key)
        return held is not None and held.phase is Phase.REFUSED

    def replace(self, line: Line) -> Line:
        """A line makes no progress: the next one is to be opened in its place."""
        key = line.kind, line.language
        held = self._held[key]
        held.line, held.phase, held.renew_at = self._next(key), Phase.OPENING, inf
        return held.line

    # Successors

    @property
    def heirs(self) -> list[Line]:
        """Successors that are ready."""
        held = (each for each in self._held.values() if each.successor_ready)
        return [each.successor for each in held if each.successor]

    def succeed(self, heir: Line, now: float) -> Line | None:
        """A successor takes its place: the line that is to be closed, unless it is lost."""
        held = self._held[heir.kind, heir.language]
        old, was_ready = held.line, held.phase is Phase.READY
        held.line, held.successor, held.successor_ready = heir, None, False
        held.phase, held.losses, held.dial_at, held.renew_at = Phase.READY, 0, inf, now + RENEW_S
        return old if was_ready else None

    # Time

    @property
    def deadline(self) -> float:
        """When the next one is due."""
        return min((held.deadline for held in self._held.values()), default=inf)

    def passed(self, now: float, busy: Collection[Key]) -> Turned:
        """Time has passed; lines of `busy` finish what they have before they close."""
        turned = Turned()
        for key, held in list(self._held.items()):
            if held.close_at <= now and key in busy:
                held.close_at = now + FINISH_S
            elif held.close_at <= now:
                turned.closed += self._let_go(key)
            elif held.dial_at <= now:
                held.line, held.phase, held.dial_at = self._next(key), Phase.OPENING, inf
                turned.opened.append(held.line)
            elif held.renew_at <= now:
                held.successor, held.renew_at = self._next(key), inf
                turned.opened.append(held.successor)
        return turned
