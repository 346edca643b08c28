"""A line: one upstream session of a room, by what it is for.

Owns its name. Must not know how it is dialled, nor what it says.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, unique


@unique
class LineKind(Enum):
    """What an upstream session does for a room, and so at which address it is dialled."""

    TRANSCRIBER = "transcriber"  # `intent=transcription`: writes down, and detects turns
    INTERPRETER = "interpreter"  # a realtime session that answers each turn in one language
    TRANSLATOR = "translator"  # the upstream's translation endpoint, into one language


@dataclass(frozen=True, slots=True)
class Line:
    """One upstream session.

    `language` is the one that it writes; the transcriber, who follows the speaker, has
    "". A line that is opened again is another one: it has the next `number`.
    """

    kind: LineKind
    language: str = ""
    number: int = 1

    def __str__(self) -> str:
        """As in the log."""
        return f"{self.kind.value} {self.language}".rstrip()
