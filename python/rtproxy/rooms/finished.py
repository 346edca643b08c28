"""The last finished items, for who comes late.

Owns which are kept and in which language one reads each. Must not know who comes.
"""

from __future__ import annotations

from collections import OrderedDict

from rtproxy.model.room import Caption
from rtproxy.rooms.audience import TRANSCRIPT


class Finished:
    """The last `most` items with a text, in the order in which they were told."""

    def __init__(self, most: int) -> None:
        """Begin with none."""
        self._most = most
        # By item: its translations by language, and under "" its transcript.
        self._items: OrderedDict[str, dict[str, Caption]] = OrderedDict()

    def keep(self, caption: Caption) -> None:
        """An item's whole text has been told to those who read this language."""
        language = "" if caption.kind == TRANSCRIPT else caption.language
        self._items.setdefault(caption.item_id, {})[language] = caption
        while len(self._items) > self._most:
            self._items.popitem(last=False)

    def has(self, item_id: str, language: str) -> bool:
        """Whether an item's text in this language is kept."""
        return language in self._items.get(item_id, ())

    def for_reader_of(self, language: str | None) -> list[Caption]:
        """Each item in this language where it exists, else as it was said."""
        found = (texts.get(language or "") or texts.get("") for texts in self._items.values())
        return [caption for caption in found if caption is not None]
