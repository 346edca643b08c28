"""What a session or a room writes into the log: a bounded part of what its core notes.

Owns the bound: who sends a thousand wrong messages a second must not fill a disk. Must
not know what any note means.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import structlog

Log = structlog.typing.FilteringBoundLogger

# Of one name, in a minute.
LINES_EACH = 100
MINUTE_S = 60.0
_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


class Notes:
    """The notes of one core, on their way into the log."""

    def __init__(self, log: Log, clock: Callable[[], float]) -> None:
        """Nothing has been noted; the clock's seconds are those of the bound."""
        self._log = log
        self._clock = clock
        self._began_s = clock()
        self._lines: Counter[str] = Counter()

    def write(self, name: str, level: str, fields: Mapping[str, Any]) -> None:
        """Log it, unless its like has been logged often enough; the last one says so."""
        now_s = self._clock()
        if now_s - self._began_s >= MINUTE_S:
            self._began_s = now_s
            self._lines.clear()
        self._lines[name] += 1
        if self._lines[name] > LINES_EACH:
            return
        more = {"further": "left out this minute"} if self._lines[name] == LINES_EACH else {}
        self._log.log(_LEVELS[level], name, **fields, **more)
