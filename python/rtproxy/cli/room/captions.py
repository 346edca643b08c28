"""Pieces of captions as they come, made into lines that can be shown.

Owns the joining of pieces, the marks of what was left out, and the memory of what was
shown before a connection was lost. Pure; must not know the screen.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from rtproxy.cli.room.told import Caption, CaptionLost, Told
from rtproxy.cli.talk.transcript import printable

LEFT_OUT = "…"
# Of finished items: more than a room tells to whoever comes late, or comes back.
REMEMBERED = 1_000


@dataclass(frozen=True, slots=True)
class Line:
    """A caption that can be shown; `language` only where it is not the usual one."""

    text: str
    language: str | None = None


@dataclass(slots=True)
class Captions:
    """The captions of one member.

    `usual` is the language that needs no mention: the one wished for, else the first.
    `unfinished` are the items that have begun, in the order in which they were spoken.
    """

    usual: str | None = None
    unfinished: dict[str, Caption] = field(default_factory=dict)
    _finished: deque[str] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    def completed(self, told: Told | None) -> Line | None:
        """The line that is finished by something that we were told."""
        match told:
            case Caption():
                return self.receive(told)
            case CaptionLost(item_id=item_id):
                return self.lose(item_id)
            case _:
                return None

    def receive(self, caption: Caption) -> Line | None:
        """The line that this completes, unless it was shown already."""
        if caption.item_id in self._finished:
            return None
        if not caption.final:
            self._add(caption)
            return None
        self.unfinished.pop(caption.item_id, None)
        self._finished.append(caption.item_id)
        line = self._line(caption)
        return line if line.text else None

    def lose(self, item_id: str) -> Line | None:
        """The line that an item has come to, of which there will be no more."""
        begun = self.unfinished.pop(item_id, None)
        if begun is None:
            return None
        line = self._line(begun)
        return Line(f"{line.text} {LEFT_OUT}", line.language) if line.text else None

    def forget_unfinished(self) -> None:
        """The connection was lost: what had begun will be told anew, or whole."""
        self.unfinished.clear()

    def begun(self) -> list[Line]:
        """What is being said."""
        return [line for line in map(self._line, self.unfinished.values()) if line.text]

    def _add(self, piece: Caption) -> None:
        before = self.unfinished.get(piece.item_id)
        begun = before.text if before else ""
        text = begun + piece.text
        if piece.skipped:
            text = f"{begun.rstrip()} {LEFT_OUT} {piece.text.lstrip()}"
        self.unfinished[piece.item_id] = Caption(piece.item_id, piece.language, text, final=False)

    def _line(self, caption: Caption) -> Line:
        self.usual = self.usual or caption.language
        foreign = caption.language != self.usual
        return Line(printable(caption.text), printable(caption.language) if foreign else None)
