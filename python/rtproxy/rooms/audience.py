"""An audience: all who read the same language, and what they are told in which order.

Owns the order: an item is told in the order in which it was said, so what is known of a
later one waits until the one before is done, has failed, or is `LATE_S` late. Nobody is
told a word twice, and everybody every item that is finished. Must not know where texts
come from, nor who is told.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from math import inf

from rtproxy.model.events import Failure
from rtproxy.model.room import Caption, CaptionFailed
from rtproxy.rooms.items import Item

TRANSCRIPT, TRANSLATION = "transcript", "translation"

# How long the items behind one wait for it, from its end or its last word on.
LATE_S = 10.0

Told = Caption | CaptionFailed


@dataclass(slots=True, eq=False)
class Text:
    """What this audience knows of an item: `told` is, `text` will have been told to it."""

    item: Item
    kind: str
    language: str
    text: str = ""
    told: str = ""
    outcome: str | Failure | None = None
    heard_at: float = -inf

    def caption(self, text: str, *, final: bool = False) -> Caption:
        """Words for this audience."""
        return Caption(
            kind=self.kind,
            item_id=self.item.item_id,
            language=self.language,
            text=text,
            final=final,
        )

    def news(self) -> list[Told]:
        """The piece that was not told yet; of a text that began anew, once it is longer."""
        more = self.text[len(self.told) :]
        if not more or not self.text.startswith(self.told):
            return []
        self.told = self.text
        return [self.caption(more)]

    def end(self) -> list[Told]:
        """The whole, or why there is none; nothing where nothing was said or told."""
        if isinstance(self.outcome, Failure):
            item_id, kind, language = self.item.item_id, self.kind, self.language
            failed = CaptionFailed(
                kind=kind, item_id=item_id, language=language, error=self.outcome
            )
            return [failed]
        text = self.outcome or ""
        return [self.caption(text, final=True)] if text or self.told else []

    @property
    def late_at(self) -> float:
        """When the others wait no longer for it."""
        if self.item.ended_at is None:
            return inf
        return max(self.item.ended_at, self.heard_at) + LATE_S


class Audience:
    """One language; None: whatever is spoken."""

    def __init__(self, language: str | None) -> None:
        """Begin with nothing said."""
        self.language = language
        self._order: deque[Text] = deque()
        self._late: dict[Item, Text] = {}

    @property
    def deadline(self) -> float:
        """When the first in the order is late."""
        return self._order[0].late_at if self._order else inf

    @property
    def waiting(self) -> list[Item]:
        """What it has not been told to its end, in order."""
        return [*self._late, *(text.item for text in self._order)]

    @property
    def so_far(self) -> list[Caption]:
        """What it has been told of the item that it is being told, for who comes now."""
        head = self._order[0] if self._order else None
        return [head.caption(head.told)] if head and head.told else []

    def kind_of(self, item: Item) -> str:
        """Whether it reads an item as it was said, or translated."""
        return TRANSCRIPT if self.language in (None, item.language) else TRANSLATION

    def begin(self, item: Item) -> None:
        """An item is being said."""
        language = self.language or item.language
        self._order.append(Text(item, self.kind_of(item), language))

    @property
    def unfinished(self) -> list[Text]:
        """What it knows of each of them."""
        return [*self._late.values(), *self._order]

    def join_in(self, text: Text) -> None:
        """Wait for what another waits for: of what is a transcript, know as much."""
        if self.kind_of(text.item) == TRANSLATION:
            self.begin(text.item)
        else:
            self._order.append(replace(text))

    def add(self, item: Item, delta: str, now: float) -> list[Told]:
        """More of an item's text."""
        text = self._find(item)
        if text is None:
            return []
        text.text += delta
        text.heard_at = now
        return text.news() if text is self._order_head else []

    def begin_anew(self, item: Item) -> None:
        """An item's text will be written from its first word again."""
        text = self._find(item)
        if text is not None:
            text.text = ""

    def finish(self, item: Item, outcome: str | Failure) -> list[Told]:
        """An item's text is known to its end, or never will be."""
        text = self._find(item)
        if text is None:
            return []
        text.outcome = outcome
        if self._late.pop(item, None) is not None:
            return text.end()
        return self._tell_in_order() if text is self._order_head else []

    def passed(self, now: float) -> list[Told]:
        """Time has passed: who is late is told when it comes, out of the order."""
        told: list[Told] = []
        while self._order and self._order[0].late_at <= now:
            text = self._order.popleft()
            self._late[text.item] = text
            told += self._tell_in_order()
        return told

    @property
    def _order_head(self) -> Text | None:
        return self._order[0] if self._order else None

    def _find(self, item: Item) -> Text | None:
        late = self._late.get(item)
        return late or next((text for text in self._order if text.item is item), None)

    def _tell_in_order(self) -> list[Told]:
        """From the first on: what is finished, and what there is of the one being told."""
        told: list[Told] = []
        while self._order:
            if self._order[0].outcome is None:
                return told + self._order[0].news()
            told += self._order.popleft().end()
        return told
