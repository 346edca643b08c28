"""Captions: which audience is told what of each item.

Owns the audiences and what late joiners are told. Must not know where texts come from,
nor who is in the room.
"""

from __future__ import annotations

from collections.abc import Iterable

from rtproxy.model.events import Failure
from rtproxy.model.room import Caption
from rtproxy.rooms.audience import TRANSCRIPT, TRANSLATION, Audience, Told
from rtproxy.rooms.commands import Command, Tell, TellLanguage
from rtproxy.rooms.finished import Finished
from rtproxy.rooms.items import Anew, Fact, Item, Piece, Unwritten, Whole


class Captions:
    """One audience for each language that is read, and one for whatever is spoken."""

    def __init__(self, history: int) -> None:
        """Begin with nothing said; `history` finished items are kept."""
        self._spoken = Audience(None)
        self._audiences: dict[str | None, Audience] = {None: self._spoken}
        self._finished = Finished(history)

    @property
    def deadline(self) -> float:
        """When somebody's next item is late."""
        return min(audience.deadline for audience in self._audiences.values())

    # Audiences

    def gather(self, language: str) -> list[Item]:
        """This language is read from here on; what is to be translated that was begun."""
        if language in self._audiences:
            return []
        audience = self._audiences[language] = Audience(language)
        for text in self._spoken.unfinished:
            if not self._finished.has(text.item.item_id, language):
                audience.join_in(text)
        return [item for item in audience.waiting if audience.kind_of(item) == TRANSLATION]

    def disperse(self, language: str) -> None:
        """Nobody reads it any more."""
        self._audiences.pop(language, None)

    def catch_up(self, member: str, language: str | None) -> list[Command]:
        """Tell one who comes now what was said last, and what is just being said."""
        audience = self._audiences[language]
        coming = {item.item_id for item in audience.waiting}
        kept = self._finished.for_reader_of(language)
        finished = [caption for caption in kept if caption.item_id not in coming]
        return [Tell(member, caption) for caption in (*finished, *audience.so_far)]

    # Items

    def begin(self, item: Item) -> None:
        """An item is being said."""
        self._finished.begin(item.item_id)
        for audience in self._audiences.values():
            audience.begin(item)

    def follow(self, fact: Fact, now: float) -> list[Command]:
        """What is known of an item's text is told to who reads it."""
        match fact:
            case Piece(language, item, delta):
                heard = self._readers(language, item)
                return _all_told((each, each.add(item, delta, now)) for each in heard)
            case Whole(language, item, outcome) | Unwritten(language, item, outcome):
                readers = self._readers(language, item)
                if language is not None and not readers:
                    self._keep_unread(item, language, outcome)
                return self._kept((each, each.finish(item, outcome)) for each in readers)
            case Anew(language, item):
                for each in self._readers(language, item):
                    each.begin_anew(item)
        return []

    def passed(self, now: float) -> list[Command]:
        """Time has passed."""
        return self._kept((each, each.passed(now)) for each in self._audiences.values())

    def _readers(self, language: str | None, item: Item) -> list[Audience]:
        if language is None:
            return [each for each in self._audiences.values() if each.kind_of(item) == TRANSCRIPT]
        audience = self._audiences.get(language)
        return [audience] if audience and audience.kind_of(item) == TRANSLATION else []

    def _keep_unread(self, item: Item, language: str, outcome: str | Failure) -> None:
        """Those who read it have gone; they may come back."""
        if isinstance(outcome, str) and outcome:
            caption = Caption(
                kind=TRANSLATION, item_id=item.item_id, language=language, text=outcome, final=True
            )
            self._finished.keep(caption)

    def _kept(self, news: Iterable[tuple[Audience, list[Told]]]) -> list[Command]:
        """The same, and what is finished is there for who comes late."""
        news = list(news)
        for _, told in news:
            for caption in told:
                if isinstance(caption, Caption) and caption.final and caption.text:
                    self._finished.keep(caption)
        return _all_told(news)


def _all_told(news: Iterable[tuple[Audience, list[Told]]]) -> list[Command]:
    return [
        TellLanguage(audience.language, caption, not isinstance(caption, Caption) or caption.final)
        for audience, told in news
        for caption in told
    ]
