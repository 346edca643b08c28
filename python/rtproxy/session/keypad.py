"""Keys that a caller presses, gathered until they mean something.

Owns when a run of keys is over: with `#`, after a silence, or when it is long enough.
Must not know what is done with it. Time comes in with every call, in seconds.
"""

from __future__ import annotations

from math import inf

from rtproxy.model import events as ev

PAUSE_S = 2.0
END_KEY = "#"
MAX_KEYS = 64


class Keypad:
    """The keys of one call; `pause_s` without a further one ends a run."""

    def __init__(self, pause_s: float = PAUSE_S) -> None:
        """Start with nothing pressed."""
        self._pause_s = pause_s
        self._keys = ""
        self.deadline = inf

    def press(self, key: str, now: float) -> str | None:
        """The whole run, if this key ends it."""
        self._keys += key
        self.deadline = now + self._pause_s
        complete = key == END_KEY or len(self._keys) >= MAX_KEYS
        return self._take() if complete else None

    @property
    def is_pressed(self) -> bool:
        """Whether a run has begun."""
        return bool(self._keys)

    def pause(self, now: float) -> str | None:
        """The run, if the silence after it was long enough."""
        return self._take() if now >= self.deadline else None

    def _take(self) -> str:
        keys, self._keys, self.deadline = self._keys, "", inf
        return keys


def pressed(keys: str) -> ev.ItemCreate:
    """What the model is told of them."""
    content = [{"type": "input_text", "text": f"The caller pressed: {keys}"}]
    return ev.ItemCreate(item={"type": "message", "role": "user", "content": content})
