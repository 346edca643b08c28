"""Commits under way: what was committed, by whom, and whether the upstream would have it.

Owns their numbers. Must not know items.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import msgspec

from rtproxy.model import events as ev
from rtproxy.rooms.commands import Command, Note, Tell


@dataclass(frozen=True, slots=True)
class _Commit:
    """Where the room's audio was; the member who asked, with its own id for that."""

    at_ms: float
    member: str | None
    client_event_id: str | None


class Commits:
    """Those that the upstream has not answered, in order; the last was sent at `since`."""

    def __init__(self) -> None:
        """Begin with none."""
        self._sent: dict[str, _Commit] = {}
        self._count = 0
        self.since = -inf

    def __bool__(self) -> bool:
        """Whether one is under way."""
        return bool(self._sent)

    def send(
        self, at_ms: float, now: float, member: str | None, client_event_id: str | None
    ) -> ev.InputCommit:
        """Another one."""
        self.since = now
        self._count += 1
        number = f"commit_{self._count}"
        self._sent[number] = _Commit(at_ms, member, client_event_id)
        return ev.InputCommit(event_id=number)

    def done(self) -> float | None:
        """The first is done: where the audio was; None where none is under way."""
        commit = self._sent.pop(next(iter(self._sent), ""), None)
        return commit.at_ms if commit else None

    def is_ours(self, failure: ev.Failure) -> bool:
        """Whether it is about one that no member asked for."""
        commit = self._sent.get(failure.event_id or "")
        return commit is not None and commit.member is None

    def refused(self, failure: ev.Failure) -> list[Command]:
        """The upstream would not have something: told to who asked, if it was one of these."""
        fields = {"code": failure.code, "text": failure.message, "line": "transcriber"}
        note = Note("upstream_error", "warning", fields)
        commit = self._sent.pop(failure.event_id or "", None)
        if commit is None or commit.member is None:
            return [note]
        told = msgspec.structs.replace(failure, event_id=commit.client_event_id)
        return [note, Tell(commit.member, ev.ErrorTold(error=told))]

    def forget(self) -> None:
        """Nobody will answer."""
        self._sent.clear()
