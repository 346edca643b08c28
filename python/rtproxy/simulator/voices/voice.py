"""What a voice is asked, and what it answers with.

Owns the contract between the conversation and its voice. A voice decides what is
said; it must not know events, pace or the wire.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from rtproxy.model.audio_format import AudioFormat
from rtproxy.simulator.commands import Json
from rtproxy.simulator.errors import Refusal
from rtproxy.simulator.faults import Fault
from rtproxy.simulator.items import Item


@dataclass(frozen=True, slots=True)
class Prompt:
    """What there is to answer, and how the answer may look."""

    items: Sequence[Item]  # the context: the conversation, or what the client gave instead
    spoken: bool  # whether audio is wanted, or text
    audio_format: AudioFormat  # of the answer
    tools: Sequence[Json]
    tool_choice: str | Json
    speed: float = 1.0  # how many times faster than usual it is to be said
    language: str | None = None  # what it is to be translated into, where it is


@dataclass(frozen=True, slots=True)
class Heard:
    """What the transcription makes of input audio; `failure` is the reason why it could not."""

    transcript: str
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Spoken:
    """Say it: audio in the prompt's format."""

    transcript: str
    audio: bytes


@dataclass(frozen=True, slots=True)
class Written:
    """Write it."""

    text: str


@dataclass(frozen=True, slots=True)
class Called:
    """Call a tool; `arguments` is JSON as text."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class CalledMcp:
    """The upstream calls a tool of an MCP server; `failure` says why it did not work."""

    server: str
    name: str
    arguments: str  # JSON as text
    output: str = ""
    failure: str | None = None
    approval_id: str | None = None  # of the request that was approved, if it had to be


@dataclass(frozen=True, slots=True)
class Asked:
    """The client is asked to approve a call of an MCP server's tool."""

    call: CalledMcp


@dataclass(frozen=True, slots=True)
class Waited:
    """Do nothing for a while."""

    ms: int


@dataclass(frozen=True, slots=True)
class Failed:
    """The response ends as `failed`."""

    code: str
    message: str
    kind: str = "server_error"


@dataclass(frozen=True, slots=True)
class Cut:
    """The response ends as `incomplete`: max_output_tokens or content_filter."""

    reason: str


@dataclass(frozen=True, slots=True)
class Told:
    """An `error` event, beside the response."""

    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Struck:
    """A fault strikes."""

    fault: Fault


AnswerPart = Spoken | Written | Called | CalledMcp | Asked | Waited | Failed | Cut | Told | Struck
Answer = Sequence[AnswerPart]


class Voice(Protocol):
    """One conversation's voice."""

    def hear(self, audio_ms: int) -> Heard:
        """What was said in input audio of that length; asked once, when it is committed."""

    def translate(self, audio_ms: int, language: str) -> str:
        """What was said, in a language (`de`); asked once, after `hear`."""

    def list_tools(self, server: Json) -> list[str] | None:
        """The tools of an MCP server, as the session declares it; None: they cannot be listed."""

    def answer(self, prompt: Prompt) -> Answer:
        """The answer to the prompt; asked once per response."""

    def pass_over(self) -> None:
        """What was heard is not answered, as nothing is in a session that only listens."""
