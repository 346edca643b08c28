"""What an event is, whoever says it.

Owns the base of all events. Must not know any of them.
"""

from __future__ import annotations

from typing import Any

import msgspec

Json = dict[str, Any]


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all events; `event_id` is its sender's own number for it.

    `message_type` is what a client calls the message that it came in, where its dialect
    has names of its own.
    """

    event_id: str | None = None
    message_type: str | None = None
