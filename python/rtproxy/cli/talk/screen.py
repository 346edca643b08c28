"""What `talk` shows: plain lines; on a terminal `live_screen` draws instead.

Owns the words of both. Must not know the connection.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from types import TracebackType
from typing import Protocol, Self

from rtproxy.cli.talk.exchange import Exchange, Totals
from rtproxy.cli.talk.formats import USUAL, WireFormats, notation
from rtproxy.cli.talk.heard import (
    AnswerOver,
    Heard,
    Ready,
    Reconnecting,
    Role,
    ToolNews,
    Trouble,
)
from rtproxy.cli.talk.transcript import Transcript, printable
from rtproxy.cli.words import say

WHO: dict[Role, str] = {"user": "you", "assistant": "answer"}


class Display(AbstractContextManager["Display"], Protocol):
    """A screen that is open for the length of a conversation."""

    def show(self, heard: Heard) -> None:
        """Something came."""

    def progress(self, exchange: Exchange) -> None:
        """Something went out, or time went by."""


def notices(heard: Heard) -> list[str]:
    """What to say of an event that is no speech."""
    match heard:
        case Ready(detail=detail):
            return [f"connected: {printable(detail)}"] if detail else ["connected"]
        case ToolNews(name=name, state=state, text=text):
            words = f": {printable(text)}" if text else ""
            return [f"tool {printable(name)} {printable(state)}{words}"]
        case Trouble(message=message, code=code):
            return [f"error: {printable(message)} ({printable(code)})"]
        case AnswerOver(failure=failure) if failure:
            return [f"the answer failed: {printable(failure)}"]
        case Reconnecting(attempt=attempt):
            return [f"the proxy does not reach its upstream yet (attempt {printable(attempt)})"]
        case _:
            return []


class PlainDisplay:
    """One line for each thing that is finished; nothing moves."""

    def __init__(self) -> None:
        self._transcript = Transcript()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._print_said(self._transcript.flush())

    def show(self, heard: Heard) -> None:
        """Print what it completes."""
        for notice in notices(heard):
            say(notice)
        self._print_said(self._transcript.receive(heard))

    def _print_said(self, lines: list[tuple[Role, str]]) -> None:
        for role, text in lines:
            say(f"{WHO[role]}: {text}")

    def progress(self, exchange: Exchange) -> None:
        """Nothing: a file or a pipe has no use for it."""


def summary(totals: Totals) -> list[str]:
    """The figures at the end, in sentences."""
    asked = f"{_seconds(totals.question_ms)} in {totals.sent} messages"
    silence = f", then {_seconds(totals.silence_ms)} of silence" if totals.silence_ms else ""
    heard = f"{_seconds(totals.answer_ms)} in {totals.received} messages"
    lines = [f"asked {asked}{silence}; heard {heard}", *_wire(totals.formats)]
    if totals.first_audio_s is not None:
        lines.append(f"first audio {totals.first_audio_s:.2f} s after the end of the speech")
    lines.append(f"altogether {totals.elapsed_s:.1f} s")
    return lines


def _wire(formats: WireFormats) -> list[str]:
    """What went over the wire, where it was not the usual."""
    if formats == USUAL:
        return []
    binary = ", in binary frames" if formats.binary else ""
    return [f"sent as {notation(formats.mic)}, heard as {notation(formats.speaker)}{binary}"]


def _seconds(ms: float) -> str:
    return f"{ms / 1000:.1f} s"
