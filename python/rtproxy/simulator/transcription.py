"""What was said in the input, told beside the response: before, inside, or after it.

Owns the transcription events and the place where they fall. Must not know what was
said: the voice does. Source of the events: protocol reference, section 5 (c).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

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


class Transcriptions:
    """The transcriptions of one conversation's input items."""

    def __init__(self, stage: Stage, is_responding: Callable[[], bool]) -> None:
        self._stage = stage
        self._is_responding = is_responding
        self._after: list[Callable[[], None]] = []

    def add(self, item: Item, heard: Heard, model: str | None, now: float) -> None:
        """Transcribe an item just committed, at the place that the settings say."""
        place = self._stage.settings.transcription
        if place is TranscriptionPlace.VARY:
            place = self._stage.ids.choose(_PLACES)
        tell = partial(self._tell, item, heard, model)
        if place is TranscriptionPlace.BEFORE:
            tell()
        elif place is TranscriptionPlace.INSIDE:
            delay_s = (
                self._stage.settings.first_audio_delay_ms + self._stage.settings.chunk_ms
            ) / 1000
            self._stage.agenda.at(now + delay_s, lambda _now: tell())
        else:
            self._after.append(tell)
            self._stage.agenda.at(now + _ALONE_S, self._tell_alone)

    def response_done(self) -> None:
        """A response has ended: what was to come after it comes."""
        waiting, self._after = self._after, []
        for tell in waiting:
            tell()

    def _tell_alone(self, _now: float) -> None:
        if not self._is_responding():
            self.response_done()

    def _tell(self, item: Item, heard: Heard, model: str | None) -> None:
        if self._stage.items.find(item.id) is None:
            return  # deleted meanwhile
        if heard.failure is not None:
            self._emit("failed", item, error=_failure(heard.failure))
            return
        for piece in [heard.transcript] if model == _BY_DURATION else words(heard.transcript):
            self._emit("delta", item, delta=piece, obfuscation=self._stage.ids.pad(piece))
        item.parts[0].transcript = heard.transcript
        usage = _usage(item.parts[0].audio_ms, heard.transcript, model)
        self._emit("completed", item, transcript=heard.transcript, usage=usage)

    def _emit(self, name: str, item: Item, **fields: object) -> None:
        event_type = f"conversation.item.input_audio_transcription.{name}"
        self._stage.outbox.emit(event_type, item_id=item.id, content_index=0, **fields)


def _failure(code: str) -> Json:
    message = "The input audio could not be transcribed."
    return {"type": "transcription_error", "code": code, "message": message, "param": None}


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
