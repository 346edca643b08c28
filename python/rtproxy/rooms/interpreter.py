"""An interpreter: a realtime session that writes each item in one language.

Owns the way of an item through such a session: it is fed exactly the audio of the item,
live while it lasts, then asked for one answer. Only one item is committed and unanswered
at a time, so that an answer is about that item; the next is fed meanwhile. Every item is
written or given up. Must not know who is told, nor who else translates.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any, ClassVar

from rtproxy.model import events as ev
from rtproxy.model.languages import name_of
from rtproxy.rooms.commands import Feed, Note, StopFeeding, ToLine
from rtproxy.rooms.items import Anew, Found, Item, Piece, Unwritten, Whole
from rtproxy.rooms.line import Line
from rtproxy.rooms.tape import Tape

# How long an answer may make no progress before it is asked for on another line.
STALL_S = 10.0
# From an item's end, or from its last word, to the insight that no more comes.
GIVE_UP_S = 30.0
MOST_TRIES = 3
# What an answer is given of what was said before: three items and what was made of them.
# A conversation of an hour would be paid for anew with each answer.
CONTEXT_ITEMS = 7

_EMPTY = "input_audio_buffer_commit_empty"
_WRITTEN = ("completed", "incomplete")


@dataclass(slots=True, eq=False)
class _Job:
    """One item, and how far it has come on the line that there is."""

    item: Item
    fed: bool = False
    cut: bool = False  # nothing behind its end is fed
    committed: str | None = None  # the number of the commit
    asked: str | None = None  # the number of the request for an answer
    response_id: str | None = None
    text: str = ""
    tries: int = 0
    heard_at: float = -inf

    def start_over(self) -> None:
        """There is another line, which knows nothing of it."""
        self.fed = self.cut = False
        self.committed = self.asked = self.response_id = None
        self.text = ""

    @property
    def over_at(self) -> float:
        """When no more of it will come."""
        ended_at = self.item.ended_at
        return inf if ended_at is None else max(ended_at, self.heard_at) + GIVE_UP_S


class Interpreter:
    """One for a language, whichever line it has."""

    def __init__(self, language: str, tape: Tape) -> None:
        """Begin without a line."""
        self.language = language
        self.line: Line | None = None
        self._tape = tape
        self._jobs: deque[_Job] = deque()
        self._context: deque[str] = deque(maxlen=CONTEXT_ITEMS)
        self._count = 0

    @property
    def busy(self) -> bool:
        """Whether something is being translated."""
        return bool(self._jobs)

    # Its line

    def ready(self, line: Line, now: float) -> Found:
        """It has a line: what no other has written is for this one."""
        self.line = line
        self._context.clear()
        for job in self._jobs:
            job.heard_at = now
        return self._work(now)

    def lost(self, now: float) -> Found:
        """It has none; what was not written is asked for again, but not for ever."""
        self.line = None
        head = self._jobs[0] if self._jobs else None
        for job in self._jobs:
            job.tries += job is head and job.committed is not None
            job.start_over()
        if head is not None and head.tries >= MOST_TRIES:
            return self._drop(head, "the upstream does not answer", now) + self.lost(now)
        return [Anew(self.language, job.item) for job in self._jobs]

    def closed(self, now: float) -> Found:
        """Its line was closed, and there will be none for a while."""
        del now
        self.line = None
        left = [self._unwritten(job, "its line is closed") for job in self._jobs]
        self._jobs.clear()
        return [*left]

    # Items

    def begin(self, item: Item, now: float) -> Found:
        """An item is being said."""
        if any(job.item is item for job in self._jobs):
            return []
        self._jobs.append(_Job(item))
        return self._work(now)

    def end(self, item: Item, now: float) -> Found:
        """It has been said."""
        del item
        return self._work(now)

    def _work(self, now: float) -> Found:
        """Whatever can be done now: the first to its answer, the second as far as its audio."""
        if self.line is None or not self._jobs:
            return []
        head = self._jobs[0]
        if not head.fed and self._tape.forgot(head.item.end_ms):
            return self._drop(head, "it was said too long ago", now)
        found = self._feed(head, self.line)
        if head.item.end_ms is not None and head.committed is None:
            head.heard_at = now
            head.committed = self._number()
            found.append(ToLine(self.line, ev.InputCommit(event_id=head.committed)))
        if head.committed and len(self._jobs) > 1:
            found += self._feed(self._jobs[1], self.line)
        return found

    def _feed(self, job: _Job, line: Line) -> Found:
        end_ms = job.item.end_ms
        if job.fed and not job.cut and end_ms is not None:
            job.cut = True
            return [StopFeeding(line, end_ms)]
        if job.fed:
            return []
        job.fed, job.cut = True, end_ms is not None
        from_ms = self._tape.within(job.item.start_ms)
        return [Feed(line, from_ms, None if end_ms is None else max(end_ms, from_ms))]

    def _number(self) -> str:
        self._count += 1
        return f"{self.language}_{self._count}"

    # What it hears

    def heard(self, event: ev.Event, now: float) -> Found:
        """Its upstream has said something."""
        hear = self._hears.get(type(event))
        if hear is None or not self._jobs:
            return []
        return hear(self, self._jobs[0], event, now)

    def _committed(self, job: _Job, event: ev.InputCommitted, now: float) -> Found:
        if not job.committed or job.asked or self.line is None:
            return []
        job.heard_at = now
        job.asked = self._number()
        self._context.append(event.item_id)
        known = [{"type": "item_reference", "id": item_id} for item_id in self._context]
        ask = ev.ResponseCreate(event_id=job.asked, response={"input": known})
        return [ToLine(self.line, ask)]

    def _created(self, job: _Job, event: ev.ResponseCreated, now: float) -> Found:
        if job.asked and job.response_id is None:
            job.response_id = event.response.get("id")
            job.heard_at = now
        return []

    def _wrote(self, job: _Job, event: ev.OutputTextDelta, now: float) -> Found:
        if event.response_id != job.response_id:
            return []
        job.heard_at = now
        delta = event.delta if job.text else event.delta.lstrip()
        job.text += delta
        return [Piece(self.language, job.item, delta)]

    def _done(self, job: _Job, event: ev.ResponseDone, now: float) -> Found:
        response = event.response
        if job.response_id is None or response.get("id") != job.response_id:
            return []
        if response.get("status") in _WRITTEN:
            self._context.extend(
                item["id"] for item in response.get("output") or () if item.get("id")
            )
            return self._settle(job, _text_of(response) or job.text, now)
        why = ((response.get("status_details") or {}).get("error") or {}).get("message")
        return self._try_again(job, str(why or f"the answer was {response.get('status')}"), now)

    def _refused(self, job: _Job, event: ev.ErrorTold, now: float) -> Found:
        failure = event.error
        fields = {"code": failure.code, "text": failure.message, "line": str(self.line)}
        note = Note("upstream_error", "warning", fields)
        if failure.event_id is None or failure.event_id not in (job.committed, job.asked):
            return [note]
        if failure.code == _EMPTY:
            return [note, *self._settle(job, "", now)]
        return [note, *self._try_again(job, failure.message, now)]

    def _try_again(self, job: _Job, why: str, now: float) -> Found:
        """The upstream still has the audio: ask for another answer, but not for ever.

        Now with all that it knows, for it may no longer know what was picked out of it.
        """
        job.tries += 1
        if job.tries >= MOST_TRIES or self.line is None:
            return self._drop(job, why, now)
        job.response_id, job.text, job.heard_at = None, "", now
        job.asked = self._number()
        ask = ToLine(self.line, ev.ResponseCreate(event_id=job.asked))
        return [Anew(self.language, job.item), ask]

    def _settle(self, job: _Job, text: str, now: float) -> Found:
        self._jobs.remove(job)
        return [Whole(self.language, job.item, text.strip()), *self._work(now)]

    def _drop(self, job: _Job, why: str, now: float) -> Found:
        self._jobs.remove(job)
        return [self._unwritten(job, why), *self._work(now)]

    def _unwritten(self, job: _Job, why: str) -> Unwritten:
        return Unwritten(self.language, job.item, not_translated(job.item, self.language, why))

    _hears: ClassVar[dict[type[ev.Event], Callable[[Interpreter, _Job, Any, float], Found]]] = {
        ev.InputCommitted: _committed,
        ev.ResponseCreated: _created,
        ev.OutputTextDelta: _wrote,
        ev.ResponseDone: _done,
        ev.ErrorTold: _refused,
    }

    # Time

    @property
    def stalled_at(self) -> float:
        """When another line is to be tried, for this one makes no progress."""
        head = self._jobs[0] if self._jobs else None
        waits = head is not None and head.committed and self.line is not None
        return head.heard_at + STALL_S if head and waits else inf

    @property
    def deadline(self) -> float:
        """When it will wait no longer for something."""
        return min((job.over_at for job in self._jobs), default=inf)

    def passed(self, now: float) -> Found:
        """Time has passed."""
        found: Found = []
        for job in [each for each in self._jobs if each.over_at <= now]:
            found += self._drop(job, "the upstream does not answer", now)
        return found


def not_translated(item: Item, language: str, why: str) -> ev.Failure:
    """What is told of an item that was not translated."""
    words = f"Item {item.item_id} could not be translated into {name_of(language)}: "
    words += f"{why.rstrip('.')}. The room goes on; the next item will be translated again."
    return ev.Failure(type="server_error", code="translation_failed", message=words)


def _text_of(response: ev.Json) -> str:
    parts = (part for item in response.get("output") or () for part in item.get("content") or ())
    return "".join(part.get("text") or part.get("transcript") or "" for part in parts)
