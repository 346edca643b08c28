"""The floor: who of the speakers speaks, and who waits for it.

Owns the order of the speakers and what each is told of it. Must not know what is said,
nor what else follows when the floor passes: the room sees that `holder` is another.
"""

from __future__ import annotations

from rtproxy.model import events as ev
from rtproxy.model import room
from rtproxy.rooms.commands import Command, Tell

GRANTED, WAITING, RELEASED = "granted", "waiting", "released"


class Floor:
    """One holder at most; the others wait in the order in which they asked."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self.holder: str | None = None
        self.closed = False
        self._waiting: list[str] = []
        self._warned: set[str] = set()

    def came(self, member: str) -> list[Command]:
        """A speaker has come, and has the floor if it is free."""
        return self.ask(member) if self._is_free else []

    def ask(self, member: str, event_id: str | None = None) -> list[Command]:
        """A speaker wants to speak."""
        self._warned.discard(member)
        if self._is_free:
            self.holder = member
        if member == self.holder:
            return [self._tell(member, GRANTED, event_id)]
        if member not in self._waiting:
            self._waiting.append(member)
        return [self._tell(member, WAITING, event_id)]

    def release(self, member: str, event_id: str | None = None) -> list[Command]:
        """A speaker does not want to speak, or to wait for it."""
        passed = self.leave(member)
        return [self._tell(member, RELEASED, event_id), *passed]

    def leave(self, member: str) -> list[Command]:
        """The same for one who need not be told."""
        self._warned.discard(member)
        if member in self._waiting:
            self._waiting.remove(member)
        if member != self.holder:
            return []
        self.holder = None
        return self._pass_on()

    def close(self) -> None:
        """Nobody is to speak; who asks waits."""
        self.holder, self.closed = None, True

    def open(self) -> list[Command]:
        """Who waits first may speak."""
        self.closed = False
        return self._pass_on()

    def refuse(self, member: str, event_id: str | None, *, speaks: bool) -> list[Command]:
        """What a member said is dropped, for it has not the floor: told once a stretch.

        `speaks`: it is a speaker, who could have it. A stretch lasts until it asks.
        """
        if member in self._warned:
            return []
        self._warned.add(member)
        dropped = "what this connection sends as 'audio' or 'commit' is dropped"
        words = f"{self._who_has_it()}; {dropped}. {self._how_to(speaks=speaks)}"
        return _refusal(member, "no_floor", words, event_id)

    def refuse_end(self, member: str, event_id: str | None, *, speaks: bool) -> list[Command]:
        """Only who has the floor can end it."""
        words = f"{self._who_has_it()}, and only that one can send 'end'."
        return _refusal(member, "no_floor", f"{words} {self._how_to(speaks=speaks)}", event_id)

    def refuse_listener(self, member: str, event_id: str | None) -> list[Command]:
        """A listener cannot have the floor."""
        return _refusal(member, "not_a_speaker", self._how_to(speaks=False), event_id)

    @property
    def _is_free(self) -> bool:
        return self.holder is None and not self.closed

    def _pass_on(self) -> list[Command]:
        return self.ask(self._waiting.pop(0)) if self._waiting and self._is_free else []

    def _who_has_it(self) -> str:
        if self.closed:
            return "What was said is being finished, and nobody has the floor"
        return f"{self.holder or 'Nobody'} has the floor"

    def _how_to(self, *, speaks: bool) -> str:
        if not speaks:
            return "This connection listens: connect with ?role=speaker to speak."
        then = "speak" if self._is_free else "wait for 'floor' with state 'granted'"
        return f"Send 'request_floor' and {then}."

    def _tell(self, member: str, state: str, event_id: str | None) -> Command:
        return Tell(member, room.Floor(event_id=event_id, state=state, speaker=self.holder))


def _refusal(member: str, code: str, words: str, event_id: str | None) -> list[Command]:
    failure = ev.Failure(code=code, message=words, param="type", event_id=event_id)
    return [Tell(member, ev.ErrorTold(error=failure))]
