"""What is shown of a room on a terminal: captions as they are spoken.

Owns the drawing, with rich: finished captions above; below them those that have begun,
rewritten in place, and a line on who speaks. Must not know the connection.
"""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from rtproxy.cli.room.captions import Captions, Line
from rtproxy.cli.room.screen import notice_of, sentence
from rtproxy.cli.room.speech import Speech
from rtproxy.cli.room.told import CaptionLost, RoomState, Told
from rtproxy.cli.talk.heard import Trouble


class LiveScreen:
    """A room called `name`, as one of its members sees it."""

    def __init__(self, name: str, captions: Captions, console: Console | None = None) -> None:
        """`console`: where to draw; stdout by default."""
        self._name = name
        self._captions = captions
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._state = "connecting"
        self._me: str | None = None
        self._speech: Speech | None = None

    def __enter__(self) -> Self:
        self._live.__enter__()
        self._draw()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for line in self._captions.begun():
            self._live.console.print(_caption(line, "dim italic"))
        self._live.__exit__(kind, error, traceback)

    def show(self, told: Told | None, raw: str) -> None:
        """Print above what it completes, and draw below what has begun."""
        del raw
        line = self._captions.completed(told)
        if line is not None:
            self._live.console.print(_caption(line))
        if isinstance(told, RoomState):
            self._me = told.member or self._me
            self._state = sentence(told, self._me)
        elif told is not None and (words := notice_of(told)):
            style = "red" if isinstance(told, Trouble | CaptionLost) else "dim"
            self._live.console.print(Text(words, style=style))
        self._draw()

    def notice(self, words: str) -> None:
        """Say it among the captions."""
        self._live.console.print(Text(words, style="yellow"))
        self._draw()

    def lose(self) -> None:
        """What had begun will be told anew."""
        self._captions.forget_unfinished()
        self._state = "connecting again"

    def progress(self, speech: Speech) -> None:
        """Draw how far we are."""
        self._speech = speech
        self._draw()

    def _draw(self) -> None:
        begun = [_caption(line, "italic") for line in self._captions.begun()]
        self._live.update(Group(*begun, self._status()), refresh=True)

    def _status(self) -> RenderableType:
        room = Text.assemble((self._name, "bold cyan"), ("  " + self._state, "dim"))
        if self._speech is None:
            return room
        row = Table.grid(padding=(0, 1))
        bar = ProgressBar(total=self._speech.length_ms, completed=self._speech.sent_ms, width=30)
        row.add_row(self._speech.stage, bar, room)
        return row


def _caption(line: Line, style: str = "") -> Text:
    language = (f"[{line.language}] ", "cyan") if line.language else ""
    return Text.assemble(language, (line.text, style))
