"""How much of the input is kept: what a successor of the upstream would be told again.

Owns where the last committed item ends, until it may be forgotten. What is committed is
told again as text, once that is known; so an item's audio is kept until its transcript has
come or the next item is committed. All times are the upstream's own, where what it hears
begins at 0. Must not know where the audio is, nor what it is.

An item of turn detection ends where speech stopped. One that is committed by hand ends
where the commit stood among the audio, and the upstream takes commits in their order.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, ClassVar

from rtproxy.model import events as ev
from rtproxy.session.commands import Command, ForgetInput

# Of a commit that will be no item; of others that fail, less is forgotten than could be.
_NOTHING_SAID = "input_audio_buffer_commit_empty"


class KeptInput:
    """What of one upstream's input has not been forgotten."""

    def __init__(self) -> None:
        """Nothing has been committed."""
        self._stopped: tuple[str, float] | None = None  # an item that is about to be committed
        self._by_hand: deque[float] = deque()  # commits that the upstream has not answered
        self._last: tuple[str, float] | None = None  # the last item whose end is known

    def note(self, event: ev.Event) -> list[Command]:
        """Something was said, by the upstream or of it."""
        noted = self.noted.get(type(event))
        return noted(self, event) if noted is not None else []

    def _flushed(self, event: ev.InputFlushed) -> list[Command]:
        self._by_hand.append(event.at_ms)
        return []

    def _speech_stopped(self, event: ev.SpeechStopped) -> list[Command]:
        self._stopped = (event.item_id, event.audio_end_ms)
        return []

    def _committed(self, event: ev.InputCommitted) -> list[Command]:
        """What is before this item is no longer the last that was said."""
        before, self._last = self._last, self._end_of(event.item_id)
        return [] if before is None else [ForgetInput(before[1])]

    def _end_of(self, item_id: str) -> tuple[str, float] | None:
        if self._stopped is not None and self._stopped[0] == item_id:
            return self._stopped
        return (item_id, self._by_hand.popleft()) if self._by_hand else None

    def _refused(self, event: ev.ErrorTold) -> list[Command]:
        if event.error.code == _NOTHING_SAID and self._by_hand:
            self._by_hand.popleft()
        return []

    def _written(self, event: ev.InputTranscriptDone) -> list[Command]:
        if self._last is None or self._last[0] != event.item_id:
            return []
        (_, end_ms), self._last = self._last, None
        return [ForgetInput(end_ms)]

    noted: ClassVar[dict[type[ev.Event], Callable[[KeptInput, Any], list[Command]]]] = {
        ev.InputFlushed: _flushed,
        ev.SpeechStopped: _speech_stopped,
        ev.InputCommitted: _committed,
        ev.ErrorTold: _refused,
        ev.InputTranscriptDone: _written,
    }
