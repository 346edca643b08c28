"""A transcription session: what is said becomes text, and nothing is answered.

Owns which client events such a session takes (protocol reference, sections 2 and 3).
Must not know turns or text; listening and transcription are as in a conversation.
"""

from __future__ import annotations

from functools import partial

from rtproxy.simulator.commands import Json
from rtproxy.simulator.ids import Ids
from rtproxy.simulator.item_steps import delete_item, retrieve_item
from rtproxy.simulator.items import Item
from rtproxy.simulator.listening import Listening
from rtproxy.simulator.outbox import Outbox
from rtproxy.simulator.session import Session, Step
from rtproxy.simulator.session_schema import CLIENT_EVENTS
from rtproxy.simulator.settings import Settings, make_voice
from rtproxy.simulator.stage import Stage
from rtproxy.simulator.transcription import Transcriptions
from rtproxy.simulator.transcription_config import TranscriptionConfig


class TranscriptionSession(Session):
    """A session of `?intent=transcription`, from `session.created` on."""

    def __init__(
        self, settings: Settings, ids: Ids, created_at: int, *, session: Json | None = None
    ) -> None:
        """Begin; `session` is a configuration that was agreed upon before, and checked."""
        stage = Stage(settings, ids, Outbox(ids))
        self._voice = make_voice(settings)
        self._config = TranscriptionConfig(
            ids.new("sess"), created_at + int(settings.session_max_s), settings.forced_formats
        )
        if session is not None:
            self._config.update(session)
        self._transcriptions = Transcriptions(stage, is_responding=lambda: False)
        self._listening = Listening(stage, self._config, self)
        steps: dict[str, Step] = {
            "session.update": self._update_session,
            "input_audio_buffer.append": self._listening.append,
            "input_audio_buffer.commit": self._listening.commit,
            "input_audio_buffer.clear": self._listening.clear,
            "conversation.item.retrieve": partial(retrieve_item, stage),
            "conversation.item.delete": partial(delete_item, stage),
        }
        super().__init__(stage, CLIENT_EVENTS, steps)
        stage.outbox.emit("session.created", session=self._config.view())

    # What listening tells

    def speech_started(self, now: float) -> None:
        """Somebody speaks; there is no answer that would have to stop."""

    def committed(self, item: Item, now: float) -> None:
        """Input audio became an item: it is transcribed where the session names a model."""
        heard = self._voice.hear(item.parts[0].audio_ms)
        self._voice.pass_over()
        self._transcriptions.add(item, heard, self._config, now)

    def turn_ended(self, now: float) -> None:
        """A turn is complete; nobody answers it."""

    def _update_session(self, event: Json, _now: float) -> None:
        self._config.update(event["session"])
        self._listening.configure()
        self._stage.outbox.emit("session.updated", session=self._config.view())
