"""How long to wait before trying again.

Owns the delays of repeated dials. Must not know what is dialled, nor draw dice.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential delays with full-range jitter around the middle.

    The n-th retry (from 1) waits `initial_s * factor**(n-1)`, at most `max_s`,
    times a factor drawn evenly from [1 - jitter, 1 + jitter]: clients that lost
    the same upstream at the same moment must not all come back at the same moment.
    """

    initial_s: float = 1.0
    factor: float = 2.0
    max_s: float = 30.0
    jitter: float = 0.2
    retries: int = 5

    def delay_s(self, retry: int, die: float) -> float | None:
        """The wait before retry number `retry`, None when there are none left.

        `die` is evenly drawn from [0, 1).
        """
        if retry > self.retries:
            return None
        plain_s = min(self.initial_s * self.factor ** (retry - 1), self.max_s)
        return plain_s * (1 + self.jitter * (2 * die - 1))
