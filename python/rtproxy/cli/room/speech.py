"""One speech in a room, as a pure state machine with a stopwatch.

Owns what is due of a speaker: to ask for the floor, to speak, to be silent until the
last words were noticed and written down, to give the floor back. Must not know sockets,
clocks or the screen: what happened and when comes in as arguments.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from rtproxy.cli.room.told import (
    Caption,
    CaptionLost,
    Floor,
    SpeechBegan,
    SpeechEnded,
    TalkEnded,
    Told,
)
from rtproxy.cli.talk.exchange import LISTENING_MS, SETTLING_MS
from rtproxy.cli.talk.heard import Trouble


@dataclass(slots=True)
class Speech:
    """A speech of `length_ms` whose words end at `speech_ms`.

    `failure` says why it will not be finished. Times are in seconds.
    """

    length_ms: float
    speech_ms: float
    sent_ms: float = 0.0
    failure: str | None = None
    has_floor: bool = False
    _asked_at: float | None = None  # for the floor, and nobody has answered
    _said_at: float | None = None  # the whole speech
    _words_ended_at: float | None = None
    _heard_at: float = 0.0
    _written_at: float | None = None
    _silence_ms: float = 0.0
    _sent: int = 0
    _written: int = 0
    _open: dict[str, bool] = field(default_factory=dict)  # items; whether their speech has ended
    _committed: bool = False
    _given_back: bool = False
    _released: bool = False

    def ask(self, now: float) -> None:
        """The floor was asked for."""
        self._asked_at = now

    def say(self, chunk_ms: float, now: float) -> None:
        """A chunk of the speech has gone out."""
        self._sent += 1
        self.sent_ms += chunk_ms
        if self._words_ended_at is None and self.sent_ms >= self.speech_ms:
            self._words_ended_at = now
        if self.sent_ms >= self.length_ms:
            self._said_at = now

    def be_silent(self, chunk_ms: float) -> None:
        """A chunk of silence has gone out after it."""
        self._silence_ms += chunk_ms

    def commit(self) -> None:
        """What was said was ended by hand."""
        self._committed = True

    def give_back(self) -> None:
        """The floor was given back."""
        self._given_back = True

    def fail(self, why: str) -> None:
        """It will not be finished; the first reason is the one that counts."""
        self.failure = self.failure or why

    def receive(self, told: Told, now: float) -> None:
        """Something came from the proxy."""
        self._heard_at = now
        match told:
            case Floor(state=state):
                self._asked_at = None
                self.has_floor = state == "granted"
                self._released = self._released or state == "released"
            case TalkEnded():
                self._released = self._given_back
            case SpeechBegan(item_id=item_id):
                self._open[item_id] = False
            case SpeechEnded(item_id=item_id):
                self._open[item_id] = True
            case Caption(item_id=item_id, final=True) if self._said_something:
                self._open.pop(item_id, None)
                self._written += 1
                self._written_at = now
            case CaptionLost(item_id=item_id) if self._said_something:
                self._open.pop(item_id, None)
                self._written_at = now
            case Trouble(message=message, fatal=True):
                self.fail(message)
            case _:
                pass

    @property
    def _said_something(self) -> bool:
        """Captions that come before are of others, told to whoever comes late."""
        return self._sent > 0

    @property
    def is_said(self) -> bool:
        """Whether the whole speech has gone out."""
        return self._said_at is not None

    @property
    def is_written(self) -> bool:
        """Whether it has gone out, and its last words have come back as text."""
        if self._said_at is None or self._open or self._written_at is None:
            return False
        return self._written_at >= self._said_at or self._silence_ms >= SETTLING_MS

    @property
    def is_unnoticed(self) -> bool:
        """Whether turn detection has had its silence and has not found the end."""
        unheard = not self._open or not all(self._open.values())
        heard_enough = self._silence_ms >= LISTENING_MS
        return heard_enough and unheard and not (self.is_written or self._committed)

    @property
    def must_give_back(self) -> bool:
        """Whether it is time to let others speak."""
        return self.is_written and not self._given_back

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to come."""
        return self.failure is not None or (self._given_back and self._released)

    @property
    def stage(self) -> str:
        """What is going on, in a word."""
        if self.is_said:
            return "finishing"
        return "speaking" if self.has_floor else "waiting"

    def quiet_since(self) -> float | None:
        """Since when the proxy owes us something; None while we wait for others, or speak."""
        since = self._asked_at if self._said_at is None else self._said_at
        return None if since is None else max(since, self._heard_at)

    def summary(self) -> list[str]:
        """The figures at the end, in sentences."""
        captions = "1 caption" if self._written == 1 else f"{self._written} captions"
        said = f"spoke {self.sent_ms / 1000:.1f} s in {self._sent} messages; {captions}"
        if self._written_at is None or self._words_ended_at is None:
            return [said]
        late_s = self._written_at - self._words_ended_at
        if late_s < 0:
            return [said]
        return [said, f"the last words stood written {late_s:.2f} s after they were spoken"]
