"""Commits under way: what was committed, by whom, and whether the upstream would have it.

Owns their numbers. Must not know items.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import msgspec

from rtproxy.model import events as ev
from rtproxy.rooms.commands import Command, Note, Tell

# Whoever commits without end is refused what the upstream has not answered yet.
MOST_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class _Commit:
    """Where the room's audio was; the member who asked, if one did, and how."""

    at_ms: float
    member: str | None
    asked: ev.InputCommit


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

    @property
    def too_many(self) -> bool:
        """Whether no other may be sent before one is answered."""
        return len(self._sent) >= MOST_AT_ONCE

    def send(
        self, at_ms: float, now: float, member: str | None, asked: ev.InputCommit
    ) -> ev.InputCommit:
        """Another one."""
        self.since = now
        self._count += 1
        number = f"commit_{self._count}"
        self._sent[number] = _Commit(at_ms, member, asked)
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
        return [note, _told(commit.member, commit.asked, failure)]

    def forget(self) -> None:
        """Nobody will answer."""
        self._sent.clear()


def too_many(member: str, asked: ev.InputCommit) -> Command:
    """What a member is told that commits faster than anybody answers."""
    words = f"{MOST_AT_ONCE} commits are not answered yet; send 'commit' when one of them is."
    failure = ev.Failure(code="too_many_commits", message=words, param="type")
    return _told(member, asked, failure)


def _told(member: str, asked: ev.InputCommit, failure: ev.Failure) -> Command:
    failure = msgspec.structs.replace(failure, event_id=asked.event_id)
    return Tell(member, ev.ErrorTold(error=failure, about=asked.message_type))
