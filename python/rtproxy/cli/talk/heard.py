"""What happens in a conversation of `talk`, and what holds one on a connection.

Owns one frozen class for each thing that a client hears or does, free of any dialect, and
the interface of a dialect on one connection. Must not know any dialect's messages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from rtproxy.cli.talk.formats import WireFormats
from rtproxy.model.audio_format import LegAudio

Message = Mapping[str, Any]
Role = Literal["user", "assistant"]


@dataclass(frozen=True, slots=True)
class Ready:
    """The proxy has an upstream and listens; `detail` is what it said of it."""

    detail: str = ""


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Turn detection heard speech begin."""


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """Turn detection heard speech end: an answer should come."""


@dataclass(frozen=True, slots=True)
class AnswerStarted:
    """An answer is on its way."""


@dataclass(frozen=True, slots=True)
class AnswerAudio:
    """A piece of the answer, in the speaker's format."""

    audio: bytes


@dataclass(frozen=True, slots=True)
class FormatsTold:
    """What the other side takes and gives, whatever it was asked for."""

    mic: LegAudio
    speaker: LegAudio


@dataclass(frozen=True, slots=True)
class Said:
    """Text of what one side said: the next piece, or all of it where `final`."""

    role: Role
    text: str
    final: bool


@dataclass(frozen=True, slots=True)
class AnswerOver:
    """The answer has been played, or was cut, or there is none; `failure` is why, in words."""

    failure: str = ""


@dataclass(frozen=True, slots=True)
class Reconnecting:
    """The proxy has not reached its upstream yet, and is about to try again."""

    attempt: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """The proxy told an error; after a fatal one it closes."""

    message: str
    code: str
    fatal: bool


@dataclass(frozen=True, slots=True)
class ToolNews:
    """What became of a call that the proxy answers: "started", "running", "done" or "failed"."""

    call_id: str
    name: str
    state: str
    text: str = ""

    @property
    def over(self) -> bool:
        """Whether the tool has ended."""
        return self.state in {"done", "failed"}


@dataclass(frozen=True, slots=True)
class Played:
    """The speaker has played a piece of the answer, as a client notes that plays it itself."""


Heard = (
    Ready
    | SpeechStarted
    | SpeechStopped
    | AnswerStarted
    | AnswerAudio
    | FormatsTold
    | Said
    | AnswerOver
    | Reconnecting
    | Played
    | ToolNews
    | Trouble
)


class Dialogue(Protocol):
    """A frontend on one connection; the dialects are in `frontends` and `telephone`."""

    @property
    def end_turn(self) -> Sequence[Message]:
        """What ends a turn by hand."""

    @property
    def piece_ms(self) -> int | None:
        """How much audio a message has at most."""

    @property
    def introduction(self) -> Sequence[Message]:
        """What is said before anything else, and waits for no answer."""

    @property
    def opening(self) -> Callable[[WireFormats], Sequence[Message]]:
        """What asks for formats, and is answered by them."""

    def audio(self, chunk: bytes, *, binary: bool = False) -> str | bytes:
        """A chunk of speech as a message; bytes are for a binary frame."""

    def read(self, raw: str | bytes, *, binary: bool = False) -> Heard | None:
        """What a message means; None for what this client has no use for."""

    def due(self, now: float) -> Sequence[Heard | Message]:
        """What has happened on this side by `now`, and what is to be said of it."""
