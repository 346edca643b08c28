"""One relay under load: what a message costs at so many sessions, how many it carries,
how fast it takes calls and what an idle one holds.

Owns how each of these is measured. A trial in which anything was lost, reordered or
changed has no figure: it raises RelayError.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace

from benches.machine import Theft
from benches.relay.certificate import certificate
from benches.relay.load import Load, Reading, load_running
from benches.relay.processes import Cores, NotCarriedError, RelayError
from benches.relay.relays import Relay, relay_running
from rtproxy.load.gauges import cpu_s, read_process

SETTLE_S = 1.0
WARM_S = 0.4  # who was silent speaks again, and caches fill
TURN_S = 10.0  # of the load's script: after so long each session has had one
DRAIN_S = 10.0
FINISH_S = 30.0
DELIVERY = 0.999  # of what was said: a relay that brings less does not carry it
LATE_MS = 20.0  # at the 99th percentile: nor does one that takes longer
BEHIND_MS = 250.0
LOAD_CEILING = 0.92  # of its core: beyond, the load and not the relay is measured
GROWTH = 1.3
FINE = 1.06  # the search ends when it knows the answer to so much
CEILING = 3_000  # sessions
SESSIONS_LEAST = 10
AT_ONCE = 16  # calls that are being taken
IDLE_FIRST = 100
# Of all processors: where the host takes more, it is the host that is measured.
STOLEN = 0.005
HALVES = 9  # windows with half of what a relay carries
WINDOWS = 3  # so often it is tried to find one that is not stolen


@dataclass(frozen=True, slots=True)
class Point:
    """A relay at one number of sessions, in one window.

    `lost` is what had not come 10 s after it was said; `stolen` the part of all processors
    that the machine's host gave to others meanwhile; windows of one `number` lie side by side.
    """

    relay: str
    sessions: int
    us_per_message: float
    core: float
    reading: Reading
    lost: int = 0
    stolen: float = 0.0
    number: int = 0

    @property
    def delivery(self) -> float:
        """The part of what was said that has come, sooner or later."""
        said = sum(self.reading.said)
        return max(0.0, 1 - self.lost / said) if said else 0.0

    @property
    def carried(self) -> bool:
        """Whether the relay brought it all, and in time."""
        return self.delivery >= DELIVERY and self.reading.p99_ms <= LATE_MS

    @property
    def kept_up(self) -> bool:
        """Whether the figure says something: a relay that lags finds more to do each time it
        wakes, which makes a message cheaper."""
        return self.reading.p99_ms < BEHIND_MS and self.reading.kept_pace

    def in_words(self) -> str:
        """The figure that counts, for who waits for the tables."""
        cost, p99_ms = self.us_per_message, self.reading.p99_ms
        return f"{self.relay} at {self.sessions}: {cost:.1f} µs a message, p99 {p99_ms:.2f} ms"


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many sessions a relay carries on its core; `bounded_by` the relay or the load.

    `half` is the relay with half as many, in the median of its windows.
    """

    relay: str
    most: Point
    half: Point
    tried: tuple[Point, ...]
    bounded_by: str


