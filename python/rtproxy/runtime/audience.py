"""The members of a room as those who are told: one message, encoded once, for many.

Owns who reads which language, and who has not read what was told before: such a member
is passed over until it has, is then told how many messages it missed, and misses none
that is final. Must not know why anything is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from rtproxy.legs.fan_out import tell_all
from rtproxy.legs.leg import Leg
from rtproxy.model import events as ev
from rtproxy.model.room import Caption

Encode = Callable[[ev.Event], Sequence[bytes]]

# More messages or bytes than these, not yet written: who is told reads too slowly, and is
# passed over until nothing waits. It is a second of captions, beside what the kernel holds.
WITHIN = (8, 32 * 1024)
NOTHING = (0, 0)


class _Readers:
    """Members of one language: those who have read everything, and who has not."""

    def __init__(self) -> None:
        self.prompt: dict[Leg, None] = {}
        self.behind: dict[Leg, int] = {}  # how many messages each has missed

    def remove(self, leg: Leg) -> None:
        self.prompt.pop(leg, None)
        self.behind.pop(leg, None)

    def tell(self, encode: Encode, event: ev.Event, *, final: bool) -> None:
        caught_up = list(self._tell_behind(encode, event, final=final))
        for payload in encode(event):
            for leg in tell_all(self.prompt, payload, within=None if final else WITHIN):
                del self.prompt[leg]
                self.behind[leg] = 1
        self.prompt.update(dict.fromkeys(caught_up))

    def _tell_behind(self, encode: Encode, event: ev.Event, *, final: bool) -> Iterator[Leg]:
        """Tell those who can be told by now; of captions, say who has nothing missing now."""
        for leg, skipped in list(self.behind.items()):
            if not final and leg.waiting() != NOTHING:
                self.behind[leg] += 1
                continue
            told = event
            if isinstance(event, Caption):
                del self.behind[leg]
                told = msgspec.structs.replace(event, skipped=skipped)
                yield leg
            for payload in encode(told):
                leg.send(payload)


class Audience:
    """Who is in a room, by the language that each reads (None: whatever is spoken)."""

    def __init__(self, encode: Encode) -> None:
        """`encode` makes messages of an event; the same ones for every member."""
        self._encode = encode
        self._legs: dict[str, tuple[str | None, Leg]] = {}
        self._readers: dict[str | None, _Readers] = {}

    def __len__(self) -> int:
        """How many there are."""
        return len(self._legs)

    def __contains__(self, member: str) -> bool:
        """Whether the member is here."""
        return member in self._legs

    def add(self, member: str, language: str | None, leg: Leg) -> None:
        """A member has come."""
        self._legs[member] = language, leg
        self._readers.setdefault(language, _Readers()).prompt[leg] = None

    def remove(self, member: str) -> None:
        """It has gone."""
        language, leg = self._legs.pop(member)
        readers = self._readers[language]
        readers.remove(leg)
        if not readers.prompt and not readers.behind:
            del self._readers[language]

    def tell(self, member: str, event: ev.Event) -> None:
        """Tell one, if it is still here."""
        if member in self._legs:
            self._send([self._legs[member][1]], event)

    def tell_language(self, language: str | None, event: ev.Event, *, final: bool) -> None:
        """Tell everybody who reads this; unless it is `final`, slow readers are passed over."""
        readers = self._readers.get(language)
        if readers is not None:
            readers.tell(self._encode, event, final=final)

    def tell_everybody(self, event: ev.Event, *, but: str | None = None) -> None:
        """Tell everybody, however slow; not `but`, if somebody is left out."""
        self._send([leg for name, (_, leg) in self._legs.items() if name != but], event)

    def _send(self, legs: Iterable[Leg], event: ev.Event) -> None:
        for payload in self._encode(event):
            tell_all(legs, payload)
