"""From an answer to steps in time: what happens how long after the response was created.

Owns pace: chunks, words, delays, and where a limit on tokens cuts. Must not know
events or the conversation.

Audio is sent `speed` times faster than it plays; the transcript runs ahead of it
and is complete when half of the audio has gone (captures show it running ahead,
not how far).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, unique
from typing import AnyStr

from rtproxy.model.audio_format import AudioFormat
from rtproxy.simulator.formats import span_bytes
from rtproxy.simulator.settings import Settings
from rtproxy.simulator.usage import OUTPUT_AUDIO_MS, text_tokens
from rtproxy.simulator.voices.voice import (
    Answer,
    AnswerPart,
    Asked,
    Called,
    CalledMcp,
    Cut,
    Failed,
    Spoken,
    Struck,
    Told,
    Waited,
    Written,
)

_TRANSCRIPT_SHARE = 0.5  # of the audio's sending time
_DELTA_S = 0.02  # between deltas of text and arguments, at speed 1
_ARGUMENT_CHARACTERS = 8
_TOOL_S = 0.1  # how long an MCP server takes


@unique
class PartKind(Enum):
    """What an output item is made of."""

    AUDIO = "audio"
    TEXT = "text"
    ARGUMENTS = "arguments"
    MCP_CALL = "mcp_call"
    APPROVAL = "approval"


@dataclass(frozen=True, slots=True)
class OpenItem:
    """An output item begins; `called` is what it calls or would call, where it does."""

    part: PartKind
    called: Called | CalledMcp | None = None


@dataclass(frozen=True, slots=True)
class Delta:
    """The next piece of transcript, text or arguments."""

    text: str


@dataclass(frozen=True, slots=True)
class AudioDelta:
    """The next piece of audio."""

    audio: bytes


@dataclass(frozen=True, slots=True)
class RunTool:
    """The tool of an MCP server is called: its arguments are complete."""


@dataclass(frozen=True, slots=True)
class CloseItem:
    """The item is complete."""


@dataclass(frozen=True, slots=True)
class Finish:
    """The response ends, whatever else was planned."""

    ending: Cut | Failed | None = None  # None: completed


Act = OpenItem | Delta | AudioDelta | RunTool | CloseItem | Told | Struck | Finish


@dataclass(frozen=True, slots=True)
class Step:
    """An act, and how long after the response's creation it is due."""

    at_s: float
    act: Act


def plan(
    answer: Answer, settings: Settings, audio_format: AudioFormat, max_tokens: int | None
) -> list[Step]:
    """The steps of an answer, in order; the last is always a `Finish`."""
    steps: list[Step] = []
    at_s = settings.first_audio_delay_ms / 1000
    for part in answer:
        timed = _part_steps(part, settings, audio_format)
        steps += (Step(at_s + step.at_s, step.act) for step in timed)
        at_s += timed[-1].at_s if timed else _wait_s(part)
    steps.append(Step(at_s, Finish()))
    return _limited(steps, audio_format, max_tokens)


def _wait_s(part: AnswerPart) -> float:
    return part.ms / 1000 if isinstance(part, Waited) else 0.0


def _part_steps(part: AnswerPart, settings: Settings, audio_format: AudioFormat) -> list[Step]:
    match part:
        case Spoken():
            return _spoken(part, settings, audio_format)
        case Written(text):
            return _in_pieces(OpenItem(PartKind.TEXT), words(text), _word_s(settings))
        case Called(_, arguments):
            pieces = _pieces(arguments, _ARGUMENT_CHARACTERS)
            opening = OpenItem(PartKind.ARGUMENTS, part)
            return _in_pieces(opening, pieces, _DELTA_S / settings.speed)
        case CalledMcp():
            return _called_mcp(part, settings)
        case Asked(call):
            return [Step(0.0, OpenItem(PartKind.APPROVAL, call)), Step(0.0, CloseItem())]
        case Failed() | Cut():
            return [Step(0.0, Finish(part))]
        case Told() | Struck():
            return [Step(0.0, part)]
        case Waited():
            return []


def _word_s(settings: Settings) -> float:
    """How long a written word takes."""
    return 1 / settings.words_per_s if settings.words_per_s else _DELTA_S / settings.speed


def _spoken(part: Spoken, settings: Settings, audio_format: AudioFormat) -> list[Step]:
    chunks = _pieces(part.audio, span_bytes(audio_format, settings.chunk_ms))
    said = words(part.transcript)
    chunk_s = settings.chunk_ms / 1000 / settings.speed
    word_s = chunk_s * len(chunks) * _TRANSCRIPT_SHARE / max(1, len(said))
    deltas = [Step(index * word_s, Delta(word)) for index, word in enumerate(said)]
    deltas += [Step(index * chunk_s, AudioDelta(chunk)) for index, chunk in enumerate(chunks)]
    deltas.sort(key=lambda step: step.at_s)  # stable: words before the audio of their time
    end_s = chunk_s * len(chunks)
    return [Step(0.0, OpenItem(PartKind.AUDIO)), *deltas, Step(end_s, CloseItem())]


def _called_mcp(call: CalledMcp, settings: Settings) -> list[Step]:
    pieces = _pieces(call.arguments, _ARGUMENT_CHARACTERS)
    opening = OpenItem(PartKind.MCP_CALL, call)
    *steps, closing = _in_pieces(opening, pieces, _DELTA_S / settings.speed)
    return [*steps, Step(closing.at_s, RunTool()), Step(closing.at_s + _TOOL_S, closing.act)]


def _in_pieces(opening: OpenItem, pieces: Sequence[str], delta_s: float) -> list[Step]:
    deltas = [Step(index * delta_s, Delta(piece)) for index, piece in enumerate(pieces)]
    return [Step(0.0, opening), *deltas, Step(len(pieces) * delta_s, CloseItem())]


def _pieces(whole: AnyStr, size: int) -> list[AnyStr]:
    return [whole[start : start + size] for start in range(0, len(whole), size)]


def words(text: str) -> list[str]:
    """Pieces that give the text again when joined: each word with the space before it."""
    return re.findall(r"\s*\S+|\s+$", text)


def _limited(
    steps: Iterable[Step], audio_format: AudioFormat, max_tokens: int | None
) -> list[Step]:
    return list(steps if max_tokens is None else _until_spent(steps, audio_format, max_tokens))


def _until_spent(
    steps: Iterable[Step], audio_format: AudioFormat, max_tokens: int
) -> Iterator[Step]:
    spent = 0.0
    for step in steps:
        if isinstance(step.act, AudioDelta):
            spent += audio_format.milliseconds(len(step.act.audio)) / OUTPUT_AUDIO_MS
        elif isinstance(step.act, Delta):
            spent += text_tokens(step.act.text)
        if spent > max_tokens:
            yield Step(step.at_s, Finish(Cut("max_output_tokens")))
            return
        yield step
