"""A conversation with turns: a question, the whole answer, the next question.

Owns the turns, the time to the first audio of an answer, and whether the answer
says the question back (the simulator's parrot does so sample for sample). The
microphone is never off: between questions it sends silence. Must not know sockets
or clocks.
"""

from __future__ import annotations

import base64
import binascii
from enum import Enum, auto

from rtproxy.load.call import ProtocolBroken
from rtproxy.load.frontends import Frontend, Kind
from rtproxy.load.speech import SILENCE, Speech
from rtproxy.load.tally import Tally

PAUSE_CHUNKS = 12  # about half a second between an answer and the next question
_HEARD_AROUND = 96_000  # bytes of silence that an answer may have on either side: 2 s


class _State(Enum):
    PAUSING = auto()
    ASKING = auto()
    WAITING = auto()  # for the answer, and then for its end


class TurnCall:
    """A Call (see `call.py`); `number` spreads the beginnings of the questions."""

    def __init__(self, number: int, frontend: Frontend, speech: Speech, tally: Tally) -> None:
        self.ready = False
        self._frontend = frontend
        self._speech = speech
        self._tally = tally
        self._state = _State.PAUSING
        self._chunks = -(number % PAUSE_CHUNKS)  # in this state
        self._asked_ns: int | None = None  # when the speech was over; None once answered
        self._answer = bytearray()
        self._stopped = False

    @property
    def settled(self) -> bool:
        """Whether no question is open."""
        return self._state is _State.PAUSING

    def say(self, now_ns: int) -> bytes | None:
        """The next chunk of the question, or silence."""
        if self._stopped and self.settled:
            return None
        self._chunks += 1
        if self._state is _State.PAUSING and self._chunks > PAUSE_CHUNKS:
            self._begin_question()
        audio = SILENCE
        if self._state is _State.ASKING:
            audio = self._speech.encoded[self._chunks - 1]
            self._note_end_of_speech(now_ns)
        self._tally.said += 1
        self._tally.now.said += 1
        return self._frontend.wrap(audio)

    def receive(self, raw: bytes, at_ns: int) -> None:
        """Follow the turn; raises ProtocolBroken for what no proxy may say."""
        try:
            kind, words = self._frontend.read(raw)
            if kind is Kind.AUDIO:
                self._take_audio(base64.b64decode(words, validate=True), at_ns)
        except (ValueError, binascii.Error) as error:
            raise ProtocolBroken(f"a message that cannot be read: {error}") from error
        match kind:
            case Kind.WORD:
                self._tally.words += 1
            case Kind.READY:
                self.ready = True
            case Kind.ANSWER_OVER:
                self._end_turn()
            case Kind.TROUBLE:
                self._tally.fail(f"told {words.partition(':')[0]}", words)
            case _:
                pass

    def stop(self) -> None:
        """Ask nothing more."""
        self._stopped = True

    def end(self, *, broken: bool) -> None:
        """A question that is still open was not answered."""
        if not self.settled:
            self._tally.turns.unanswered += 1

    def _begin_question(self) -> None:
        self._state, self._chunks = _State.ASKING, 1
        self._answer.clear()
        self._tally.turns.asked += 1

    def _note_end_of_speech(self, now_ns: int) -> None:
        if self._chunks == self._speech.loud_chunks:
            self._asked_ns = now_ns
        if self._chunks == len(self._speech.encoded):
            self._state = _State.WAITING

    def _take_audio(self, pcm: bytes, at_ns: int) -> None:
        self._tally.back += 1
        self._tally.now.back += 1
        self._answer += pcm
        if self._asked_ns is not None:
            self._tally.now.first_audio.add((at_ns - self._asked_ns) // 1000)
            self._asked_ns = None

    def _end_turn(self) -> None:
        if self._state is _State.PAUSING:
            return  # of an answer to nothing that we asked
        turns = self._tally.turns
        match self._found_in_question():
            case None:
                turns.different += 1
            case True:
                turns.complete += 1
            case False:
                turns.partial += 1
        self._state, self._chunks, self._asked_ns = _State.PAUSING, 0, None

    def _found_in_question(self) -> bool | None:
        """Whether the answer says all of the speech; None where it is nothing of it."""
        silence = bytes(_HEARD_AROUND)
        at = (silence + self._speech.pcm + silence).find(self._answer) - _HEARD_AROUND
        if not self._answer or at < -_HEARD_AROUND:
            return None
        return at <= self._speech.loud_from and at + len(self._answer) >= self._speech.loud_to
