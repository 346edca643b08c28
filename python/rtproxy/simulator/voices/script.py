"""The script: a TOML file says what is heard and answered, turn by turn.

Owns the format of the file (docs/simulator.md) and the place in it. Must not
know how an answer goes over the wire.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import msgspec

from rtproxy.model.errors import ConfigError
from rtproxy.simulator.commands import Json
from rtproxy.simulator.errors import Refusal
from rtproxy.simulator.faults import FaultKind, parse_fault
from rtproxy.simulator.voices.parrot import Parrot, translated
from rtproxy.simulator.voices.stand_in import speak
from rtproxy.simulator.voices.voice import (
    Answer,
    AnswerPart,
    Asked,
    Called,
    CalledMcp,
    Cut,
    Failed,
    Heard,
    Prompt,
    Spoken,
    Struck,
    Told,
    Waited,
    Written,
)

_VERBS = ("say", "call", "mcp", "wait_ms", "fail", "cut", "error", "fault")


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that happens in an answer: exactly one of the verbs, and what belongs to it."""

    say: str | None = None
    audio_ms: int | None = None  # of `say`; otherwise by the length of the text
    call: str | None = None
    arguments: dict[str, Any] = {}  # of `call` and `mcp`
    mcp: str | None = None  # a tool of an MCP server, which the upstream calls itself
    server: str = "mcp"  # of `mcp`: the server's label
    output: str = ""  # of `mcp`: what the tool answers
    fails: str | None = None  # of `mcp`: why the tool does not answer
    approval: bool = False  # of `mcp`: the client is asked before
    wait_ms: int | None = None
    fail: str | None = None  # the code of a failed response
    cut: Literal["max_output_tokens", "content_filter"] | None = None
    error: str | None = None  # the code of an `error` event
    message: str = "The script says so."  # of `fail` and `error`
    kind: str = "server_error"  # of `fail` and `error`: their `type`
    fault: str | None = None  # as on the command line, without @, + and #

    def __post_init__(self) -> None:
        """Raises ValueError where there is not exactly one verb, or a fault that is none."""
        verbs = [verb for verb in _VERBS if getattr(self, verb) is not None]
        if len(verbs) != 1:
            raise ValueError(f"a line has exactly one of {', '.join(_VERBS)}; this has {verbs}")
        if self.fault is not None and parse_fault(self.fault).kind is FaultKind.REFUSE:
            raise ValueError("a script begins after the handshake: it cannot refuse one")


class Turn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is heard when the user has spoken, and what is answered."""

    heard: str = ""
    hearing_fails: str | None = None
    texts: dict[str, str] = {}  # by language: what an interpreter makes of it
    answer: list[Line] = []


class McpServer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An MCP server: its tools, or that they cannot be listed."""

    tools: list[str] = []
    fails: bool = False


class Script(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"turns": "turn"}):
    """The whole file: its turns, what comes after the last, and the MCP servers it knows."""

    turns: list[Turn] = []
    mcp: dict[str, McpServer] = {}  # by label
    at_end: Literal["parrot", "repeat", "silence"] = "parrot"


def read_script(path: Path) -> Script:
    """Read a script; ConfigError, in one line, where there is none or it cannot be one."""
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Script)
    except OSError as error:
        raise ConfigError(f"script {path}: cannot be read ({error.strerror})") from error
    except msgspec.DecodeError as error:
        raise ConfigError(f"script {path}: {error}") from error


class Follower:
    """A voice that follows a script from its first turn on."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._place = 0
        self._parrot = Parrot()

    def hear(self, audio_ms: int) -> Heard:
        """What the turn that comes next says was heard."""
        turn = self._turn()
        if turn is None or not (turn.heard or turn.hearing_fails):
            return self._parrot.hear(audio_ms)
        return Heard(turn.heard, turn.hearing_fails)

    def translate(self, audio_ms: int, language: str) -> str:
        """What the turn that comes next says in that language, or what was heard, marked."""
        turn = self._turn()
        if turn is None:
            return self._parrot.translate(audio_ms, language)
        return turn.texts.get(language) or translated(self.hear(audio_ms).transcript, language)

    def list_tools(self, server: Json) -> list[str] | None:
        """As the script says of that server, or else as the parrot does."""
        known = self._script.mcp.get(server["server_label"])
        if known is None:
            return self._parrot.list_tools(server)
        return None if known.fails else known.tools

    def answer(self, prompt: Prompt) -> Answer:
        """The answer of the turn that comes next."""
        turn = self._turn()
        self._place += 1
        if turn is None:
            return [] if self._script.at_end == "silence" else self._parrot.answer(prompt)
        if prompt.language in turn.texts and not prompt.spoken:
            return [Written(turn.texts[prompt.language])]
        return [_part(line, prompt) for line in turn.answer]

    def pass_over(self) -> None:
        """Go on with the turn after the one that was heard."""
        self._place += 1

    def _turn(self) -> Turn | None:
        turns = self._script.turns
        if self._place >= len(turns) and not (turns and self._script.at_end == "repeat"):
            return None
        return turns[self._place % len(turns)]


def _part(line: Line, prompt: Prompt) -> AnswerPart:
    if line.say is not None:
        return _say(line.say, line.audio_ms, prompt)
    if line.call is not None:
        return Called(line.call, msgspec.json.encode(line.arguments).decode())
    if line.mcp is not None:
        arguments = msgspec.json.encode(line.arguments).decode()
        call = CalledMcp(line.server, line.mcp, arguments, line.output, line.fails)
        return Asked(call) if line.approval else call
    if line.wait_ms is not None:
        return Waited(line.wait_ms)
    if line.fail is not None:
        return Failed(line.fail, line.message, line.kind)
    if line.cut is not None:
        return Cut(line.cut)
    if line.fault is not None:
        return Struck(parse_fault(line.fault))
    return Told(Refusal(line.error, line.message, kind=line.kind))


def _say(text: str, audio_ms: int | None, prompt: Prompt) -> AnswerPart:
    if not prompt.spoken:
        return Written(text)
    return Spoken(text, speak(text, prompt.audio_format, audio_ms, speed=prompt.speed))
