"""A transcript of a pure core: `>>` an event goes in, `<<` a command comes out.

    play = Playbook(session)
    play >> SpeechStarted(...) << ToClient(...) << Drop("resp_1")
    play >> SpeechStopped(...) << ToClient(...)
    play.rest()

Every command must be named, in order, before the next event goes in.
"""

from __future__ import annotations

from typing import Any, Protocol


class Core(Protocol):
    def receive(self, event: Any, now: float) -> list[Any]: ...


class Playbook:
    def __init__(self, core: Core) -> None:
        self.core = core
        self.now = 0.0
        self._left: list[Any] = []

    def __rshift__(self, event: Any) -> Playbook:
        self.rest()
        self._left = list(self.core.receive(event, self.now))
        return self

    def __lshift__(self, command: Any) -> Playbook:
        assert self._left, f"nothing came out where this was due: {command}"
        assert self._left.pop(0) == command
        return self

    def rest(self) -> None:
        """Nothing else came out."""
        assert self._left == [], "commands that the transcript does not name"

    def left(self) -> list[Any]:
        """What came out, for a closer look."""
        left, self._left = self._left, []
        return left

    def skip(self) -> Playbook:
        """Whatever came out is not this transcript's subject."""
        self._left = []
        return self
