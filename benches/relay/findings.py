"""All that a comparison has measured, and what of it counts.

Owns medians and pairs: relays are compared window by window, with what was measured
within the same seconds, and of those ratios the median counts. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from statistics import median

from benches.relay.processes import NotCarriedError
from benches.relay.trial import Capacity, Point


@dataclass(slots=True)
class Findings:
    """All that was measured; what could not be is told in `left_out`."""

    points: list[Point] = field(default_factory=list)
    capacities: dict[str, Capacity] = field(default_factory=dict)
    set_ups_hz: dict[str, float] = field(default_factory=dict)
    idle_kib: dict[str, float] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    def levels(self) -> list[int]:
        """The numbers of sessions at which something was measured."""
        return sorted({point.sessions for point in self.points})

    def places(self) -> list[tuple[str, int]]:
        """Which relay was measured at how many sessions, in the order it was done."""
        return list(dict.fromkeys((point.relay, point.sessions) for point in self.points))

    def at(self, relay: str, sessions: int) -> list[Point]:
        """Its windows there."""
        place = (relay, sessions)
        return [point for point in self.points if (point.relay, point.sessions) == place]

    def typical(self, relay: str, sessions: int, what: Callable[[Point], float]) -> float | None:
        """The median of that over its windows."""
        found = [what(point) for point in self.at(relay, sessions)]
        return median(found) if found else None

    def cost_us(self, relay: str, sessions: int) -> float | None:
        """CPU of a message at so many sessions."""
        return self.typical(relay, sessions, lambda point: point.us_per_message)

    def added_ms(self, relay: str, sessions: int) -> float | None:
        """Added latency of the slower way, 99 %."""
        return self.typical(relay, sessions, lambda point: point.reading.p99_ms)

    def ratio(self, relay: str, peer: str, sessions: int) -> float | None:
        """How often the peer's cost of a message is the relay's."""
        found = [ours / theirs for ours, theirs in self._pairs(relay, peer, sessions)]
        return median(found) if found else None

    def on_top_us(self, relay: str, peer: str, sessions: int) -> float | None:
        """What a message costs more than at the peer."""
        found = [ours - theirs for ours, theirs in self._pairs(relay, peer, sessions)]
        return median(found) if found else None

    def _pairs(self, relay: str, peer: str, sessions: int) -> Iterator[tuple[float, float]]:
        theirs = {point.number: point.us_per_message for point in self.at(peer, sessions)}
        for point in self.at(relay, sessions):
            if point.number in theirs:
                yield point.us_per_message, theirs[point.number]

    def behind(self) -> list[str]:
        """Who lagged in most of its windows somewhere: its messages are too cheap there."""
        found = []
        for relay, sessions in self.places():
            points = self.at(relay, sessions)
            if 2 * sum(point.kept_up for point in points) <= len(points):
                found.append(relay)
        return found

    @contextmanager
    def unless_too_many(self, relay: str, sessions: int) -> Iterator[None]:
        """A relay that does not carry so many has no figure there."""
        try:
            yield
        except NotCarriedError as error:
            self.left_out.append(f"{relay} at {sessions} sessions is left out: {error}")
            left = {id(point) for point in self.at(relay, sessions)}
            self.points = [point for point in self.points if id(point) not in left]

    def in_words(self, relay: str, sessions: int) -> str:
        """The figures that count, for who waits for the tables."""
        cost, added_ms = self.cost_us(relay, sessions), self.added_ms(relay, sessions)
        if cost is None or added_ms is None:
            return f"{relay} at {sessions}: too many"
        return f"{relay} at {sessions}: {cost:.1f} µs a message, p99 {added_ms:.2f} ms"

    def as_json(self) -> dict[str, object]:
        """Everything, as plain values."""
        return asdict(self)
