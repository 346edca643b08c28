"""One conversation: client events and the time in, server events out.

Owns dispatch only: each client event is checked against its schema and handed to
the part that knows it. Must not know sockets, JSON text, keys, or clocks; times
are seconds of one monotonic clock.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rtproxy.simulator import errors
from rtproxy.simulator.commands import Command, Json
from rtproxy.simulator.errors import Refusal
from rtproxy.simulator.formats import read_audio
from rtproxy.simulator.ids import Ids
from rtproxy.simulator.items import Item, read_item
from rtproxy.simulator.listening import Listening
from rtproxy.simulator.live import LiveEcho
from rtproxy.simulator.options import ResponseOptions, merge_options
from rtproxy.simulator.outbox import Outbox
from rtproxy.simulator.response import Response
from rtproxy.simulator.responses import Responses
from rtproxy.simulator.schema import Tagged
from rtproxy.simulator.session_config import SessionConfig, Usage
from rtproxy.simulator.session_schema import CLIENT_EVENTS
from rtproxy.simulator.settings import Settings, VoiceName, make_voice
from rtproxy.simulator.stage import Stage
from rtproxy.simulator.transcription import Transcriptions

_CLIENT_EVENT = Tagged("type", CLIENT_EVENTS)
_APPEND_MAX_BYTES = 15 * 1024 * 1024  # SDK docstring of input_audio_buffer.append


class Conversation:
    """A session of the simulated upstream, from `session.created` on."""

    def __init__(
        self,
        settings: Settings,
        model: str,
        ids: Ids,
        created_at: int,
        now: float,
        *,
        session: Json | None = None,
    ) -> None:
        """Begin; `session` is a configuration that was agreed upon before, and checked."""
        self._id = ids.new("conv")
        self._stage = Stage(settings, ids, Outbox(ids))
        self._voice = make_voice(settings)
        self._config = SessionConfig(
            ids.new("sess"),
            model,
            created_at + int(settings.session_max_s),
            settings.forced_formats,
        )
        if session is not None:
            self._config.update({**session, "model": model}, Usage())
        self._responses = Responses(self._stage, self._response_done, now)
        self._transcriptions = Transcriptions(self._stage, self._is_responding)
        self._listening = Listening(self._stage, self._config, self)
        echoes = settings.voice is VoiceName.ECHO
        self._echo = LiveEcho(self._stage, self._options, self._responses) if echoes else None
        self._stage.outbox.emit("session.created", session=self._config.view())

    def receive(self, event: Json, now: float) -> list[Command]:
        """Answer a client event; whatever was due before it comes first."""
        self._stage.agenda.run(now)
        event_id = event.get("event_id")
        try:
            _CLIENT_EVENT(event, "")
            self._steps[event["type"]](self, event, now)
        except Refusal as refusal:
            self._stage.outbox.refuse(refusal, event_id if isinstance(event_id, str) else None)
        return self._stage.outbox.take()

    def tick(self, now: float) -> list[Command]:
        """Everything that is due by now."""
        self._stage.agenda.run(now)
        return self._stage.outbox.take()

    def next_due(self) -> float | None:
        """When `tick` has something to do, if nothing is received before."""
        return self._stage.agenda.next_due()

    def starve(self, responses: int) -> None:
        """Let the next responses fail for want of tokens."""
        self._responses.starve(responses)

    # What listening tells

    def speech_started(self, now: float) -> None:
        """Somebody speaks: an active answer stops where the session says so."""
        if self._detects("interrupt_response"):
            self._responses.interrupt(now)

    def committed(self, item: Item, now: float) -> None:
        """Input audio became an item: it is transcribed where the session says so."""
        heard = self._voice.hear(item.parts[0].audio_ms)
        transcription = self._config.transcription
        if transcription is not None:
            self._transcriptions.add(item, heard, transcription["model"], now)

    def turn_ended(self, now: float) -> None:
        """A turn is complete: it is answered where the session says so.

        With interrupt_response off it "may fail to create a response if the model
        is already responding" (SDK docstring of create_response).
        """
        if not self._detects("create_response"):
            return
        self._responses.settle(now)
        try:
            self._respond({}, now)
        except Refusal as refusal:
            self._stage.outbox.refuse(refusal)

    # Client events

    def _update_session(self, event: Json, now: float) -> None:
        usage = Usage(self._stage.items.spoken(), self._responses.any_under_way)
        self._config.update(event["session"], usage)
        self._listening.configure()
        self._stage.outbox.emit("session.updated", session=self._config.view())

    def _append(self, event: Json, now: float) -> None:
        written = event["audio"]
        if self._echo is not None:
            self._echo.append(written, now)
            return
        if len(written) > _APPEND_MAX_BYTES:
            raise errors.invalid_value("audio", "Invalid 'audio': at most 15 MiB per event.")
        audio = read_audio(written, self._config.input_format, "audio")
        self._listening.append(audio, now)

    def _commit(self, event: Json, now: float) -> None:
        self._listening.commit(now)

    def _clear(self, event: Json, now: float) -> None:
        self._listening.clear()

    def _create_item(self, event: Json, now: float) -> None:
        given = event["item"]
        item_id = given.get("id") or self._stage.ids.new("item")
        item = read_item(given, item_id, self._config.input_format)
        previous = self._stage.items.insert(item, event.get("previous_item_id"))
        for name in ("added", "done"):
            self._stage.outbox.emit(
                f"conversation.item.{name}", previous_item_id=previous, item=item.wire()
            )

    def _retrieve_item(self, event: Json, now: float) -> None:
        item = self._stage.items.retrieve(event["item_id"])
        self._stage.outbox.emit("conversation.item.retrieved", item=item)

    def _truncate_item(self, event: Json, now: float) -> None:
        asked = {key: event[key] for key in ("item_id", "content_index", "audio_end_ms")}
        self._stage.items.truncate(**asked)
        self._stage.outbox.emit("conversation.item.truncated", **asked)

    def _delete_item(self, event: Json, now: float) -> None:
        self._stage.items.delete(event["item_id"])
        self._stage.outbox.emit("conversation.item.deleted", item_id=event["item_id"])

    def _create_response(self, event: Json, now: float) -> None:
        self._respond(event.get("response") or {}, now)

    def _cancel_response(self, event: Json, now: float) -> None:
        self._responses.cancel(event.get("response_id"), now)

    def _clear_output(self, event: Json, now: float) -> None:
        """Over WebSocket the client holds the output buffer: there is nothing to clear."""

    # Responses

    def _respond(self, override: Json, now: float) -> None:
        options = self._options(override)
        if options.conversation_id is not None:
            self._responses.check_free()
            if options.output["voice"] != self._config.voice and self._stage.items.spoken():
                raise errors.voice_is_fixed()
        context = self._context(override)
        answer = self._voice.answer(options.prompt(context))
        self._responses.answer(options, context, answer, now)

    def _options(self, override: Json | None = None) -> ResponseOptions:
        permitted = self._config.permitted(override or {})
        return merge_options(self._config.defaults, permitted, self._id)

    def _context(self, override: Json) -> list[Item]:
        """What the answer is to: the conversation, or the input given in its place."""
        if "input" not in override:
            return list(self._stage.items)
        return [
            self._input_item(given, f"response.input[{index}]")
            for index, given in enumerate(override["input"])
        ]

    def _input_item(self, given: Json, path: str) -> Item:
        if given["type"] != "item_reference":
            item_id = given.get("id") or self._stage.ids.new("item")
            return read_item(given, item_id, self._config.input_format, path)
        item = self._stage.items.find(given["id"])
        if item is None:
            message = f"Item with item_id not found: {given['id']}"
            raise errors.invalid_value(f"{path}.id", message)
        return item

    def _response_done(self, response: Response, now: float) -> None:
        self._transcriptions.response_done()
        self._listening.await_speech(response.unplayed_ms(now))

    def _is_responding(self) -> bool:
        return self._responses.active is not None

    def _detects(self, flag: str) -> bool:
        detection = self._config.turn_detection
        return detection is not None and bool(detection[flag])

    _steps: ClassVar[dict[str, Callable[[Conversation, Json, float], None]]] = {
        "session.update": _update_session,
        "input_audio_buffer.append": _append,
        "input_audio_buffer.commit": _commit,
        "input_audio_buffer.clear": _clear,
        "conversation.item.create": _create_item,
        "conversation.item.retrieve": _retrieve_item,
        "conversation.item.truncate": _truncate_item,
        "conversation.item.delete": _delete_item,
        "response.create": _create_response,
        "response.cancel": _cancel_response,
        "output_audio_buffer.clear": _clear_output,
    }
