"""Pieces of text as they come, made into lines that can be shown.

Owns the joining of pieces and the cleaning of text from outside. Pure; must not
know the screen.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from rtproxy.cli.talk.heard import AnswerOver, Heard, Role, Said


@dataclass(slots=True)
class Transcript:
    """What each side has begun to say; `receive` hands out what is finished."""

    unfinished: dict[Role, str] = field(default_factory=dict)

    def receive(self, heard: Heard) -> list[tuple[Role, str]]:
        """The lines, with who says them, that this completes."""
        match heard:
            case Said(role=role, text=text, final=True):
                self.unfinished.pop(role, None)
                return _lines((role, text))
            case Said(role=role, text=text):
                self.unfinished[role] = self.unfinished.get(role, "") + text
                return []
            case AnswerOver():
                return _lines(("assistant", self.unfinished.pop("assistant", "")))
            case _:
                return []

    def flush(self) -> list[tuple[Role, str]]:
        """Everything that was begun and will not be finished."""
        rest, self.unfinished = self.unfinished, {}
        return _lines(*rest.items())


def _lines(*said: tuple[Role, str]) -> list[tuple[Role, str]]:
    return [(role, printable(text)) for role, text in said if text.strip()]


def printable(text: str) -> str:
    """The text on one line, without anything that could steer a terminal."""
    return "".join(char if char.isprintable() else " " for char in text).strip()
