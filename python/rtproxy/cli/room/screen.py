"""What is shown of a room: plain lines, or JSON; on a terminal `live_screen` draws instead.

Owns the words of all. Captions go to stdout, what is said about the room to stderr, so
that a pipe gets captions alone. Must not know the connection.
"""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Protocol, Self

from rtproxy.cli.room.captions import Captions, Line
from rtproxy.cli.room.speech import Speech
from rtproxy.cli.room.told import CaptionLost, Floor, RoomState, TalkEnded, Told
from rtproxy.cli.talk.heard import Trouble
from rtproxy.cli.talk.transcript import printable
from rtproxy.cli.words import say


class NobodyReads(Exception):
    """Whoever read our output has gone (`| head`)."""


class Screen(AbstractContextManager["Screen"], Protocol):
    """A screen that is open for as long as somebody is in a room."""

    def show(self, told: Told | None, raw: str) -> None:
        """Something came; None where it means nothing here. Raises NobodyReads."""

    def notice(self, words: str) -> None:
        """Something happened that no message tells."""

    def lose(self) -> None:
        """The connection was lost, and with it what had begun."""

    def progress(self, speech: Speech) -> None:
        """We have spoken on, or time went by."""


def sentence(state: RoomState, me: str | None) -> str:
    """Who speaks, and who listens, as the member `me` would be told."""
    speaks = "nobody speaks" if state.speaker is None else f"{printable(state.speaker)} speaks"
    if state.speaker is not None and state.speaker == me:
        speaks = "you speak"
    listen = "1 listens" if state.listeners == 1 else f"{state.listeners} listen"
    languages = ", ".join(map(printable, state.languages))
    return f"{speaks}; {listen}" + (f" ({languages})" if languages else "")


def notice_of(told: Told) -> str | None:
    """What to say of something that is no caption."""
    match told:
        case Floor(state="granted"):
            return "the floor is yours"
        case Floor(state="waiting", speaker=speaker):
            return f"{printable(speaker or 'somebody')} has the floor; waiting for it"
        case TalkEnded():
            return "the speaker has ended"
        case Trouble(message=message, code=code) | CaptionLost(message=message, code=code):
            return f"error: {printable(message)} ({printable(code)})"
        case _:
            return None


def written(line: Line) -> str:
    """A caption as plain text."""
    return f"[{line.language}] {line.text}" if line.language else line.text


class PlainScreen:
    """One line for each caption that is finished; nothing moves."""

    def __init__(self, captions: Captions) -> None:
        """`captions`: of whom is shown."""
        self._captions = captions
        self._speaker: str | None = None
        self._me: str | None = None
        self._is_inside = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Nothing: there is nothing to clear away."""

    def show(self, told: Told | None, raw: str) -> None:
        """Print what it completes."""
        del raw
        line = self._captions.completed(told)
        if line is not None and not say(written(line)):
            raise NobodyReads
        if isinstance(told, RoomState):
            self._show_state(told)
        elif told is not None and (words := notice_of(told)):
            self.notice(words)

    def _show_state(self, state: RoomState) -> None:
        """Only who speaks: listeners may come and go by the hundred."""
        self._me = state.member or self._me
        if not self._is_inside or state.speaker != self._speaker:
            self.notice(sentence(state, self._me))
        self._is_inside, self._speaker = True, state.speaker

    def notice(self, words: str) -> None:
        """Say it where it is in nobody's way."""
        print(words, file=sys.stderr, flush=True)

    def lose(self) -> None:
        """Whatever had begun will be told anew."""
        self._captions.forget_unfinished()

    def progress(self, speech: Speech) -> None:
        """Nothing: a file or a pipe has no use for it."""


class JsonScreen(PlainScreen):
    """Each message as it came, on a line of its own."""

    def show(self, told: Told | None, raw: str) -> None:
        """Print the message, whatever it means."""
        del told
        if not say(raw.replace("\n", " ")):
            raise NobodyReads
