"""Who is in the room, and what everybody knows of that.

Owns the members, their bounds, and when `room_state` is told: to who comes at once; to all
others when another speaks, and when somebody comes or goes, each at most once in `STATE_S`.
For a thousand that come at once must not be told of each other one by one, nor be told
a thousand times of one who takes the floor and gives it back. Must not know what is said.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import inf

from rtproxy.model import events as ev
from rtproxy.model.close import CloseCode, CloseReason
from rtproxy.model.room import Role, RoomState
from rtproxy.rooms.commands import Command, Dismiss, Tell, TellAll
from rtproxy.rooms.events import Joined
from rtproxy.rooms.terms import RoomTerms

STATE_S = 0.5


@dataclass(frozen=True, slots=True)
class Member:
    """One who is here; `language` None: it reads whatever is spoken."""

    role: Role
    language: str | None


class Members:
    """All of them, by id."""

    def __init__(self, terms: RoomTerms) -> None:
        """Begin with an empty room."""
        self._terms = terms
        self._here: dict[str, Member] = {}
        self._roles: Counter[Role] = Counter()
        self._languages: Counter[str] = Counter()
        self._told: RoomState | None = None
        self._told_at = self._changed_at = -inf
        self._due = inf

    def __contains__(self, member: object) -> bool:
        """Whether this id is here."""
        return member in self._here

    def __len__(self) -> int:
        """How many are here."""
        return len(self._here)

    @property
    def deadline(self) -> float:
        """When all are to be told what has changed."""
        return self._due

    @property
    def languages(self) -> tuple[str, ...]:
        """In which languages members read, sorted; without who reads what is spoken."""
        return tuple(sorted(self._languages))

    def speaks(self, member: str) -> bool:
        """Whether this one is a speaker."""
        found = self._here.get(member)
        return found is not None and found.role is Role.SPEAKER

    def language_of(self, member: str) -> str | None:
        """What this one speaks or reads."""
        return self._here[member].language

    @property
    def all(self) -> list[str]:
        """Everybody."""
        return list(self._here)

    def listening(self, language: str) -> list[str]:
        """Which listeners read this."""
        return self._who(Member(Role.LISTENER, language))

    def speaking(self, language: str) -> list[str]:
        """Which speakers speak this."""
        return self._who(Member(Role.SPEAKER, language))

    def _who(self, wanted: Member) -> list[str]:
        return [member for member, each in self._here.items() if each == wanted]

    # Coming and going

    def admit(self, joined: Joined) -> list[Command]:
        """Let one in (nothing comes out), or say which bound is reached, and dismiss it."""
        refused = self._bound_reached(joined)
        if refused is None:
            self._here[joined.member] = Member(joined.role, joined.language)
            self._count(self._here[joined.member], 1)
            return []
        param, words = refused
        failure = ev.Failure(type="rate_limit_error", code="room_full", message=words, param=param)
        told = Tell(joined.member, ev.ErrorTold(error=failure, fatal=True))
        return [told, Dismiss(joined.member, CloseReason(CloseCode.RATE_LIMITED, words))]

    def _bound_reached(self, joined: Joined) -> tuple[str, str] | None:
        terms, role = self._terms, joined.role
        bound = terms.speakers if role is Role.SPEAKER else terms.listeners
        if self._roles[role] >= bound:
            who = f"{bound} {role.value}{'' if bound == 1 else 's'}"
            words = f"This room has {who}, as many as it may have"
            return "role", f"{words} ([rooms] {role.value}s); come again later."
        known, most = self.languages, terms.languages_at_once
        if joined.language is None or joined.language in known or len(known) < most:
            return None
        words = f"This room is read in {most} languages, as many as it may be"
        return "language", f"{words} ([rooms] languages_at_once); choose of: {', '.join(known)}."

    def remove(self, member: str) -> None:
        """One has gone."""
        self._count(self._here.pop(member), -1)

    def _count(self, member: Member, by: int) -> None:
        self._roles[member.role] += by
        if member.language is not None:
            self._languages[member.language] += by
            self._languages += Counter()  # a language that nobody reads is none

    # What everybody knows

    def state(self, speaker: str | None) -> RoomState:
        """The room as it is."""
        listeners = self._roles[Role.LISTENER]
        return RoomState(speaker=speaker, listeners=listeners, languages=self.languages)

    def tell_state(
        self, speaker: str | None, now: float, *, but: str | None = None
    ) -> list[Command]:
        """Tell all what has changed since they were told, when it is time for that.

        `but`: who knows it, for that one has just come.
        """
        state = self.state(speaker)
        if state == self._told:
            self._due = inf
            return []
        changed = self._told is None or self._told.speaker != speaker
        last = self._changed_at if changed else self._told_at
        self._due = last + STATE_S
        if now < self._due:
            return []
        self._told, self._told_at, self._due = state, now, inf
        self._changed_at = now if changed else self._changed_at
        return [TellAll(state, but)]
