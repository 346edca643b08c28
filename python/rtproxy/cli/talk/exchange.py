"""One spoken question and its answer, as a pure state machine with a stopwatch.

Owns what has been said and heard so far, whether silence should follow the
question, when it is over, and the figures at the end. Must not know sockets,
clocks or the screen: what happened and when comes in as arguments.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from rtproxy.cli.talk.formats import USUAL, WireFormats
from rtproxy.cli.talk.heard import (
    AnswerAudio,
    AnswerOver,
    AnswerStarted,
    FormatsTold,
    Heard,
    SpeechStarted,
    SpeechStopped,
    ToolNews,
    Trouble,
)
from rtproxy.model.audio_format import samples_of

# How much silence turn detection gets to notice the end; then the turn is ended by hand.
LISTENING_MS = 4_000.0
# Where an answer came before the question was out: how long the last words have to be noticed.
SETTLING_MS = 1_500.0


@dataclass(frozen=True, slots=True)
class Totals:
    """The figures at the end; times in seconds, audio in milliseconds.

    `first_audio_s` counts from the end of the speech to the first audio that came
    after it; None where none came. `formats`: what went over the wire in the end.
    """

    question_ms: float
    silence_ms: float
    sent: int
    answer_ms: float
    received: int
    answers: int
    first_audio_s: float | None
    elapsed_s: float
    formats: WireFormats = USUAL


@dataclass(slots=True)
class Exchange:
    """A question of `question_ms` whose speech ends at `speech_ms`.

    `started_at` and `ended_at` are the times between which the line stood; `failure`
    says why no (more) answer will come. `formats` are those asked for until the other
    side tells which it takes and gives; `answer` is in the speaker's, unpacked.
    """

    question_ms: float
    speech_ms: float
    formats: WireFormats = USUAL
    started_at: float = 0.0
    ended_at: float = 0.0
    failure: str | None = None
    answer: bytearray = field(default_factory=bytearray)
    sent_ms: float = 0.0
    last_heard_at: float = 0.0
    asked_at: float | None = None
    _formats_asked_at: float | None = None
    _silence_ms: float = 0.0
    _sent: int = 0
    _received: int = 0
    _answers: int = 0
    _user_speaks: bool = False
    _answer_due: bool = False
    _answering: bool = False
    _answered_last: bool = False
    _ended_by_hand: bool = False
    _tools: set[str] = field(default_factory=set)  # that run just now, by call
    _speech_ended_at: float | None = None
    _first_audio_at: float | None = None

    def ask_formats(self, now: float) -> None:
        """The formats were asked for: nothing is to be said until they are told."""
        self._formats_asked_at = now

    def send_question(self, chunk_ms: float, now: float) -> None:
        """A chunk of the question has gone out."""
        self._sent += 1
        self.sent_ms += chunk_ms
        if self._speech_ended_at is None and self.sent_ms >= self.speech_ms:
            self._speech_ended_at = now
        if self.sent_ms >= self.question_ms:
            self.asked_at = now

    def send_silence(self, chunk_ms: float) -> None:
        """A chunk of silence has gone out after the question."""
        self._silence_ms += chunk_ms

    def end_turn(self) -> None:
        """The turn was ended by hand: an answer should come."""
        self._user_speaks = False
        self._answer_due = True
        self._ended_by_hand = True

    def receive(self, heard: Heard, now: float) -> None:
        """Something came from the proxy."""
        self.last_heard_at = now
        match heard:
            case SpeechStarted():
                self._user_speaks = True
            case SpeechStopped():
                self._user_speaks, self._answer_due = False, True
            case AnswerStarted():
                self._answering, self._answer_due = True, False
            case AnswerAudio(audio=audio):
                self._hear(audio, now)
            case FormatsTold(mic=mic, speaker=speaker):
                self.formats = replace(self.formats, mic=mic, speaker=speaker)
                self._formats_asked_at = None
            case AnswerOver():
                self._answering = False
                self._answers += 1
                self._answered_last = self.asked
            case ToolNews() as news:
                self._note_tool(news)
            case Trouble(message=message, fatal=True):
                self.fail(message)
            case _:
                pass

    def _note_tool(self, news: ToolNews) -> None:
        """The proxy runs a tool: another answer follows, of what that has come to."""
        if news.over:
            self._tools.discard(news.call_id)
        else:
            self._tools.add(news.call_id)
        self._answer_due = True

    def fail(self, why: str) -> None:
        """No more will come; the first reason is the one that counts."""
        self.failure = self.failure or why

    def _hear(self, audio: bytes, now: float) -> None:
        self.answer += audio
        self._received += 1
        if self._first_audio_at is None and self._speech_ended_at is not None:
            self._first_audio_at = now

    @property
    def may_speak(self) -> bool:
        """Whether it is known what the other side takes, or no longer matters."""
        return self._formats_asked_at is None or self.is_over

    @property
    def asked(self) -> bool:
        """Whether the whole question has gone out."""
        return self.asked_at is not None

    @property
    def wants_silence(self) -> bool:
        """Whether turn detection needs more sound: the question is out, its end unnoticed."""
        return self.asked and not (self._answer_due or self._answering or self.is_over)

    @property
    def is_unnoticed(self) -> bool:
        """Whether turn detection has had its silence and has not ended the turn."""
        heard_enough = self._silence_ms >= LISTENING_MS
        return heard_enough and self.wants_silence and not self._ended_by_hand

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to come: everything asked is answered, or it failed."""
        busy = self._user_speaks or self._answer_due or self._answering or bool(self._tools)
        settled = self._answered_last or (self._answers > 0 and self._silence_ms >= SETTLING_MS)
        return self.failure is not None or (settled and not busy)

    @property
    def stage(self) -> str:
        """What is going on, in a word."""
        if self._answering:
            return "answering"
        return "waiting" if self.asked else "asking"

    @property
    def answer_ms(self) -> float:
        """How much of an answer has come."""
        return samples_of(self.formats.speaker).milliseconds(len(self.answer))

    def quiet_since(self) -> float | None:
        """Since when the proxy owes us something; None while we still speak."""
        since = self.asked_at if self._formats_asked_at is None else self._formats_asked_at
        return None if since is None else max(since, self.last_heard_at)

    def totals(self) -> Totals:
        """The figures, once `ended_at` is set."""
        first, ended = self._first_audio_at, self._speech_ended_at
        return Totals(
            question_ms=self.sent_ms,
            silence_ms=self._silence_ms,
            sent=self._sent,
            answer_ms=self.answer_ms,
            received=self._received,
            answers=self._answers,
            first_audio_s=None if first is None or ended is None else first - ended,
            elapsed_s=max(0.0, self.ended_at - self.started_at),
            formats=self.formats,
        )
