"""The conversation's items in order, each with what is known of it.

Owns the order, by predecessor as the upstream tells it, and what was written, said,
called and cut. Text and transcripts come later than their item, and a truncation later
still. It has a bound, in items and in characters; beyond it the oldest are forgotten. Must
not know what it is needed for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

import msgspec

from rtproxy.model import events as ev

MAX_ITEMS = 1_000
MAX_CHARACTERS = 4_000_000


class Item(msgspec.Struct):
    """One item. `role` and those after `finished` are None where its kind has none.

    `texts` has each part's text or transcript as far as it is known; after a truncation
    it still has what was generated, of which the first `heard_ms` were heard.
    """

    item_id: str
    kind: str = "message"
    role: str | None = None
    texts: dict[int, str] = {}
    heard_ms: int | None = None
    finished: bool = True
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None
    output: str | None = None

    @property
    def text(self) -> str | None:
        """What it says; None where that is not known."""
        return "\n".join(self.texts[part] for part in sorted(self.texts)) if self.texts else None

    @property
    def size(self) -> int:
        """Its characters."""
        own = sum(map(len, self.texts.values()))
        return own + len(self.arguments or "") + len(self.output or "")


class History:
    """The items of one session's conversation, the first one first."""

    def __init__(self) -> None:
        """Start without any."""
        self._order: list[str] = []
        self._items: dict[str, Item] = {}
        self._outside: set[str] = set()
        self._characters = 0

    def __iter__(self) -> Iterator[Item]:
        """All that are known, in order."""
        return (self._items[one] for one in self._order)

    def find(self, item_id: str) -> Item | None:
        """The item of that id, if it is known."""
        return self._items.get(item_id)

    def last(self, count: int) -> list[str]:
        """The ids of the last `count` finished items, in order; of all, if there are fewer."""
        found: list[str] = []
        for item_id in reversed(self._order):
            if len(found) == count:
                break
            if self._items[item_id].finished:
                found.append(item_id)
        return found[::-1]

    def before(self, item_id: str) -> str | None:
        """The id of the one before it; None where it is the first, or not known."""
        place = self._place(item_id)
        return self._order[place - 1] if place > 0 else None

    def precedes(self, item_id: str, other: str) -> bool:
        """Whether it comes before the other one; one that is not known comes after all."""
        place = self._place(item_id)
        return place >= 0 and (other not in self._items or place < self._place(other))

    def leave_out(self, item_id: str) -> None:
        """An item of a response outside the conversation, whatever else is said of it."""
        self._outside.add(item_id)

    def note(self, event: ev.Event) -> None:
        """Something was said, by the upstream or to it."""
        noted = self.noted.get(type(event))
        if noted is not None:
            noted(self, event)

    def _place(self, item_id: str | None) -> int:
        """Where it stands, or -1; most that are looked for are among the last."""
        if item_id not in self._items:
            return -1
        for place in range(len(self._order) - 1, -1, -1):
            if self._order[place] == item_id:
                return place
        return -1

    # What changes it

    def _put(self, item_id: str, previous: str | None) -> Item:
        """The item, which is put behind `previous` if it is new; where that is not known, last.

        Null says that it is the first. Nobody here puts anything before all else, so it
        can only be so of the first one that there is; and some upstreams always say null.
        """
        item = self._items.get(item_id)
        if item is not None:
            return item
        if previous in self._items and previous != self._order[-1]:
            self._order.insert(self._place(previous) + 1, item_id)
        else:
            self._order.append(item_id)
        item = self._items[item_id] = Item(item_id)
        return item

    def _bound(self) -> None:
        """Forget the oldest while there is too much; the newest alone may be too big."""
        while len(self._order) > MAX_ITEMS or (
            self._characters > MAX_CHARACTERS and len(self._order) > 1
        ):
            self._forget(self._order[0])

    def _forget(self, item_id: str) -> None:
        item = self._items.pop(item_id, None)
        if item is not None:
            self._order.remove(item_id)
            self._characters -= item.size

    def _committed(self, event: ev.InputCommitted) -> None:
        self._put(event.item_id, event.previous_item_id).role = "user"
        self._bound()

    def _added(self, event: ev.ItemAdded) -> None:
        said = event.item
        item_id = str(said.get("id"))
        if item_id in self._outside:
            return
        item = self._put(item_id, event.previous_item_id)
        before = item.size
        item.role = said.get("role")
        item.finished = said.get("status") != "in_progress"
        if content := said.get("content"):
            item.texts = {**_texts_in(content), **item.texts}
        if (kind := str(said.get("type", "message"))) != "message":
            item.kind = kind
            item.call_id, item.name = said.get("call_id"), said.get("name")
            item.arguments = item.arguments or said.get("arguments")
            item.output = said.get("output")
        self._characters += item.size - before
        self._bound()

    def _done(self, event: ev.ResponseDone) -> None:
        """The items of an answer are what they will be."""
        for said in event.response.get("output") or ():
            item_id = str(said.get("id"))
            self._outside.discard(item_id)
            item = self._items.get(item_id)
            if item is None:
                continue
            item.finished = True
            if not item.texts:
                for part, text in _texts_in(said.get("content") or ()).items():
                    self._say(item, part, text)

    def _say(self, item: Item | None, part: int, text: str) -> None:
        if item is not None:
            self._characters += len(text) - len(item.texts.get(part, ""))
            item.texts[part] = text
            self._bound()

    def _called(self, event: ev.CallMade) -> None:
        item = self._items.get(event.item_id)
        if item is not None:
            self._characters += len(event.arguments) - len(item.arguments or "")
            item.arguments = event.arguments
            self._bound()

    def _truncated(self, event: ev.ItemTruncate | ev.ItemTruncated) -> None:
        item = self._items.get(event.item_id)
        if item is not None:
            item.heard_ms = event.audio_end_ms

    noted: ClassVar[dict[type[ev.Event], Callable[[History, Any], None]]] = {
        ev.InputCommitted: _committed,
        ev.ItemAdded: _added,
        ev.ItemDeleted: lambda self, event: self._forget(event.item_id),
        ev.ItemTruncate: _truncated,
        ev.ItemTruncated: _truncated,
        ev.InputTranscriptDone: lambda self, event: self._say(
            self.find(event.item_id), event.content_index, event.transcript
        ),
        ev.OutputTextDone: lambda self, event: self._say(
            self.find(event.item_id), event.content_index, event.text
        ),
        ev.CallMade: _called,
        ev.ResponseDone: _done,
    }


def _texts_in(content: Sequence[ev.Json]) -> dict[int, str]:
    """What an item's parts say, by their place; those that are silent yet are left out."""
    parts = ((part.get("text") or part.get("transcript")) for part in content)
    return {place: str(text) for place, text in enumerate(parts) if text}
