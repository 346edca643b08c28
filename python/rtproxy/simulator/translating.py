"""A translation session: audio streams in, and in another language audio and text stream out.

Owns the events of such a session: what each stretch of speech in the input becomes.
Must not know what was said: the voice does. Source: SDK types `realtime_translation_*`
and their docstrings.

There are no items and no turns on the wire. `elapsed_ms` says where in the input a
piece of text belongs; time is the input's own, and stands still while none comes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from rtproxy.model.audio_format import PCM16_24K
from rtproxy.simulator import errors
from rtproxy.simulator.commands import Close, Json
from rtproxy.simulator.formats import read_audio, span_bytes, write_audio
from rtproxy.simulator.frames import Frames, Stretch
from rtproxy.simulator.ids import Ids
from rtproxy.simulator.outbox import Outbox
from rtproxy.simulator.plan import words
from rtproxy.simulator.session import Session, Step
from rtproxy.simulator.settings import Settings, make_voice
from rtproxy.simulator.stage import Stage
from rtproxy.simulator.translation_config import TranslationConfig
from rtproxy.simulator.translation_schema import TRANSLATION_EVENTS
from rtproxy.simulator.voices.stand_in import speak

_APPEND_MAX_BYTES = 15 * 1024 * 1024  # as an append of a realtime session
_DONE = 1000
_AUDIO_IS = {"format": "pcm16", "sample_rate": 24_000, "channels": 1}


class TranslationSession(Session):
    """A session of `/v1/realtime/translations`, from `session.created` on."""

    def __init__(
        self,
        settings: Settings,
        model: str,
        ids: Ids,
        created_at: int,
        *,
        session: Json | None = None,
    ) -> None:
        """Begin; `session` is a configuration that was agreed upon before, and checked."""
        stage = Stage(settings, ids, Outbox(ids))
        self._voice = make_voice(settings)
        expires_at = created_at + int(settings.session_max_s)
        self._config = TranslationConfig(ids.new("sess"), model, expires_at)
        self._config.update(session or {})
        self._frames = Frames()
        self._free_at: dict[str, float] = {}  # by event: when all planned will have gone out
        steps: dict[str, Step] = {
            "session.update": self._update,
            "session.input_audio_buffer.append": self._append,
            "session.close": self._close,
        }
        super().__init__(stage, TRANSLATION_EVENTS, steps)
        stage.outbox.emit("session.created", session=self._config.view())

    def _update(self, event: Json, _now: float) -> None:
        self._config.update(event["session"])
        self._stage.outbox.emit("session.updated", session=self._config.view())

    def _append(self, event: Json, now: float) -> None:
        if len(event["audio"]) > _APPEND_MAX_BYTES:
            raise errors.invalid_value("audio", "Invalid 'audio': at most 15 MiB per event.")
        for stretch in self._frames.listen(read_audio(event["audio"], PCM16_24K, "audio")):
            self._translate(stretch, now)

    def _close(self, _event: Json, now: float) -> None:
        """What was said is translated to its end, then the session closes."""
        if (rest := self._frames.rest()) is not None:
            self._translate(rest, now)
        while (due := self._stage.agenda.next_due()) is not None:
            self._stage.agenda.run(due)
        self._stage.outbox.emit("session.closed")
        self._stage.outbox.command(Close(_DONE, ""))

    def _translate(self, stretch: Stretch, now: float) -> None:
        heard = self._voice.hear(stretch.speech_ms)
        text = self._voice.translate(stretch.speech_ms, self._config.language)
        self._voice.pass_over()
        if heard.failure is not None:
            return  # nobody has understood it, so there is nothing to translate
        if self._config.transcribes:
            self._write("session.input_transcript.delta", heard.transcript, stretch, now)
        self._write("session.output_transcript.delta", text, stretch, now)
        self._speak(text, stretch, now)

    def _write(self, event_type: str, text: str, stretch: Stretch, now: float) -> None:
        """Plan the text, word by word; clients join the pieces as they are."""
        gap = " " if event_type in self._free_at else ""
        word_s = 1 / pace if (pace := self._stage.settings.words_per_s) else 0.0
        fields: list[Json] = [{"delta": piece} for piece in words(gap + text)]
        self._plan(event_type, fields, word_s, stretch, now)

    def _speak(self, text: str, stretch: Stretch, now: float) -> None:
        """Plan the sound, chunk by chunk."""
        settings = self._stage.settings
        sound, chunk_bytes = speak(text, PCM16_24K), span_bytes(PCM16_24K, settings.chunk_ms)
        fields: list[Json] = [
            {"delta": write_audio(sound[start : start + chunk_bytes]), **_AUDIO_IS}
            for start in range(0, len(sound), chunk_bytes)
        ]
        chunk_s = settings.chunk_ms / 1000 / settings.speed
        self._plan("session.output_audio.delta", fields, chunk_s, stretch, now)

    def _plan(
        self, event_type: str, pieces: list[Json], piece_s: float, stretch: Stretch, now: float
    ) -> None:
        """Send the pieces at an even pace, after those of earlier stretches."""
        begin = now + self._stage.settings.first_audio_delay_ms / 1000
        begin = max(begin, self._free_at.get(event_type, begin))
        for count, fields in enumerate(pieces):
            place = stretch.place(count + 1, len(pieces))
            emit = partial(self._stage.outbox.emit, event_type, **fields, elapsed_ms=place)
            self._stage.agenda.at(begin + count * piece_s, partial(_at_its_time, emit))
        self._free_at[event_type] = begin + len(pieces) * piece_s


def _at_its_time(emit: Callable[[], None], _now: float) -> None:
    emit()
