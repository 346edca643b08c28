"""What a client's message means, and that each event knows in which message it came."""

from __future__ import annotations

import json

import msgspec

from rtproxy.dialects.table import TableDialect
from rtproxy.model import events as ev


def decoded(dialect: TableDialect, raw: bytes) -> list[ev.Event]:
    """The events, as they would be if they did not know it."""
    events = dialect.decode(raw, binary=False)
    for event in events:
        if not isinstance(event, ev.Misunderstood) or event.message_type is not None:
            assert event.message_type == json.loads(raw)["type"]
    return [msgspec.structs.replace(event, message_type=None) for event in events]
