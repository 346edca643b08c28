"""The transcriber: cuts what is said into items, and writes them down.

Owns the upstream's turn detection as the room sees it: items in the room's time, and which
item is which once another line hears the same audio again. Every item that began ends, and
is written or given up. Must not know who is told, nor who translates.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any, ClassVar

from rtproxy.model import events as ev
from rtproxy.rooms.commands import Feed, ToLine
from rtproxy.rooms.commits import Commits, too_many
from rtproxy.rooms.hearing_again import HearingAgain
from rtproxy.rooms.items import Anew, Began, Ended, Found, Item, Piece, Unwritten, Whole
from rtproxy.rooms.line import Line
from rtproxy.rooms.tape import Tape

# A microphone that sends nothing is no pause that turn detection could hear.
STILL_S = 2.0
# What was said before a line was lost, and may not have been noticed yet.
ONSET_MS = 1_000.0
# Who never pauses: an item must fit into what can be fed again, and be read in time.
LONGEST_MS = 45_000.0
# From an item's end, or from its last word, to the insight that no more comes.
GIVE_UP_S = 30.0

# The model that takes no turn detection (protocol reference, section 2): turns are commits.
_WITHOUT_TURNS = ("gpt-realtime-whisper",)
# Text is due within 2 s of the words: "high" waits no longer for the end of a thought.
_TURNS = {"type": "semantic_vad", "eagerness": "high"}

_MOST_NAMES = 256
_UNASKED = ev.InputCommit()


class Transcriber:
    """One for a room, whichever line it has; `language` is the one that is spoken."""

    def __init__(self, model: str, tape: Tape) -> None:
        """Begin without a line."""
        self.language: str | None = None
        self.line: Line | None = None
        self.speaking: Item | None = None
        self._model = model
        self._tape = tape
        self._commits = Commits()
        self._names: dict[str, Item] = {}  # by the upstream's names for them
        self._stopped_by_turns: set[str] = set()  # names that are about to be committed
        self._unwritten: dict[Item, float] = {}  # when something was last heard of it
        self._again = HearingAgain()
        self._asked_language: str | None = None
        self._commit_early = False  # somebody asked for one before there was a line
        self._times_asked = 0
        self._offset_ms = self._last_end_ms = 0.0
        self._resume_ms: float | None = None
        self._lost_at = inf

    @property
    def busy(self) -> bool:
        """Whether something is being said or written."""
        return bool(self.speaking or self._unwritten or self._commits)

    # Its line

    def session(self) -> ev.Json:
        """What is asked of the upstream: its line is about to be opened."""
        self._asked_language = self.language
        if self._resume_ms is None:
            self._resume_ms = self._tape.length_ms
        taken = {
            "format": {"type": "audio/pcm", "rate": 24_000},
            "transcription": self._transcription(),
            "turn_detection": None if self._model in _WITHOUT_TURNS else _TURNS,
        }
        return {"type": "transcription", "audio": {"input": taken}}

    def _transcription(self) -> ev.Json:
        hint = {"language": self.language} if self.language else {}
        return {"model": self._model, **hint}

    def ready(self, line: Line, now: float) -> Found:
        """It has a line: what no other heard to its end is heard by this one."""
        self.line, self._lost_at = line, inf
        self._offset_ms = self._tape.within(self._resume_ms or 0.0)
        found: Found = [Feed(line, self._offset_ms), *self._ask_language()]
        early, self._commit_early = self._commit_early, False
        return found + self.commit(now) if early else found

    def lost(self, now: float) -> Found:
        """It has none; what was not written is to be heard again."""
        if self.line is None:
            return []
        self.line, self._lost_at = None, now
        self._commits.forget()
        self._names.clear()
        self._stopped_by_turns.clear()
        onset_ms = max(self._last_end_ms, self._tape.length_ms - ONSET_MS)
        self._resume_ms = min((one.start_ms for one in self._unwritten), default=onset_ms)
        self._again.start(self._tape.items)
        return []

    def closed(self, now: float) -> Found:
        """Its line was closed, and there will be none for a while."""
        found = self._stop(self._tape.length_ms, now)
        for item in list(self._unwritten):
            found += self._settle(item, _unwritten(item, "the room is closed"))
        self.lost(now)
        self._resume_ms = None
        return found

    def speak(self, language: str | None) -> Found:
        """Another language is spoken from here on."""
        self.language = language
        return self._ask_language()

    def _ask_language(self) -> Found:
        if self.line is None or self.language == self._asked_language:
            return []
        self._asked_language = self.language
        self._times_asked += 1
        number = f"language_{self._times_asked}"
        audio = {"input": {"transcription": self._transcription()}}
        session = {"type": "transcription", "audio": audio}
        return [ToLine(self.line, ev.SessionUpdate(event_id=number, session=session))]

    # Commits

    def said(self, now: float) -> Found:
        """More was said; who never pauses is cut off where it can still be heard again."""
        if self.speaking is None or self._tape.length_ms < self.speaking.start_ms + LONGEST_MS:
            return []
        return self.commit_speech(now)

    def commit(
        self, now: float, member: str | None = None, asked: ev.InputCommit = _UNASKED
    ) -> Found:
        """What was said so far is an item; the member who asked is told if it is refused."""
        if self.line is None:
            self._commit_early |= member is not None
            return []
        if member is not None and self._commits.too_many:
            return [too_many(member, asked)]
        at_ms = self._tape.length_ms
        return [ToLine(self.line, self._commits.send(at_ms, now, member, asked))]

    def commit_speech(self, now: float) -> Found:
        """The same, if somebody is heard to speak."""
        return self.commit(now) if self.speaking and not self._commits else []

    # What it hears

    def heard(self, event: ev.Event, now: float) -> Found:
        """Its upstream has said something."""
        hear = self._hears.get(type(event))
        return hear(self, event, now) if hear else []

    def _started(self, event: ev.SpeechStarted, now: float) -> Found:
        start_ms = self._offset_ms + event.audio_start_ms
        item = self._again.match(start_ms)
        if item is None:
            return self._stop(start_ms, now) + self._begin(event.item_id, start_ms, now)
        self._call(event.item_id, item)
        if item not in self._unwritten:
            return []  # an earlier line has heard it to its end
        self._unwritten[item] = now
        return [Anew(None, item)]

    def _begin(self, name: str, start_ms: float, now: float) -> Found:
        self.speaking = item = Item(name, self.language or "", start_ms)
        self._call(name, item)
        self._unwritten[item] = now
        self._tape.begin(item)
        return [Began(item)]

    def _call(self, name: str, item: Item) -> None:
        self._names[name] = item
        if len(self._names) > _MOST_NAMES:
            del self._names[next(iter(self._names))]

    def _stopped(self, event: ev.SpeechStopped, now: float) -> Found:
        item, end_ms = self._names.get(event.item_id), self._offset_ms + event.audio_end_ms
        self._stopped_by_turns.add(event.item_id)
        if item is self.speaking:
            return self._stop(end_ms, now)
        return self._swallowed(end_ms, now) if item in self._unwritten else []

    def _swallowed(self, end_ms: float, now: float) -> Found:
        """What is heard again may be cut otherwise: the one before may reach over this one."""
        item = self.speaking
        if item is None or end_ms <= item.start_ms or not self._again.takes(item):
            return []
        return self._stop(end_ms, now) + self._settle(item, "")

    def _stop(self, at_ms: float, now: float) -> Found:
        item, self.speaking = self.speaking, None
        if item is None:
            return []
        item.end(at_ms, now)
        self._last_end_ms = at_ms
        if item in self._unwritten:
            self._unwritten[item] = now
        return [Ended(item)]

    def _committed(self, event: ev.InputCommitted, now: float) -> Found:
        if event.item_id in self._stopped_by_turns:
            self._stopped_by_turns.discard(event.item_id)
            return []
        at_ms = self._commits.done() or self._tape.length_ms
        item = self._names.get(event.item_id)
        if item is not None and item.end_ms is not None:
            return []
        found: Found = []
        if item is None:  # nobody was heard to speak: it is all since the last one
            start_ms = self._last_end_ms
            found = self._stop(at_ms, now) + self._begin(event.item_id, start_ms, now)
        return found + self._stop(at_ms, now)

    def _wrote(self, event: ev.InputTranscriptDelta, now: float) -> Found:
        found: Found = []
        if event.item_id not in self._names:  # written while it is said, without turn detection
            found = self._stop(self._tape.length_ms, now)
            found += self._begin(event.item_id, self._last_end_ms, now)
        item = self._names[event.item_id]
        if item not in self._unwritten:
            return found
        self._unwritten[item] = now
        return [*found, Piece(None, item, event.delta)]

    def _written(self, event: ev.InputTranscriptDone, now: float) -> Found:
        return self._answered(event.item_id, event.transcript, now)

    def _failed(self, event: ev.InputTranscriptFailed, now: float) -> Found:
        why = event.error.get("message") or event.error.get("code") or "no reason is given"
        item = self._names.get(event.item_id)
        return self._answered(event.item_id, _unwritten(item, str(why)), now) if item else []

    def _answered(self, name: str, outcome: str | ev.Failure, now: float) -> Found:
        """What is written was said to its end, whether or not that was told."""
        item = self._names.get(name)
        if item is None:
            return []
        ended = self._stop(self._tape.length_ms, now) if item is self.speaking else []
        return ended + self._settle(item, outcome)

    def _settle(self, item: Item, outcome: str | ev.Failure) -> Found:
        if self._unwritten.pop(item, None) is None:
            return []
        if isinstance(outcome, str):
            return [Whole(None, item, outcome)]
        return [Unwritten(None, item, outcome)]

    def _refused(self, event: ev.ErrorTold, now: float) -> Found:
        """Where we committed by ourselves, there is nothing left of what was being said."""
        ours = self._commits.is_ours(event.error)
        found: Found = [*self._commits.refused(event.error)]
        return found + self._stop(self._tape.length_ms, now) if ours else found

    _hears: ClassVar[dict[type[ev.Event], Callable[[Transcriber, Any, float], Found]]] = {
        ev.SpeechStarted: _started,
        ev.SpeechStopped: _stopped,
        ev.InputCommitted: _committed,
        ev.InputTranscriptDelta: _wrote,
        ev.InputTranscriptDone: _written,
        ev.InputTranscriptFailed: _failed,
        ev.ErrorTold: _refused,
    }

    # Time

    @property
    def stalled_at(self) -> float:
        """Silence is no stall: a line that hears nobody has nothing to say."""
        return inf

    @property
    def deadline(self) -> float:
        """When it will wait no longer for something."""
        overdue = min((self._overdue_at(item) for item in self._unwritten), default=inf)
        return min(self._still_at, self._gone_at, self._unheeded_at, overdue)

    @property
    def _still_at(self) -> float:
        waits = self.speaking is not None and self.line is not None and not self._commits
        return self._tape.taken_at + STILL_S if waits else inf

    @property
    def _gone_at(self) -> float:
        """When what is being said counts as said, although no upstream tells its end."""
        if self.speaking is None or (self.line is not None and not self._commits):
            return inf
        return min(self._lost_at, max(self._tape.taken_at, self._commits.since)) + GIVE_UP_S

    @property
    def _unheeded_at(self) -> float:
        """When a commit counts as answered, although it is not."""
        return self._commits.since + GIVE_UP_S if self._commits else inf

    def _overdue_at(self, item: Item) -> float:
        return inf if item.ended_at is None else self._unwritten[item] + GIVE_UP_S

    def passed(self, now: float) -> Found:
        """Time has passed."""
        found: Found = self.commit(now) if self._still_at <= now else []
        if self._gone_at <= now:
            found += self._stop(self._tape.length_ms, now)
        if self._unheeded_at <= now:
            self._commits.forget()
        for item in [each for each in self._unwritten if self._overdue_at(each) <= now]:
            found += self._settle(item, _unwritten(item, "the upstream says nothing"))
        return found


def _unwritten(item: Item, why: str) -> ev.Failure:
    words = f"Item {item.item_id} could not be written down: {why.rstrip('.')}. "
    words += "The room goes on; say it again if it matters."
    return ev.Failure(type="server_error", code="transcription_failed", message=words)
