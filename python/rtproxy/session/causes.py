"""Which event of ours an upstream's error is about, and which message of the client's.

Owns the numbers of what the core sends upstream, and who asked for it. Must not
know what any error means.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import msgspec

from rtproxy.model.events import Event

# What the lane numbers itself: its appends (`dialects.realtime`). Of these nobody keeps a
# list, for each is audio, whichever it was.
AUDIO = "audio_"

# Errors follow their cause within moments; what is older can be forgotten.
MAX_CAUSES = 256


@dataclass(frozen=True, slots=True)
class Cause:
    """What was sent, and the client's message that made us send it: its id, and its type.

    Both are None where we sent it on our own account.
    """

    event: Event
    client_event_id: str | None = None
    message_type: str | None = None


class Causes:
    """The last events sent upstream, by the number they were given."""

    def __init__(self) -> None:
        """Start counting at one."""
        self._sent: OrderedDict[str, Cause] = OrderedDict()
        self._count = 0

    def number(self, event: Event, answered: Event) -> Event:
        """The event with a number of ours in place of the client's.

        `answered` is what makes us send it: of a message of the client's where the event
        itself is none, and has not waited since.
        """
        self._count += 1
        number = f"rtp_{self._count}"
        source = event if event.message_type or not answered.message_type else answered
        client_event_id = event.event_id or source.event_id
        self._sent[number] = Cause(event, client_event_id, source.message_type)
        if len(self._sent) > MAX_CAUSES:
            self._sent.popitem(last=False)
        return msgspec.structs.replace(event, event_id=number)

    def of(self, number: str | None) -> Cause | None:
        """What was sent under this number, unless it is long ago; asked once."""
        return self._sent.pop(number, None) if number else None
