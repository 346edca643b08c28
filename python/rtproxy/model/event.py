"""What an event is, whoever says it.

Owns the base of all events. Must not know any of them.
"""

from __future__ import annotations

from typing import Any

import msgspec

Json = dict[str, Any]


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all events; `event_id` is its sender's own number for it."""

    event_id: str | None = None
