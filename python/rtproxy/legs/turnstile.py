"""One at a time: who has had enough in a row waits for the next pass of the event loop.

Trio runs every task that can run once in each pass. So forty that never stop, with half
a millisecond each, would make everybody else wait for twenty; behind a turnstile they
share the time of one of them, and those who never have enough do not come to it. Must
not know what anybody does.
"""

from __future__ import annotations

import trio


class Turnstile:
    """Lets one task through in each pass, in the order in which they came."""

    def __init__(self) -> None:
        """Nobody waits."""
        self._way = trio.Lock()

    async def go_through(self) -> None:
        """Wait until it is this task's turn: for one pass at least. A checkpoint."""
        # Whoever comes first holds the lock during that pass. It is handed on in the
        # pass in which its owner runs, and the next owner runs in the one after.
        async with self._way:
            pass
