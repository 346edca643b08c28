"""A translator: the upstream's translation endpoint, which hears everything as it comes.

Owns the way from its words, which know no items, to the items: a piece belongs to the
item that was being said when the translator was there (`elapsed_ms`), and an item is done
when a piece of a later one comes, or `QUIET_S` after the last, once it has been said.
Every item is written or given up. Must not know who is told, nor who else translates.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from math import inf

from rtproxy.model import events as ev
from rtproxy.model.room import TranslationDelta
from rtproxy.rooms.commands import Feed, FeedSilence, Note
from rtproxy.rooms.interpreter import GIVE_UP_S, not_translated
from rtproxy.rooms.items import Anew, Found, Item, Piece, Unwritten, Whole
from rtproxy.rooms.line import Line
from rtproxy.rooms.tape import Tape
from rtproxy.rooms.translated_time import TranslatedTime

QUIET_S = 1.5
# An item of which no word has come by then has none: it was noise, or a cough.
SILENT_S = 8.0
# What was said before a line was lost, and may not have been noticed yet.
ONSET_MS = 1_000.0
# A microphone that sends nothing: only silence tells a translator that somebody is done.
MUTE_S = 1.0
SILENCE_MS = 1_000.0
# A translator may be so far behind the end of an item with its last words.
TAIL_MS = 2_000.0
# Turn detection may notice an item so much later than its first words are translated.
EARLY_MS = 2_000.0
MOST_EARLY = 64


@dataclass(slots=True, eq=False)
class _Job:
    """One item, and what was written of it; `heard_at` is when the last piece came."""

    item: Item
    text: str = ""
    heard_at: float = -inf


@dataclass(frozen=True, slots=True)
class _Early:
    """A piece of which it is not known yet to which item it belongs."""

    at_ms: float
    delta: str


class Translation:
    """One for a language, whichever line it has."""

    def __init__(self, language: str, tape: Tape) -> None:
        """Begin without a line."""
        self.language = language
        self.line: Line | None = None
        self._tape = tape
        self._jobs: deque[_Job] = deque()
        self._early: deque[_Early] = deque(maxlen=MOST_EARLY)
        self._time = TranslatedTime(0.0)
        self._silent_until = -inf
        self._resume_ms = tape.length_ms

    @property
    def busy(self) -> bool:
        """Whether something is being translated."""
        return bool(self._jobs)

    # Its line

    def ready(self, line: Line, now: float) -> Found:
        """It has a line: what no other has written is for this one."""
        self.line = line
        for job in self._jobs:
            job.heard_at = now
        firsts = (job.item.start_ms for job in self._jobs)
        from_ms = self._tape.within(min(firsts, default=self._resume_ms))
        self._time = TranslatedTime(from_ms)
        return [Feed(line, from_ms)]

    def lost(self, now: float) -> Found:
        """It has none; what was not written is heard again."""
        del now
        self.line = None
        self._resume_ms = max(self._resume_ms, self._tape.length_ms - ONSET_MS)
        self._early.clear()
        for job in self._jobs:
            job.text = ""
        return [Anew(self.language, job.item) for job in self._jobs]

    def closed(self, now: float) -> Found:
        """Its line was closed, and there will be none for a while."""
        del now
        self.line = None
        self._resume_ms = max(self._resume_ms, self._tape.length_ms - ONSET_MS)
        self._early.clear()
        jobs, self._jobs = self._jobs, deque()
        return [self._unwritten(job, "its line is closed") for job in jobs]

    # Items

    def begin(self, item: Item, now: float) -> Found:
        """An item is being said; what was heard of it already is there."""
        if any(job.item is item for job in self._jobs):
            return []
        job = _Job(item)
        self._jobs.append(job)
        early = [each for each in self._early if each.at_ms >= item.start_ms - EARLY_MS]
        self._early.clear()
        return [self._add(job, each.delta, now) for each in early]

    def end(self, item: Item, now: float) -> Found:
        """It has been said."""
        del item, now
        return []

    # What it hears

    def heard(self, event: ev.Event, now: float) -> Found:
        """Its upstream has said something."""
        if isinstance(event, TranslationDelta):
            elapsed_ms = event.elapsed_ms
            unknown = elapsed_ms is None
            at_ms = self._tape.length_ms if unknown else self._time.in_room(elapsed_ms or 0)
            return self._place(_Early(at_ms, event.delta), now)
        if isinstance(event, ev.ErrorTold):
            failure = event.error
            fields = {"code": failure.code, "text": failure.message, "line": str(self.line)}
            return [Note("upstream_error", "warning", fields)]
        return []

    def _place(self, piece: _Early, now: float) -> Found:
        """Tell a piece of the item that was being said, and be done with those before.

        What belongs to an item that is not to be translated, or was by an earlier line, is
        nobody's.
        """
        item = self._item_of(piece.at_ms)
        job = next((each for each in self._jobs if each.item is item), None)
        if item is None or (job is None and self._may_be_next(item, piece.at_ms)):
            self._early.append(piece)
            return []
        before = [each for each in self._jobs if each.item.start_ms < item.start_ms]
        found = [fact for each in before for fact in self._finish(each)]
        return [*found, self._add(job, piece.delta, now)] if job else found

    def _item_of(self, at_ms: float) -> Item | None:
        """What was being said, or had just been; None where that is not known yet."""
        item = self._tape.item_at(at_ms)
        if item and (item.end_ms is None or at_ms <= item.end_ms + TAIL_MS):
            return item
        return self._tape.item_after(item)

    def _may_be_next(self, item: Item, at_ms: float) -> bool:
        """Whether this may be of an item that turn detection has not noticed yet."""
        return item is self._tape.items[-1] and item.end_ms is not None and at_ms > item.end_ms

    def _add(self, job: _Job, delta: str, now: float) -> Piece:
        delta = delta if job.text else delta.lstrip()
        job.text += delta
        job.heard_at = now
        return Piece(self.language, job.item, delta)

    def _finish(self, job: _Job) -> Found:
        self._jobs.remove(job)
        return [Whole(self.language, job.item, job.text.strip())]

    def _unwritten(self, job: _Job, why: str) -> Unwritten:
        return Unwritten(self.language, job.item, not_translated(job.item, self.language, why))

    # Time

    @property
    def stalled_at(self) -> float:
        """Silence is no stall: there is nothing that it must answer."""
        return inf

    @property
    def deadline(self) -> float:
        """When the first item is done, or given up, or its end must be made heard."""
        return min(self._over_at(self._jobs[0]), self._mute_at) if self._jobs else inf

    @property
    def _mute_at(self) -> float:
        """When it has heard nothing for so long that it cannot know that somebody is done."""
        if self.line is None or not self._jobs:
            return inf
        return max(self._tape.taken_at + MUTE_S, self._silent_until)

    def _over_at(self, job: _Job) -> float:
        ended_at = job.item.ended_at
        if ended_at is None:
            return inf
        wait_s = QUIET_S if job.text else SILENT_S
        wait_s = wait_s if self.line is not None else GIVE_UP_S
        return max(ended_at, job.heard_at) + wait_s

    def passed(self, now: float) -> Found:
        """Time has passed."""
        found: Found = []
        if self._mute_at <= now and self.line is not None:
            self._silent_until = now + SILENCE_MS / 1_000
            self._time.pause(self._tape.length_ms, SILENCE_MS)
            found.append(FeedSilence(self.line, SILENCE_MS))
        while self._jobs and self._over_at(self._jobs[0]) <= now:
            job = self._jobs[0]
            if self.line is not None:
                found += self._finish(job)
            else:
                self._jobs.popleft()
                found.append(self._unwritten(job, "there is no upstream"))
        return found
