"""The booth: who writes down and translates what is said, and the lines they do it on.

Owns the transcriber, a translator for each language that is needed, and the passing on of
events from lines to them. Must not know who is in the room, nor who is told what.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from math import inf

from rtproxy.model import events as ev
from rtproxy.model.languages import name_of
from rtproxy.rooms.commands import (
    CloseLine,
    Command,
    Note,
    OpenLine,
    TakeAudio,
    TellAll,
    TellLanguage,
)
from rtproxy.rooms.events import LineLost
from rtproxy.rooms.interpreter import Interpreter, not_translated
from rtproxy.rooms.items import Began, Ended, Found, Item, Refused, Unwritten
from rtproxy.rooms.line import Line, LineKind
from rtproxy.rooms.lines import Key, Lines, Phase
from rtproxy.rooms.sessions import interpreter_session, translation_session
from rtproxy.rooms.tape import Tape
from rtproxy.rooms.terms import RoomTerms, Translator
from rtproxy.rooms.transcriber import Transcriber
from rtproxy.rooms.translation import Translation

Worker = Transcriber | Interpreter | Translation

_TRANSCRIBER: Key = (LineKind.TRANSCRIBER, "")


class Booth:
    """One for a room."""

    def __init__(self, terms: RoomTerms) -> None:
        """Begin with nobody at work."""
        self._terms = terms
        self.tape = Tape(terms.ring_ms)
        self.transcriber = Transcriber(terms.transcription_model, self.tape)
        self._workers: dict[Key, Worker] = {_TRANSCRIBER: self.transcriber}
        self._lines = Lines(terms.linger_s, most=terms.languages_at_once + 1)
        self._needed: tuple[str, ...] = ()

    @property
    def busy(self) -> bool:
        """Whether something is being said, written or translated."""
        return any(worker.busy for worker in self._workers.values())

    @property
    def empty(self) -> bool:
        """Whether there is no line, nor will be one by itself."""
        return not self._lines

    def _key(self, language: str) -> Key:
        session = self._terms.translator is Translator.SESSION
        return (LineKind.INTERPRETER if session else LineKind.TRANSLATOR, language)

    def refuses(self, language: str | None) -> bool:
        """Whether who reads this language cannot be served."""
        refused = self._lines.is_refused
        return refused(_TRANSCRIBER) or (language is not None and refused(self._key(language)))

    # Who is needed

    def staff(self, languages: Collection[str], now: float) -> Found:
        """Everything that is said is written, and translated into these."""
        spoken = self.transcriber.language
        self._needed = tuple(each for each in languages if spoken and each != spoken)
        keys = [_TRANSCRIBER, *map(self._key, self._needed)]
        return [self._open(line) for line in self._lines.need(keys, now)]

    def dismiss(self, now: float) -> Found:
        """Nobody needs anything any more; lines linger."""
        self._needed = ()
        self._lines.need((), now)
        return []

    def close(self, now: float) -> Found:
        """It is over: all lines close at once."""
        self._needed = ()
        return self._close(self._lines.close_all(), now)

    def _open(self, line: Line) -> Command:
        key = line.kind, line.language
        if line.kind is LineKind.TRANSCRIBER:
            return OpenLine(line, self.transcriber.session())
        if line.kind is LineKind.INTERPRETER:
            self._workers.setdefault(key, Interpreter(line.language, self.tape))
            return OpenLine(line, interpreter_session(self._terms.interpreter, line.language))
        self._workers.setdefault(key, Translation(line.language, self.tape))
        return OpenLine(line, translation_session(line.language))

    def _close(self, lines: Iterable[Line], now: float) -> Found:
        found: Found = []
        for line in lines:
            found.append(CloseLine(line))
            found += self._send_home((line.kind, line.language), now)
        return found

    def _send_home(self, key: Key, now: float) -> Found:
        worker = self._workers.get(key)
        if worker is not self.transcriber:
            self._workers.pop(key, None)
        return worker.closed(now) if worker else []

    # What is said

    def take(self, length_ms: float, now: float) -> Found:
        """More was said."""
        self.tape.take(length_ms, now)
        return [TakeAudio(), *self.transcriber.said(now)]

    def translate(self, language: str, items: Iterable[Item], now: float) -> Found:
        """These were begun before anybody wanted them in this language."""
        worker = self._workers.get(self._key(language))
        if not isinstance(worker, Interpreter | Translation):
            why = "the upstream refuses it"
            return [Unwritten(language, one, not_translated(one, language, why)) for one in items]
        return [one for item in items for one in worker.begin(item, now)]

    def pass_on(self, found: Found, now: float) -> Found:
        """What was found out, and what the translators find out by it."""
        out: Found = []
        for one in found:
            out.append(one)
            if isinstance(one, Began):
                for language in self._needed:
                    out += self.translate(language, [one.item], now)
            elif isinstance(one, Ended):
                for worker in self._translators():
                    out += worker.end(one.item, now)
        return out

    def _translators(self) -> list[Interpreter | Translation]:
        everybody = self._workers.values()
        return [each for each in everybody if not isinstance(each, Transcriber)]

    # Lines

    def _worker(self, line: Line) -> Worker:
        return self._workers[line.kind, line.language]

    def ready(self, line: Line, now: float) -> Found:
        """A line can be used."""
        return self._worker(line).ready(line, now) if self._lines.ready(line, now) else []

    def heard(self, line: Line, event: ev.Event, now: float) -> Found:
        """The upstream of a line has said something."""
        return self._worker(line).heard(event, now) if self._lines.hears(line) else []

    def lost(self, event: LineLost, now: float) -> Found:
        """A line could not be had, or is gone."""
        line = event.line
        phase = self._lines.lost(line, now, final=event.final, die=event.die)
        if phase is None:
            return []
        if phase is Phase.REFUSED:
            return [*self._send_home((line.kind, line.language), now), Refused(line, event.reason)]
        lost = self._worker(line).lost(now)
        told = _interrupted(line, event.reason) if self._lines.is_missed(line) else []
        return [*told, *lost]

    def take_turns(self, now: float) -> Found:
        """Successors begin where nothing is under way, or nobody is left to succeed."""
        found: Found = []
        for heir in self._lines.heirs:
            worker = self._worker(heir)
            if worker.line is not None and worker.busy:
                continue
            old = self._lines.succeed(heir, now)
            found += [CloseLine(old)] if old else []
            found += [*worker.lost(now), *worker.ready(heir, now)]
        return found

    # Time

    @property
    def deadline(self) -> float:
        """When something is due."""
        workers = self._workers.values()
        due = min((min(each.deadline, each.stalled_at) for each in workers), default=inf)
        return min(due, self._lines.deadline)

    def passed(self, now: float) -> Found:
        """Time has passed."""
        found: Found = []
        for worker in list(self._workers.values()):
            if worker.stalled_at <= now and worker.line is not None:
                found += self._replace(worker, worker.line, now)
            found += worker.passed(now)
        busy = [key for key, worker in self._workers.items() if worker.busy]
        turned = self._lines.passed(now, busy)
        found += self._close(turned.closed, now)
        return [*found, *(self._open(line) for line in turned.opened)]

    def _replace(self, worker: Worker, line: Line, now: float) -> Found:
        note = Note("line_stalled", "warning", {"line": str(line)})
        again = self._open(self._lines.replace(line))
        return [note, CloseLine(line), *worker.lost(now), again]


def _interrupted(line: Line, reason: str) -> Found:
    why = reason.rstrip(".") or "no reason is given"
    if line.kind is LineKind.TRANSCRIBER:
        words = f"What is said is not written down just now: {why}. "
    else:
        words = f"There is no translation into {name_of(line.language)} just now: {why}. "
    words += "The upstream is dialled again, and what is said meanwhile follows: just wait."
    transcribes = line.kind is LineKind.TRANSCRIBER
    code = "transcription_interrupted" if transcribes else "translation_interrupted"
    event = ev.ErrorTold(error=ev.Failure(type="server_error", code=code, message=words))
    note = Note("line_interrupted", "warning", {"line": str(line), "text": reason})
    return [note, TellAll(event) if transcribes else TellLanguage(line.language, event, final=True)]
