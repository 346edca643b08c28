"""What happened in a run, over all conversations.

Owns the counts and the latencies, in spans: the one that is under way, those of
the ramp's steps, and the full load's. Pure; must not know who counts.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from rtproxy.load.histogram import Histogram

EXAMPLE_CHARACTERS = 200


@dataclass(slots=True)
class Span:
    """Latencies and rates of a while."""

    sessions: int = 0
    duration_s: float = 0.0
    said: int = 0
    back: int = 0
    to_upstream: Histogram = field(default_factory=Histogram)
    to_client: Histogram = field(default_factory=Histogram)
    round_trip: Histogram = field(default_factory=Histogram)
    first_audio: Histogram = field(default_factory=Histogram)
    late: Histogram = field(default_factory=Histogram)  # our own, behind the schedule

    def merge(self, other: Span) -> None:
        """Add what the other has, its duration included."""
        self.sessions = max(self.sessions, other.sessions)
        self.duration_s += other.duration_s
        self.said += other.said
        self.back += other.back
        self.to_upstream.merge(other.to_upstream)
        self.to_client.merge(other.to_client)
        self.round_trip.merge(other.round_trip)
        self.first_audio.merge(other.first_audio)
        self.late.merge(other.late)


@dataclass(slots=True)
class Turns:
    """Questions asked and what became of them."""

    asked: int = 0
    complete: int = 0  # the answer says the whole question back, sample for sample
    partial: int = 0  # a piece of it
    different: int = 0  # something else
    unanswered: int = 0


@dataclass(slots=True)
class Tally:
    """Counts over the whole run; `now` is the span under way."""

    up: int = 0
    ready: int = 0
    failed: int = 0
    said: int = 0
    back: int = 0
    lost: int = 0
    cut_off: int = 0  # outstanding when their session broke: counted as its error
    reordered: int = 0
    repeated: int = 0
    changed: int = 0
    words: int = 0
    words_lost: int = 0
    measured_upstream: bool = False  # somebody filled in the echo's times
    now: Span = field(default_factory=Span)
    ready_after: Histogram = field(default_factory=Histogram)
    first_audio: Histogram = field(default_factory=Histogram)
    turns: Turns = field(default_factory=Turns)
    errors: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def fail(self, kind: str, words: str) -> None:
        """Count an error; the words of the first of each kind are kept."""
        self.errors[kind] += 1
        self.examples.setdefault(kind, words[:EXAMPLE_CHARACTERS])

    def take_span(self) -> Span:
        """The span under way, which is over with this."""
        self.first_audio.merge(self.now.first_audio)
        taken, self.now = self.now, Span()
        return taken

    @property
    def misplaced(self) -> int:
        """Chunks of which not exactly one came back, unchanged and in its place."""
        return self.lost + self.reordered + self.repeated + self.changed
