"""One response: the events it sends, in the order that was captured.

Owns a response's items while they grow and the shape of its ending. Must not know
when anything is due, nor what the voice meant. Source of the order: protocol
reference, sections 5 (c), (e), (f), (g), (h).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from rtproxy.simulator.commands import Json
from rtproxy.simulator.formats import write_audio
from rtproxy.simulator.items import Item
from rtproxy.simulator.options import ResponseOptions
from rtproxy.simulator.output import begin_item, begin_part
from rtproxy.simulator.plan import OpenItem, PartKind
from rtproxy.simulator.stage import Stage
from rtproxy.simulator.usage import usage
from rtproxy.simulator.voices.voice import Called, CalledMcp

_CUT_OFF = "The response ended before the tool had answered."
_SPEAKS = (PartKind.AUDIO, PartKind.TEXT)


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
        self._called: Called | CalledMcp | None = None
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
        item = begin_item(opening, self._stage.ids)
        self._output.append(item)
        self._open, self._said, self._called = opening.part, "", opening.called
        self._emit_output("response.output_item.added", item=item.wire())
        if self.in_conversation:
            previous = self._stage.items.append(item)
            self._stage.outbox.emit(
                "conversation.item.added", previous_item_id=previous, item=item.wire()
            )
        if opening.part in _SPEAKS:
            item.parts = [begin_part(opening.part, self.options.audio_format)]
            self._emit_part("response.content_part.added", part=self._part_said())
        elif opening.part is PartKind.APPROVAL and isinstance(opening.called, CalledMcp):
            self._stage.approvals[item.id] = replace(opening.called, approval_id=item.id)

    def delta(self, text: str) -> None:
        """Send the next piece of transcript, text or arguments."""
        self._said += text
        fields: Json = {"delta": text, "obfuscation": self._stage.ids.pad(text)}
        if self._open is PartKind.ARGUMENTS:
            self._item.fields["arguments"] = self._said
            self._emit_call("response.function_call_arguments.delta", **fields)
            return
        if self._open is PartKind.MCP_CALL:
            self._item.fields["arguments"] = self._said
            self._emit_output("response.mcp_call_arguments.delta", item_id=self._item.id, **fields)
            return
        part = self._item.parts[0]
        if self._open is PartKind.TEXT:
            part.text = self._said
            self._emit_part("response.output_text.delta", **fields)
            return
        if part.transcript is not None:  # a truncated answer has lost its transcript
            part.transcript = self._said
        self._emit_part("response.output_audio_transcript.delta", **fields)

    def run_tool(self) -> None:
        """The upstream calls the tool of an MCP server."""
        self._emit_output(
            "response.mcp_call_arguments.done", item_id=self._item.id, arguments=self._said
        )
        self._emit_run("in_progress")

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
        if self._open is PartKind.MCP_CALL:
            self._close_run(_CUT_OFF if status == "incomplete" else None)
        self._close_part(self._open)
        self._open = None
        item = self._item
        if item.status is not None:  # items of MCP have none
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

    def _close_part(self, kind: PartKind) -> None:
        if kind is PartKind.ARGUMENTS:
            name = self._item.fields["name"]
            arguments = self._said
            self._emit_call("response.function_call_arguments.done", name=name, arguments=arguments)
            return
        if kind not in _SPEAKS:
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

    def _close_run(self, failure: str | None) -> None:
        """What the tool of an MCP server has answered, or why it has not."""
        call = self._called
        failure = failure or (call.failure if isinstance(call, CalledMcp) else None)
        if failure is None:
            self._item.fields["output"] = call.output if isinstance(call, CalledMcp) else ""
        else:
            error = {"type": "tool_execution_error", "message": failure}
            self._item.fields["error"] = error
        self._emit_run("completed" if failure is None else "failed")

    def _emit_run(self, state: str) -> None:
        index = len(self._output) - 1
        event_type = f"response.mcp_call.{state}"
        self._stage.outbox.emit(event_type, item_id=self._item.id, output_index=index)

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
