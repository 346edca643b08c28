"""What `talk` shows on a terminal: what is being said, and how far it is.

Owns the drawing, with rich. Redrawn by whoever makes progress, so that no thread
is needed. Must not know the connection.
"""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from rtproxy.cli.talk.exchange import Exchange
from rtproxy.cli.talk.heard import Heard, Role, Trouble
from rtproxy.cli.talk.screen import WHO, notices
from rtproxy.cli.talk.transcript import Transcript, printable

_REDRAW_S = 0.08


class LiveDisplay:
    """Finished lines above, and below them what is being said and how far it is."""

    def __init__(self, console: Console | None = None) -> None:
        """`console`: where to draw; stdout by default."""
        self._transcript = Transcript()
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._drawn_at = 0.0

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._print_said(self._transcript.flush())
        self._live.__exit__(kind, error, traceback)

    def show(self, heard: Heard) -> None:
        """Print above the bar what it completes."""
        for notice in notices(heard):
            style = "red" if isinstance(heard, Trouble) else "dim"
            self._live.console.print(Text(notice, style=style))
        self._print_said(self._transcript.receive(heard))

    def _print_said(self, lines: list[tuple[Role, str]]) -> None:
        for role, text in lines:
            line = Text.assemble((f"{WHO[role]:>7}  ", "bold cyan"), text)
            self._live.console.print(line)

    def progress(self, exchange: Exchange) -> None:
        """Draw the bar anew, not more often than the eye can follow."""
        now = time.monotonic()
        if now - self._drawn_at >= _REDRAW_S:
            self._drawn_at = now
            self._live.update(self._drawing(exchange), refresh=True)

    def _drawing(self, exchange: Exchange) -> Group:
        row = Table.grid(padding=(0, 1))
        bar = ProgressBar(total=exchange.question_ms, completed=exchange.sent_ms, width=30)
        row.add_row(f"{exchange.stage:>9}", bar, _clock(exchange))
        saying = [
            Text.assemble((f"{WHO[role]:>7}  ", "cyan"), (printable(text), "italic"))
            for role, text in self._transcript.unfinished.items()
        ]
        return Group(*saying, row)


def _clock(exchange: Exchange) -> str:
    asked = f"{exchange.sent_ms / 1000:4.1f} of {exchange.question_ms / 1000:.1f} s"
    heard_s = exchange.answer_ms / 1000
    return f"{asked}, answer {heard_s:.1f} s" if heard_s else asked
