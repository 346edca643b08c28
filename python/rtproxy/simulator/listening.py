"""The way of the client's audio from the buffer into an item: by turn detection or by hand.

Owns the `input_audio_buffer` events. Must not know what is answered; it tells the
conversation that speech has begun and that a turn is complete. Source of the order:
protocol reference, sections 5 (c) and (d).
"""

from __future__ import annotations

from typing import Protocol

from rtproxy.model.audio_format import AudioFormat
from rtproxy.simulator import errors
from rtproxy.simulator.commands import Json
from rtproxy.simulator.formats import read_audio
from rtproxy.simulator.input_buffer import InputBuffer
from rtproxy.simulator.items import Item, Part
from rtproxy.simulator.loudness import Loudness
from rtproxy.simulator.stage import Stage
from rtproxy.simulator.turns import Finding, IdleTimeout, SpeechStarted, SpeechStopped, TurnDetector

_APPEND_MAX_BYTES = 15 * 1024 * 1024  # SDK docstring of input_audio_buffer.append
_COMMIT_LEAST_MS = 100.0
# How much quiet is kept while turns are detected: more than any prefix or idle timeout needs.
_QUIET_KEPT_MS = 36_000.0


class HearingConfig(Protocol):
    """What a session says of its input."""

    @property
    def input_format(self) -> AudioFormat:
        """What the client sends."""

    @property
    def turn_detection(self) -> Json | None:
        """The turn detection in use; None where the client commits."""


class Conversing(Protocol):
    """What listening tells the conversation."""

    def speech_started(self, now: float) -> None:
        """Somebody has begun to speak."""

    def committed(self, item: Item, now: float) -> None:
        """Input audio has become an item of the conversation."""

    def turn_ended(self, now: float) -> None:
        """Turn detection has committed a turn: an answer may be due."""


class Listening:
    """Input buffer and turn detection of one session."""

    def __init__(self, stage: Stage, config: HearingConfig, conversing: Conversing) -> None:
        self._stage = stage
        self._config = config
        self._conversing = conversing
        self._buffer = InputBuffer(config.input_format)
        self._speech_item_id = ""
        self._detect()

    def configure(self) -> None:
        """The session was updated; what has not changed goes on undisturbed."""
        new_format = self._config.input_format != self._buffer.audio_format
        if new_format:
            self._buffer.change_format(self._config.input_format)
        if new_format or self._config.turn_detection != self._detection:
            self._detect()

    def _detect(self) -> None:
        """Look for turns in what comes from here on, as the session says."""
        self._loudness = Loudness(self._config.input_format)
        self._detection = self._config.turn_detection
        self._detector = (
            TurnDetector(self._detection, self._buffer.end_ms) if self._detection else None
        )

    def append(self, event: Json, now: float) -> None:
        """Audio came; Refusal where it is too much, or not of the input format."""
        if len(event["audio"]) > _APPEND_MAX_BYTES:
            raise errors.invalid_value("audio", "Invalid 'audio': at most 15 MiB per event.")
        audio = read_audio(event["audio"], self._config.input_format, "audio")
        self._buffer.append(audio)
        if self._detector is None:
            return
        for finding in self._detector.listen(self._loudness.levels(audio)):
            self._found(finding, now)
        if not self._detector.speaking:
            self._buffer.forget_before(self._buffer.end_ms - _QUIET_KEPT_MS)

    def commit(self, _event: Json, now: float) -> None:
        """The client commits all there is; Refusal where that is under 100 ms."""
        if self._buffer.length_ms < _COMMIT_LEAST_MS:
            raise errors.buffer_too_small(self._buffer.length_ms)
        speaking = self._detector is not None and self._detector.speaking
        item_id = self._speech_item_id if speaking else self._stage.ids.new("item")
        audio = self._buffer.take_all()
        self._rest()
        self._commit(item_id, audio, now)

    def clear(self, _event: Json, _now: float) -> None:
        """The client discards all there is; speech that was under way is forgotten."""
        self._buffer.take_all()
        self._rest()
        self._stage.outbox.emit("input_audio_buffer.cleared")

    def await_speech(self, after_ms: float) -> None:
        """An answer ends `after_ms` from now: the idle timeout counts from there."""
        if self._detector is not None:
            self._detector.await_speech(self._buffer.end_ms + after_ms)

    def _rest(self) -> None:
        if self._detector is not None:
            self._detector.committed(self._buffer.end_ms)

    def _found(self, finding: Finding, now: float) -> None:
        match finding:
            case SpeechStarted(start_ms):
                self._speech_item_id = self._stage.ids.new("item")
                self._emit("speech_started", audio_start_ms=int(start_ms))
                self._conversing.speech_started(now)
            case SpeechStopped(start_ms, end_ms):
                self._emit("speech_stopped", audio_end_ms=int(end_ms))
                self._end_turn(start_ms, end_ms, now)
            case IdleTimeout(start_ms, end_ms):
                self._speech_item_id = self._stage.ids.new("item")
                times = {"audio_start_ms": int(start_ms), "audio_end_ms": int(end_ms)}
                self._emit("timeout_triggered", **times)
                self._end_turn(start_ms, end_ms, now)

    def _end_turn(self, start_ms: float, end_ms: float, now: float) -> None:
        self._commit(self._speech_item_id, self._buffer.take(start_ms, end_ms), now)
        self._conversing.turn_ended(now)

    def _commit(self, item_id: str, audio: bytes, now: float) -> None:
        part = Part("input_audio", audio=bytearray(audio), audio_format=self._buffer.audio_format)
        item = Item(item_id, "message", role="user", status="completed", parts=[part])
        previous = self._stage.items.append(item)
        self._stage.outbox.emit(
            "input_audio_buffer.committed", previous_item_id=previous, item_id=item_id
        )
        for name in ("added", "done"):
            self._stage.outbox.emit(
                f"conversation.item.{name}", previous_item_id=previous, item=item.wire()
            )
        self._conversing.committed(item, now)

    def _emit(self, name: str, **times: int) -> None:
        self._stage.outbox.emit(f"input_audio_buffer.{name}", **times, item_id=self._speech_item_id)
