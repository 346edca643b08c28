"""The last finished items, for who comes late.

Owns which are kept and in which language one reads each. Must not know who comes.
"""

from __future__ import annotations

from collections import OrderedDict

from rtproxy.model.room import Caption
from rtproxy.rooms.audience import TRANSCRIPT

# An item of which nobody learns anything must not make us remember it.
MOST_TEXTLESS = 64


class Finished:
    """The last `most` items with a text, in the order in which they were said."""

    def __init__(self, most: int) -> None:
        """Begin with none."""
        self._most = most
        # By item: its translations by language, and under "" its transcript.
        self._items: OrderedDict[str, dict[str, Caption]] = OrderedDict()

    def begin(self, item_id: str) -> None:
        """An item is being said: its place is behind all that were said before."""
        self._items.setdefault(item_id, {})
        self._bound()

    def keep(self, caption: Caption) -> None:
        """An item's whole text has been told to those who read this language."""
        if caption.item_id in self._items:  # else it comes too late: there are newer ones
            language = "" if caption.kind == TRANSCRIPT else caption.language
            self._items[caption.item_id][language] = caption
            self._bound()

    def _bound(self) -> None:
        surplus = sum(map(bool, self._items.values())) - self._most
        while surplus > 0 or len(self._items) > self._most + MOST_TEXTLESS:
            _, texts = self._items.popitem(last=False)
            surplus -= bool(texts)

    def has(self, item_id: str, language: str) -> bool:
        """Whether an item's text in this language is kept."""
        return language in self._items.get(item_id, ())

    def for_reader_of(self, language: str | None) -> list[Caption]:
        """Each item in this language where it exists, else as it was said."""
        found = (texts.get(language or "") or texts.get("") for texts in self._items.values())
        return [caption for caption in found if caption is not None]
