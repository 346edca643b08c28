"""Questions that the client ends by hand: each is answered once it is an item.

Owns those that the upstream has not taken yet. Must not know whether it is free to answer.
"""

from __future__ import annotations

from collections import deque

from rtproxy.model import events as ev


class Questions:
    """The commits of one session that want an answer, the oldest first."""

    def __init__(self) -> None:
        """Start without any."""
        self._asked: deque[ev.InputCommit] = deque()

    def ask(self, event: ev.InputCommit) -> None:
        """What was said so far is a turn; it may be a question."""
        if event.respond:
            self._asked.append(event)

    def taken(self) -> ev.ResponseCreate | None:
        """Input has become an item: the request that answers it, if it was a question."""
        if not self._asked:
            return None
        asked = self._asked.popleft()
        return ev.ResponseCreate(
            event_id=asked.event_id, message_type=asked.message_type, only_if_idle=True
        )

    def refused(self, event: ev.InputCommit) -> None:
        """It will be no item: nothing was said, for instance."""
        if event.respond and self._asked:
            self._asked.popleft()
