"""Finished transcripts, told in the order in which they were spoken.

Owns which of them wait. A transcription of what the person said often comes after the
answer to it has begun or ended, and the text of an answer that is cut after that of what
cut it; so a finished text waits for those of what was said before it, but no longer than
`PATIENCE_S`, and that of an answer never past the answer's own end. Pieces never wait. Must
not know how a transcript is told, nor what it says.
"""

from __future__ import annotations

from math import inf

import msgspec

from rtproxy.model import events as ev
from rtproxy.session.commands import Command, End, ToClient
from rtproxy.session.history import History

PATIENCE_S = 2.0

# An upstream that never writes down what it has announced must not make us remember.
MAX_AWAITED = 64

Final = ev.InputTranscriptDone | ev.OutputTextDone


class _Held(msgspec.Struct, frozen=True):
    """A finished transcript that waits for one before it; of that answer, if of any."""

    final: Final
    response_id: str | None


class _Awaited(msgspec.Struct):
    """A text that will come; of that answer, if of any. `until`: when nobody waits any more."""

    response_id: str | None = None
    until: float = inf


class Transcripts:
    """The finished transcripts of one session."""

    def __init__(self, history: History) -> None:
        """Wait for none."""
        self._history = history
        self._writes = False
        self._awaited: dict[str, _Awaited] = {}  # by item
        self.waiting: list[_Held] = []  # for those before them

    @property
    def deadline(self) -> float:
        """When `overdue` has something to tell."""
        if not self._awaited:
            return inf
        return min(one.until for one in self._awaited.values())

    def take_terms(self, session: ev.Json) -> None:
        """Whether the session as it now is has the input written down."""
        listening = (session.get("audio") or {}).get("input") or {}
        self._writes = listening.get("transcription") is not None

    def committed(self, item_id: str) -> None:
        """Something was said: what it was will be written down."""
        if self._writes:
            self._await(item_id, _Awaited())

    def begun(self, event: ev.OutputItemAdded) -> None:
        """An answer of the conversation has an item: what that says will be told."""
        if event.item.get("type") == "message":
            self._await(str(event.item.get("id")), _Awaited(event.response_id))

    def final(self, final: Final, now: float) -> list[Command]:
        """A transcript is finished: tell it and what has waited for it, or have it wait."""
        self._awaited.pop(final.item_id, None)
        of_answer = final.response_id if isinstance(final, ev.OutputTextDone) else None
        return [*self._tell_or_hold(_Held(final, of_answer), now), *self._release()]

    def failed(self, item_id: str) -> list[Command]:
        """What was said could not be written down: nobody need wait for it."""
        self._awaited.pop(item_id, None)
        return self._release()

    def generated(self, response_id: str) -> list[Command]:
        """An answer has all the text that it will ever have."""
        for item_id in [one for one, of in self._awaited.items() if of.response_id == response_id]:
            del self._awaited[item_id]
        return self._release()

    def overdue(self, now: float) -> list[Command]:
        """Time has passed: what has waited long enough is told."""
        if now < self.deadline:
            return []
        self._awaited = {item: one for item, one in self._awaited.items() if now < one.until}
        return self._release()

    def ended(self, commands: list[Command]) -> list[Command]:
        """The commands, with what has waited and is due before the end of an answer, or of all."""
        if any(isinstance(command, End) for command in commands):
            return [*self._taken(self.waiting), *commands]
        return [each for command in commands for each in (*self._due_before(command), command)]

    def _due_before(self, command: Command) -> list[Command]:
        if isinstance(command, ToClient) and isinstance(over := command.event, ev.AnswerOver):
            return self._taken([one for one in self.waiting if one.response_id == over.response_id])
        return []

    def _tell_or_hold(self, held: _Held, now: float) -> list[Command]:
        before = self._awaited_before(held.final.item_id)
        if not before:
            return [self._tell(held)]
        for awaited in before:
            awaited.until = min(awaited.until, now + PATIENCE_S)
        self.waiting.append(held)
        return []

    def _await(self, item_id: str, awaited: _Awaited) -> None:
        self._awaited[item_id] = awaited
        if len(self._awaited) > MAX_AWAITED:
            del self._awaited[next(iter(self._awaited))]

    def _awaited_before(self, item_id: str) -> list[_Awaited]:
        precedes = self._history.precedes
        return [one for before, one in self._awaited.items() if precedes(before, item_id)]

    def _release(self) -> list[Command]:
        """Tell what waits for nothing any more."""
        if not self.waiting:
            return []
        free = [held for held in self.waiting if not self._awaited_before(held.final.item_id)]
        return self._taken(free)

    def _taken(self, due: list[_Held]) -> list[Command]:
        """Tell these, in the order of the conversation."""
        if not due:
            return []
        self.waiting = [held for held in self.waiting if held not in due]
        order = {item.item_id: place for place, item in enumerate(self._history)}
        due = sorted(due, key=lambda held: order.get(held.final.item_id, len(order)))
        return [self._tell(held) for held in due]

    def _tell(self, held: _Held) -> Command:
        before = self._history.before(held.final.item_id)
        told = msgspec.structs.replace(held.final, previous_item_id=before)
        return ToClient(told, response_id=held.response_id)
