"""So many of something in a minute, in bursts as they come.

Owns the token bucket. Time comes in with every call. Must not know what is counted.
"""

from __future__ import annotations

MINUTE_S = 60.0


class TokenBucket:
    """Full at first: `per_minute` at once, then as many each minute."""

    def __init__(self, per_minute: int, now: float) -> None:
        """Begin full."""
        self._size = float(per_minute)
        self._left = self._size
        self._at = now

    def take(self, now: float) -> float:
        """Take one: 0.0 if there was one, else the seconds until there is."""
        self._fill(now)
        if self._left >= 1.0:
            self._left -= 1.0
            return 0.0
        return (1.0 - self._left) * MINUTE_S / self._size

    def is_full(self, now: float) -> bool:
        """Whether it is as if nothing had ever been taken."""
        self._fill(now)
        return self._left >= self._size

    def _fill(self, now: float) -> None:
        passed_s = max(0.0, now - self._at)
        self._left = min(self._size, self._left + passed_s * self._size / MINUTE_S)
        self._at = max(now, self._at)
