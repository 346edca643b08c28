"""What is fixed for a room before anybody comes.

Owns these settings and their bounds' usual values. Must not know where they were written.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, unique

from rtproxy.model.event import Json


@unique
class Translator(Enum):
    """What translates."""

    SESSION = "session"  # a realtime session with instructions, one answer for each turn
    TRANSLATION = "translation"  # the upstream's translation endpoint


@dataclass(frozen=True, slots=True)
class RoomTerms:
    """How a room is run.

    Attributes:
        translator: what translates.
        transcription_model: what writes down.
        interpreter: the GA session of an interpreter, as its persona has it; `{language}`
            in the instructions stands for the language to write. What a room needs
            otherwise (text, no turn detection) is put over it.
        history: how many finished items a late joiner is told.
        linger_s: how long a line stays open that nobody needs; no longer, once so many
            others are open as members may read languages.
        listeners, speakers: how many there may be at a time.
        languages_at_once: in how many languages members may read at a time.
        ring_ms: how far back audio can be fed.
    """

    translator: Translator = Translator.SESSION
    transcription_model: str = "gpt-4o-transcribe"
    interpreter: Json = field(default_factory=dict)
    history: int = 20
    linger_s: float = 30.0
    listeners: int = 2_000
    speakers: int = 16
    languages_at_once: int = 8
    ring_ms: float = 60_000.0
