"""A telephone call: what is different where the client is a caller.

Owns who hands marks back, and what becomes of the keys that are pressed. Must not
know who carries the call.
"""

from __future__ import annotations

from math import inf

from rtproxy.model import events as ev
from rtproxy.session.commands import Command, Note, ToUpstream
from rtproxy.session.keypad import Keypad, pressed
from rtproxy.session.playout import ByReports
from rtproxy.session.turns import Turns


class Call:
    """One call; `heeds_keys`: the model learns which keys the caller presses."""

    def __init__(self, *, heeds_keys: bool = True) -> None:
        """Begin with nothing heard and nothing pressed."""
        self.playout = ByReports()
        self._keypad = Keypad() if heeds_keys else None

    @property
    def deadline(self) -> float:
        """When `pause` may have something to say."""
        return self._keypad.deadline if self._keypad else inf

    def press(self, key: str, turns: Turns, now: float) -> list[Command]:
        """Whoever presses a key has heard enough of the answer."""
        if self._keypad is None:
            return [Note("key_unheeded", "debug", {"key": key})]
        enough = [] if self._keypad.is_pressed else turns.interrupt()
        return enough + _told(self._keypad.press(key, now), turns)

    def pause(self, turns: Turns, now: float) -> list[Command]:
        """Time has passed: a run of keys may be over."""
        return _told(self._keypad.pause(now), turns) if self._keypad else []


def _told(keys: str | None, turns: Turns) -> list[Command]:
    """The keys are an item, and want an answer."""
    if keys is None:
        return []
    return [ToUpstream(pressed(keys)), *turns.request(ev.ResponseCreate())]