class Trial:
    """A relay and its load, both running."""

    def __init__(self, relay: Relay, pid: int, load: Load) -> None:
        """Nothing has been called yet."""
        self._relay = relay
        self._pid = pid
        self._load = load
        self._sessions = 0

    def open(self, sessions: int, settle_s: float) -> None:
        """Have so many speak for a while, and be silent until a window of theirs."""
        self._load.open(sessions)
        time.sleep(settle_s)
        self._load.speak(on=False)
        self._sessions = sessions

    def window(self, window_s: float) -> Point:
        """Have those that are open speak, and measure; they are silent afterwards.

        A window of which the host took too much is measured again: the least stolen counts.
        """
        self._load.speak(on=True)
        time.sleep(WARM_S)
        points: list[Point] = []
        while len(points) < WINDOWS and (not points or points[-1].stolen > STOLEN):
            points.append(self._window(self._sessions, window_s))
        self._load.speak(on=False)
        return min(points, key=lambda point: point.stolen)

    def _window(self, sessions: int, window_s: float) -> Point:
        theft, before_s = Theft(), cpu_s(self._pid)
        reading = self._load.measure(window_s)
        used_s = cpu_s(self._pid) - before_s
        cost = used_s / reading.relayed * 1e6 if reading.relayed else math.inf
        return Point(
            self._relay.name,
            sessions,
            cost,
            used_s / reading.seconds,
            reading,
            stolen=theft.part(),
        )

    def at_most(self, sessions: int, window_s: float) -> Point:
        """Carry so many, which may be too much; says nothing more afterwards.

        A relay may then lag and turn sessions away; it may not mix up what it brings.
        """
        self._load.open(sessions)
        time.sleep(TURN_S + SETTLE_S)  # what calls cost that come is another figure
        point = self._window(sessions, window_s)
        lost = self._load.drain(DRAIN_S)
        reading = self._load.measure(0.0)
        if reading.mixed_up:
            raise RelayError(f"{self._relay.name}: {reading.amiss()}")
        return replace(point, lost=lost + reading.wrongs["unsaid"])

    def finish(self) -> None:
        """Let all come that was said; RelayError where it does not, or came wrong.

        NotCarriedError where the relay lagged so far that no more could be said to it.
        """
        lost = self._load.drain(FINISH_S)
        reading = self._load.measure(0.0)
        if reading.wrongs["unsaid"] and not reading.mixed_up:
            raise NotCarriedError(f"{self._relay.name} took no more: {reading.amiss()}")
        if lost or reading.amiss():
            raise RelayError(f"{self._relay.name}: {lost} lost; {reading.amiss()}")

    def set_ups_hz(self, seconds: float) -> float:
        """Sessions a second: called, ready, and gone again."""
        self._load.open(0)
        reading = self._load.set_up(seconds, AT_ONCE)
        return reading.sessions / reading.seconds

    def idle_kib(self, more: int) -> float:
        """What each of so many silent sessions beyond the first hundred holds."""
        self._load.speak(on=False)
        held = []
        for sessions in (IDLE_FIRST, IDLE_FIRST + more):
            self._load.open(sessions)
            time.sleep(SETTLE_S)
            reading = read_process(self._pid)
            if reading is None:
                raise RelayError(f"{self._relay.name} has ended by itself")
            held.append(reading.memory_bytes)
        return (held[1] - held[0]) / more / 1024


@contextmanager
def trial_of(relay: Relay, cores: Cores) -> Iterator[Trial]:
    """Upstream, relay and clients, and all of them gone again."""
    with ExitStack() as stack:
        files, authority = [], ""
        if relay.tls:
            issued = stack.enter_context(certificate())
            files, authority = [issued.chain, issued.key], issued.authority
        load = stack.enter_context(load_running(cores.load, files))
        started = relay_running(relay, cores.relay, load.upstream_port, authority)
        pid, port = stack.enter_context(started)
        load.call_at(port, *relay.speaks)
        yield Trial(relay, pid, load)


def capacity_of(relay: Relay, cores: Cores, window_s: float) -> Capacity:
    """Search for the most sessions that the relay carries.

    Upwards until it does not, then in between. A number that failed is tried once
    more before it is believed, each time with a relay of its own.
    """
    tried: list[Point] = []
    low, high, sessions = 0, CEILING + 1, relay.guess
    most: Point | None = None
    bounded_by = "the relay"
    while high > low * FINE and sessions > SESSIONS_LEAST:
        points = _try(relay, cores, sessions, window_s)
        tried += points
        if points and points[-1].carried:
            low, most = sessions, points[-1]
        else:
            high = sessions
            bounded_by = "the load" if any(map(_is_loads_fault, points)) else "the relay"
        grown = math.ceil(low * GROWTH)
        sessions = grown if low and grown < high else (low + high) // 2
        if not low:
            sessions = high // 2
    if most is None:
        raise RelayError(f"{relay.name} does not carry even {SESSIONS_LEAST} sessions")
    half = _half(relay, cores, most.sessions // 2, window_s)
    return Capacity(relay.name, most, half, tuple(tried), bounded_by)


def _half(relay: Relay, cores: Cores, sessions: int, window_s: float) -> Point:
    """The median of some windows, by their late messages."""
    with trial_of(relay, cores) as trial:
        trial.open(sessions, TURN_S + SETTLE_S)
        points = [trial.window(window_s) for _ in range(HALVES)]
        trial.finish()
    return sorted(points, key=lambda point: point.reading.p99_ms)[HALVES // 2]


def _try(relay: Relay, cores: Cores, sessions: int, window_s: float) -> list[Point]:
    """Once, or once more where it was not carried; less of them where it broke down."""
    points: list[Point] = []
    for _ in range(2):
        with suppress(NotCarriedError), trial_of(relay, cores) as trial:
            points.append(trial.at_most(sessions, window_s))
            if points[-1].carried:
                break
    return points


def _is_loads_fault(point: Point) -> bool:
    return point.reading.load_core > LOAD_CEILING or not point.reading.kept_pace
