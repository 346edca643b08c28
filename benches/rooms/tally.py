"""What was said by the upstream, and when the last of those who read it has heard it.

Owns the stamps: every text of the upstream carries the time at which it was sent, and no
two the same, so that what arrives is known by that, whatever became of it on its way.
Must not know how anything travels.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import dataclass, field

_STAMP = re.compile(rb"@(\d+)")


@dataclass(slots=True)
class Said:
    """One text: how many are to hear it, how many have, and when the last one did."""

    final: bool
    due: int
    heard: int = 0
    last_ns: int = 0


Span = dict[int, Said]


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one span: milliseconds from the upstream's event to its last listener.

    `finals` and `deltas` are (delivered, expected), one for each who reads it.
    """

    events: int
    p50_ms: float
    p99_ms: float
    finals: tuple[int, int]
    deltas: tuple[int, int]


@dataclass(slots=True)
class Tally:
    """What was said; `readers` are those who read now, by language."""

    readers: Counter[str] = field(default_factory=Counter)
    _known: Span = field(default_factory=dict)
    _span: Span = field(default_factory=dict)
    _last_ns: int = 0

    def stamp(self, words: str, language: str, *, final: bool) -> str:
        """The words with their stamp: they are sent now."""
        self._last_ns = at_ns = max(time.monotonic_ns(), self._last_ns + 1)
        self._known[at_ns] = self._span[at_ns] = Said(final, self.readers[language])
        return f"{words}@{at_ns} "

    def hear(self, message: bytes, at_ns: int) -> None:
        """One who reads was told something."""
        for found in _STAMP.finditer(message):
            said = self._known.get(int(found[1]))
            if said is not None:
                said.heard += 1
                said.last_ns = at_ns

    def begin(self) -> Span:
        """What is said from here on is another span."""
        self._span = {}
        return self._span


def figures(span: Span) -> Figures:
    """Of a span that is over, once everything has had its time to arrive."""
    late = sorted((said.last_ns - at_ns) / 1e6 for at_ns, said in span.items() if said.heard)
    return Figures(
        events=len(span),
        p50_ms=_rank(late, 0.50),
        p99_ms=_rank(late, 0.99),
        finals=_arrived(span, final=True),
        deltas=_arrived(span, final=False),
    )


def _arrived(span: Span, *, final: bool) -> tuple[int, int]:
    those = [said for said in span.values() if said.final is final]
    return sum(said.heard for said in those), sum(said.due for said in those)


def _rank(ordered: list[float], share: float) -> float:
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else float("inf")
