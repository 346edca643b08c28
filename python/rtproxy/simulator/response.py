"""One response: the events it sends, in the order that was captured.

Owns a response's items while they grow and the shape of its ending. Must not know
when anything is due, nor what the voice meant. Source of the order: protocol
reference, sections 5 (c), (e), (f), (g), (h).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rtproxy.simulator.commands import Json
from rtproxy.simulator.formats import write_audio
from rtproxy.simulator.items import Item, Part
from rtproxy.simulator.options import ResponseOptions
from rtproxy.simulator.plan import OpenItem, PartKind
from rtproxy.simulator.stage import Stage
from rtproxy.simulator.usage import usage


class Response:
    """A response in progress, then done; `context` is what it has read."""

    def __init__(self, stage: Stage, options: ResponseOptions, context: Sequence[Item]) -> None:
        self.id = stage.ids.new("resp")
        self.options = options
        self.done = False
        self.audio_ms = 0.0
        self.audio_since: float | None = None  # when its first audio was sent
        self._stage = stage
        self._context = list(context)
        self._output: list[Item] = []
        self._open: PartKind | None = None
        self._said = ""
        stage.outbox.emit("response.created", response=options.wire(self.id))

    @property
    def in_conversation(self) -> bool:
        """Whether it writes to the default conversation."""
        return self.options.conversation_id is not None

    def unplayed_ms(self, now: float) -> float:
        """How much of its audio a player that began at once has still to play."""
        if self.audio_since is None:
            return 0.0
        return max(0.0, self.audio_ms - (now - self.audio_since) * 1000)

    @property
    def tokens(self) -> int:
        """What it has used."""
        total: int = self._usage()["total_tokens"]
        return total

    def open_item(self, opening: OpenItem) -> None:
        """Begin an output item and, for a message, its one content part."""
        item = self._new_item(opening)
        self._output.append(item)
        self._open, self._said = opening.part, ""
        self._emit_output("response.output_item.added", item=item.wire())
        if self.in_conversation:
            previous = self._stage.items.append(item)
            self._stage.outbox.emit(
                "conversation.item.added", previous_item_id=previous, item=item.wire()
            )
        if opening.part is not PartKind.ARGUMENTS:
            self._open_part(item, opening.part)

    def delta(self, text: str) -> None:
        """Send the next piece of transcript, text or arguments."""
        self._said += text
        fields: Json = {"delta": text, "obfuscation": self._stage.ids.pad(text)}
        if self._open is PartKind.ARGUMENTS:
            self._item.fields["arguments"] = self._said
            self._emit_call("response.function_call_arguments.delta", **fields)
            return
        part = self._item.parts[0]
        if self._open is PartKind.TEXT:
            part.text = self._said
            self._emit_part("response.output_text.delta", **fields)
            return
        if part.transcript is not None:  # a truncated answer has lost its transcript
            part.transcript = self._said
        self._emit_part("response.output_audio_transcript.delta", **fields)

    def audio_delta(self, audio: bytes, now: float) -> None:
        """Send the next piece of audio and keep it for retrieval, unless it was truncated away."""
        self.audio_delta_written(write_audio(audio))
        if self.audio_since is None:
            self.audio_since = now
        part = self._item.parts[0]
        self.audio_ms += self.options.audio_format.milliseconds(len(audio))
        if part.transcript is not None:
            part.audio += audio

    def audio_delta_written(self, audio: str) -> None:
        """Send audio that is base64 already, and keep nothing of it."""
        self._emit_part("response.output_audio.delta", delta=audio)

    def close_item(self, status: str = "completed") -> None:
        """End the open item, if there is one: `completed` or `incomplete`."""
        if self._open is None:
            return
        self._close_part(self._open)
        self._open = None
        item = self._item
        item.status = status
        if self.in_conversation:
            # Captured: null here although `added` named the previous item.
            self._stage.outbox.emit(
                "conversation.item.done", previous_item_id=None, item=item.wire()
            )
        self._emit_output("response.output_item.done", item=item.wire())

    def finish(self, status: str, details: Json | None = None) -> None:
        """End the response: completed, cancelled, incomplete or failed."""
        self.close_item("completed" if status == "completed" else "incomplete")
        self.done = True
        response = {
            **self.options.wire(self.id),
            "status": status,
            "status_details": details,
            "output": [item.wire() for item in self._output],
            "usage": self._usage(),
        }
        self._stage.outbox.emit("response.done", response=response)

    @property
    def _item(self) -> Item:
        return self._output[-1]

    def _usage(self) -> Json:
        return usage(self._context, self.options.instructions, self._output)

    def _new_item(self, opening: OpenItem) -> Item:
        item_id = self._stage.ids.new("item")
        if opening.part is PartKind.ARGUMENTS:
            fields = {"name": opening.name, "call_id": self._stage.ids.new("call"), "arguments": ""}
            return Item(item_id, "function_call", fields, status="in_progress")
        return Item(item_id, "message", role="assistant", status="in_progress")

    def _open_part(self, item: Item, kind: PartKind) -> None:
        if kind is PartKind.AUDIO:
            audio_format = self.options.audio_format
            item.parts = [Part("output_audio", transcript="", audio_format=audio_format)]
        else:
            item.parts = [Part("output_text")]
        self._emit_part("response.content_part.added", part=self._part_said())

    def _close_part(self, kind: PartKind) -> None:
        if kind is PartKind.ARGUMENTS:
            name = self._item.fields["name"]
            arguments = self._said
            self._emit_call("response.function_call_arguments.done", name=name, arguments=arguments)
            return
        if kind is PartKind.TEXT:
            self._emit_part("response.output_text.done", text=self._said)
        else:
            self._emit_part("response.output_audio.done")
            self._emit_part("response.output_audio_transcript.done", transcript=self._said)
        self._emit_part("response.content_part.done", part=self._part_said())

    def _part_said(self) -> Json:
        if self._open is PartKind.TEXT:
            return {"type": "text", "text": self._said}
        return {"type": "audio", "transcript": self._said}

    def _emit_output(self, event_type: str, **fields: Any) -> None:
        index = len(self._output) - 1
        self._stage.outbox.emit(event_type, response_id=self.id, output_index=index, **fields)

    def _emit_call(self, event_type: str, **fields: Any) -> None:
        item = self._item
        call = {"item_id": item.id, "call_id": item.fields["call_id"]}
        self._emit_output(event_type, **call, **fields)

    def _emit_part(self, event_type: str, **fields: Any) -> None:
        self._stage.outbox.emit(
            event_type,
            response_id=self.id,
            item_id=self._item.id,
            output_index=len(self._output) - 1,
            content_index=0,
            **fields,
        )
