"""The sessions that are live in this process.

Owns the registry: who is in it, how many there were. A session is in it exactly
as long as its task runs. Must not know what a session does.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import trio

from rtproxy.model.close import CloseReason


class Ending(Protocol):
    """A session that can be told to end."""

    session_id: str

    def end(self, reason: CloseReason) -> None:
        """End soon; idempotent, the first reason counts."""


class LiveSessions:
    """All sessions of the process, by id."""

    def __init__(self) -> None:
        """Start empty."""
        self._sessions: dict[str, Ending] = {}
        self._counted = 0
        self._empty = trio.Event()
        self._empty.set()
        self.created = 0

    def __len__(self) -> int:
        """How many are live, of those that count."""
        return self._counted

    @contextmanager
    def entered(self, session: Ending, *, counts: bool = True) -> Iterator[None]:
        """Keep the session in the registry while the block runs.

        What ends with the sessions and is none (a room, who only listens in one) does not
        count as one.
        """
        self._sessions[session.session_id] = session
        if self._empty.is_set():
            self._empty = trio.Event()
        self.created += counts
        self._counted += counts
        try:
            yield
        finally:
            del self._sessions[session.session_id]
            self._counted -= counts
            if not self._sessions:
                self._empty.set()

    async def wait_empty(self) -> None:
        """Return when no session is live."""
        await self._empty.wait()

    def end_all(self, reason: CloseReason) -> None:
        """Tell every live session to end."""
        for session in list(self._sessions.values()):
            session.end(reason)
