"""What was said in the input, told beside the response: before, inside, or after it.

Owns the transcription events, the place where they fall and their pace. Must not know
what was said: the voice does. Source of the events: protocol reference, section 5 (c).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from rtproxy.simulator.commands import Json
from rtproxy.simulator.items import Item
from rtproxy.simulator.plan import words
from rtproxy.simulator.settings import TranscriptionPlace
from rtproxy.simulator.stage import Stage
from rtproxy.simulator.usage import INPUT_AUDIO_MS, text_tokens
from rtproxy.simulator.voices.voice import Heard

_PLACES = (TranscriptionPlace.BEFORE, TranscriptionPlace.INSIDE, TranscriptionPlace.AFTER)
_ALONE_S = 0.5  # how long one that should come after a response waits for it to begin
_BY_DURATION = "whisper-1"  # billed by seconds, sends its text in one piece
_BY_SPEAKER = "gpt-4o-transcribe-diarize"  # tells who has spoken, too

Tell = Callable[[float], None]


class TranscriptionTerms(Protocol):
    """What a session says of transcription."""

    @property
    def transcription(self) -> Json | None:
        """Its model, language and so on; None: nothing is transcribed."""

    @property
    def logprobs(self) -> bool:
        """Whether each piece of text comes with its probability."""


@dataclass(frozen=True, slots=True)
class _Transcript:
    """The text of one item on its way out."""

    item: Item
    heard: Heard
    model: str | None
    logprobs: bool

    def pieces(self) -> Sequence[str]:
        """How the text is sent."""
        text = self.heard.transcript
        return [text] if self.model == _BY_DURATION else words(text)

    def likely(self, pieces: Sequence[str]) -> Json:
        """The `logprobs` of an event with these pieces, where they were asked for."""
        return {"logprobs": [_logprob(piece) for piece in pieces]} if self.logprobs else {}


class Transcriptions:
    """The transcriptions of one session's input items."""

    def __init__(self, stage: Stage, is_responding: Callable[[], bool]) -> None:
        self._stage = stage
        self._is_responding = is_responding
        self._after: list[Tell] = []

    def add(self, item: Item, heard: Heard, terms: TranscriptionTerms, now: float) -> None:
        """Transcribe an item just committed, where `terms` say so, at the place that is set."""
        if terms.transcription is None:
            return
        place = self._stage.settings.transcription
        if place is TranscriptionPlace.VARY:
            place = self._stage.ids.choose(_PLACES)
        transcript = _Transcript(item, heard, terms.transcription["model"], terms.logprobs)
        tell = partial(self._tell, transcript)
        if place is TranscriptionPlace.BEFORE:
            tell(now)
        elif place is TranscriptionPlace.INSIDE:
            delay_s = (
                self._stage.settings.first_audio_delay_ms + self._stage.settings.chunk_ms
            ) / 1000
            self._stage.agenda.at(now + delay_s, tell)
        else:
            self._after.append(tell)
            self._stage.agenda.at(now + _ALONE_S, self._tell_alone)

    def response_done(self, now: float) -> None:
        """A response has ended: what was to come after it comes."""
        waiting, self._after = self._after, []
        for tell in waiting:
            tell(now)

    def _tell_alone(self, now: float) -> None:
        if not self._is_responding():
            self.response_done(now)

    def _tell(self, transcript: _Transcript, now: float) -> None:
        """Send what was heard: at once, or word by word where a pace is set."""
        if transcript.heard.failure is not None:
            self._emit("failed", transcript.item, error=_failure(transcript.heard.failure))
            return
        pace = self._stage.settings.words_per_s
        if pace is None:
            for piece in transcript.pieces():
                self._tell_piece(transcript, piece, now)
            self._complete(transcript, now)
            return
        for count, piece in enumerate(transcript.pieces()):
            due = now + count / pace
            self._stage.agenda.at(due, partial(self._tell_piece, transcript, piece))
        end = now + len(transcript.pieces()) / pace
        self._stage.agenda.at(end, partial(self._complete, transcript))

    def _tell_piece(self, transcript: _Transcript, piece: str, _now: float) -> None:
        pad = self._stage.ids.pad(piece)
        likely = transcript.likely([piece])
        self._emit("delta", transcript.item, delta=piece, obfuscation=pad, **likely)

    def _complete(self, transcript: _Transcript, _now: float) -> None:
        item, text = transcript.item, transcript.heard.transcript
        part = item.parts[0]
        part.transcript = text
        if transcript.model == _BY_SPEAKER:
            about = {"id": self._stage.ids.new("seg"), "speaker": "A", "text": text}
            self._emit("segment", item, **about, start=0.0, end=part.audio_ms / 1000)
        usage = _usage(part.audio_ms, text, transcript.model)
        likely = transcript.likely(transcript.pieces())
        self._emit("completed", item, transcript=text, usage=usage, **likely)

    def _emit(self, name: str, item: Item, **fields: Any) -> None:
        if self._stage.items.find(item.id) is None:
            return  # deleted meanwhile
        event_type = f"conversation.item.input_audio_transcription.{name}"
        self._stage.outbox.emit(event_type, item_id=item.id, content_index=0, **fields)


def _failure(code: str) -> Json:
    message = "The input audio could not be transcribed."
    return {"type": "transcription_error", "code": code, "message": message, "param": None}


def _logprob(piece: str) -> Json:
    return {"token": piece, "logprob": -0.01, "bytes": list(piece.encode())}


def _usage(audio_ms: int, transcript: str, model: str | None) -> Json:
    if model == _BY_DURATION:
        return {"type": "duration", "seconds": audio_ms / 1000}
    audio, text = -(-audio_ms // INPUT_AUDIO_MS), text_tokens(transcript)
    return {
        "type": "tokens",
        "total_tokens": audio + text,
        "input_tokens": audio,
        "input_token_details": {"text_tokens": 0, "audio_tokens": audio},
        "output_tokens": text,
    }
