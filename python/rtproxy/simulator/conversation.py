"""A realtime session: one conversation, listened to and answered.

Owns which part knows which client event, and what listening sets off. Must not know
sockets, JSON text, keys, or clocks; times are seconds of one monotonic clock.
"""

from __future__ import annotations

from collections import deque
from functools import partial

from rtproxy.simulator import errors
from rtproxy.simulator.commands import Json
from rtproxy.simulator.errors import Refusal
from rtproxy.simulator.ids import Ids
from rtproxy.simulator.item_steps import delete_item, retrieve_item, truncate_item
from rtproxy.simulator.items import Item, read_item
from rtproxy.simulator.listening import Listening
from rtproxy.simulator.live import LiveEcho
from rtproxy.simulator.mcp import McpServers
from rtproxy.simulator.options import ResponseOptions, merge_options
from rtproxy.simulator.outbox import Outbox
from rtproxy.simulator.response import Response
from rtproxy.simulator.responses import Responses
from rtproxy.simulator.session import Session, Step
from rtproxy.simulator.session_config import SessionConfig, Usage
from rtproxy.simulator.session_schema import CLIENT_EVENTS
from rtproxy.simulator.settings import Settings, VoiceName, make_voice
from rtproxy.simulator.stage import Stage
from rtproxy.simulator.transcription import Transcriptions
from rtproxy.simulator.voices.voice import Answer


class Conversation(Session):
    """A realtime session of the simulated upstream, from `session.created` on."""

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
        stage = Stage(settings, ids, Outbox(ids))
        self._voice = make_voice(settings)
        self._config = SessionConfig(
            ids.new("sess"),
            model,
            created_at + int(settings.session_max_s),
            settings.forced_formats,
        )
        if session is not None:
            self._config.update({**session, "model": model}, Usage())
        self._responses = Responses(stage, self._response_done, now)
        self._transcriptions = Transcriptions(stage, self._is_responding)
        self._listening = Listening(stage, self._config, self)
        self._mcp = McpServers(stage, self._voice)
        self._going_on: deque[Answer] = deque()  # what begins answers that nobody asks for
        echoes = settings.voice is VoiceName.ECHO
        self._echo = LiveEcho(stage, self._options, self._responses) if echoes else None
        super().__init__(stage, CLIENT_EVENTS, self._steps_of(stage))
        stage.outbox.emit("session.created", session=self._config.view())

    def _steps_of(self, stage: Stage) -> dict[str, Step]:
        return {
            "session.update": self._update_session,
            "input_audio_buffer.append": self._append,
            "input_audio_buffer.commit": self._listening.commit,
            "input_audio_buffer.clear": self._listening.clear,
            "conversation.item.create": self._create_item,
            "conversation.item.retrieve": partial(retrieve_item, stage),
            "conversation.item.truncate": partial(truncate_item, stage),
            "conversation.item.delete": partial(delete_item, stage),
            "response.create": self._create_response,
            "response.cancel": self._cancel_response,
            "output_audio_buffer.clear": self._clear_output,
        }

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
        self._transcriptions.add(item, heard, self._config, now)

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
        self._mcp.configure(self._config.defaults["tools"], now)

    def _append(self, event: Json, now: float) -> None:
        if self._echo is not None:
            self._echo.append(event["audio"], now)
        else:
            self._listening.append(event, now)

    def _create_item(self, event: Json, now: float) -> None:
        given = event["item"]
        item_id = given.get("id") or self._stage.ids.new("item")
        item = read_item(given, item_id, self._config.input_format)
        approves = item.kind == "mcp_approval_response"
        if approves:
            self._mcp.check(given)
        previous = self._stage.items.insert(item, event.get("previous_item_id"))
        for name in ("added", "done"):
            self._stage.outbox.emit(
                f"conversation.item.{name}", previous_item_id=previous, item=item.wire()
            )
        if approves:
            self._going_on.append(self._mcp.settle(given))
            self._stage.agenda.at(now, self._go_on)

    def _create_response(self, event: Json, now: float) -> None:
        self._respond(event.get("response") or {}, now)

    def _cancel_response(self, event: Json, now: float) -> None:
        self._responses.cancel(event.get("response_id"), now)

    def _clear_output(self, event: Json, now: float) -> None:
        """Over WebSocket the client holds the output buffer: there is nothing to clear."""

    # Responses

    def _respond(self, override: Json, now: float, first: Answer = ()) -> None:
        options = self._options(override)
        if options.conversation_id is not None:
            self._responses.check_free()
            if options.output["voice"] != self._config.voice and self._stage.items.spoken():
                raise errors.voice_is_fixed()
        context = self._context(override)
        answer = [*first, *self._voice.answer(options.prompt(context))]
        self._responses.answer(options, context, answer, now)

    def _go_on(self, now: float) -> None:
        """A call was approved or was not: the model goes on by itself, once it is free."""
        if self._going_on and not self._is_responding():
            self._respond({}, now, self._going_on.popleft())

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
        self._transcriptions.response_done(now)
        self._listening.await_speech(response.unplayed_ms(now))
        self._stage.agenda.at(now, self._go_on)  # after a turn that may be waiting

    def _is_responding(self) -> bool:
        return self._responses.active is not None

    def _detects(self, flag: str) -> bool:
        detection = self._config.turn_detection
        return detection is not None and bool(detection[flag])
