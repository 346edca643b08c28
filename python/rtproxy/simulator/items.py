"""The conversation's items, in order, and what may be done to them.

Owns items with all their audio, and every rule about creating, deleting and
truncating them. Must not know how answers come about.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from rtproxy.model.audio_format import AudioFormat
from rtproxy.simulator import errors
from rtproxy.simulator.commands import Json
from rtproxy.simulator.formats import read_audio, span_bytes, write_audio

ROOT = "root"  # as previous_item_id: before everything


@dataclass(slots=True)
class Part:
    """One content part. Audio parts keep their audio, which the wire shows on retrieval only."""

    kind: str  # input_text, input_audio, input_image, output_text, output_audio
    text: str = ""
    transcript: str | None = None
    audio: bytearray = field(default_factory=bytearray)
    audio_format: AudioFormat | None = None
    raw: Json = field(default_factory=dict)  # an image, as it came

    @property
    def audio_ms(self) -> int:
        """How long its audio plays."""
        return int(self.audio_format.milliseconds(len(self.audio))) if self.audio_format else 0

    def wire(self, *, with_audio: bool = False) -> Json:
        """As it appears in an event."""
        if self.audio_format is None:
            return self.raw or {"type": self.kind, "text": self.text}
        audio = {"audio": write_audio(self.audio)} if with_audio else {}
        return {"type": self.kind, **audio, "transcript": self.transcript}


@dataclass(slots=True)
class Item:
    """One item. `fields` are those of its type, beside id, type, status and content."""

    id: str
    kind: str
    fields: Json = field(default_factory=dict)
    role: str | None = None
    status: str | None = None  # a function_call_output has none
    parts: list[Part] = field(default_factory=list)

    def wire(self, *, with_audio: bool = False) -> Json:
        """As it appears in an event, in the order of keys that was captured."""
        shown: Json = {"id": self.id, "type": self.kind}
        if self.status:
            shown["status"] = self.status
        if self.role:
            shown["role"] = self.role
            shown["content"] = [part.wire(with_audio=with_audio) for part in self.parts]
        return {**shown, **self.fields}


def read_item(given: Json, item_id: str, audio_format: AudioFormat, path: str = "item") -> Item:
    """The item that a client's checked JSON describes; `path` is where it stands."""
    kind = given["type"]
    if kind != "message":
        own = {k: v for k, v in given.items() if k not in ("id", "object", "type", "status")}
        status = "completed" if kind == "function_call" else None
        return Item(item_id, kind, own, status=status)
    parts = [
        _read_part(part, f"{path}.content[{index}]", audio_format)
        for index, part in enumerate(given["content"])
    ]
    status = given.get("status", "completed")
    return Item(item_id, kind, role=given["role"], status=status, parts=parts)


def _read_part(given: Json, path: str, audio_format: AudioFormat) -> Part:
    kind = given["type"]
    if kind == "input_audio":
        audio = bytearray(read_audio(given["audio"], audio_format, f"{path}.audio"))
        return Part(
            kind, transcript=given.get("transcript"), audio=audio, audio_format=audio_format
        )
    if kind == "input_image":
        return Part(kind, raw=dict(given))
    return Part("output_text" if kind == "output_audio" else kind, text=given["text"])


class Items:
    """The default conversation."""

    def __init__(self) -> None:
        self._items: list[Item] = []

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items)

    def find(self, item_id: str) -> Item | None:
        """The item of that id, if it is there."""
        return next((item for item in self._items if item.id == item_id), None)

    def last_id(self) -> str | None:
        """What a new item would come after."""
        return self._items[-1].id if self._items else None

    def append(self, item: Item) -> str | None:
        """Put it at the end; returns the id of the one before."""
        previous = self.last_id()
        self._items.append(item)
        return previous

    def insert(self, item: Item, after: str | None) -> str | None:
        """Put it after the item of that id, first for `root`, last for None or ""."""
        if self.find(item.id) is not None:
            raise errors.item_exists(item.id)
        self._check_call(item)
        if not after:
            return self.append(item)
        place = 0 if after == ROOT else self._place_after(after)
        self._items.insert(place, item)
        return self._items[place - 1].id if place else None

    def delete(self, item_id: str) -> None:
        """Take it out."""
        item = self.find(item_id)
        if item is None:
            raise errors.no_item_to_delete(item_id)
        self._items.remove(item)

    def retrieve(self, item_id: str) -> Json:
        """All of it, audio included."""
        item = self.find(item_id)
        if item is None:
            raise errors.no_item_to_retrieve(item_id)
        return item.wire(with_audio=True)

    def truncate(self, item_id: str, content_index: int, audio_end_ms: int) -> None:
        """Cut an answer's audio to what was heard; its transcript goes, for nobody knows where."""
        item = self.find(item_id)
        if item is None:
            raise errors.no_item_to_truncate(item_id)
        parts = item.parts if item.role == "assistant" else []
        part = parts[content_index] if content_index < len(parts) else None
        if part is None or part.audio_format is None:
            raise errors.not_model_audio()
        if audio_end_ms > part.audio_ms:
            raise errors.already_shorter(part.audio_ms, audio_end_ms)
        del part.audio[span_bytes(part.audio_format, audio_end_ms) :]
        part.transcript = None

    def spoken(self) -> bool:
        """Whether assistant audio is present."""
        return any(
            part.audio_format is not None
            for item in self._items
            if item.role == "assistant"
            for part in item.parts
        )

    def _check_call(self, item: Item) -> None:
        if item.kind == "function_call_output" and not any(
            known.kind == "function_call" and known.fields.get("call_id") == item.fields["call_id"]
            for known in self._items
        ):
            raise errors.no_such_call(item.fields["call_id"])

    def _place_after(self, item_id: str) -> int:
        for place, item in enumerate(self._items):
            if item.id == item_id:
                return place + 1
        raise errors.no_previous_item(item_id)
