"""An error as the upstream's REST says it, for a WebSocket that is refused by HTTP.

Owns that shape (protocol reference, section 4). Must not know statuses, nor whom it is
told.
"""

from __future__ import annotations

import msgspec

from rtproxy.model.events import Failure


def http_error(failure: Failure) -> bytes:
    """The body."""
    told = {
        "message": failure.message,
        "type": failure.type,
        "param": failure.param,
        "code": failure.code,
    }
    return msgspec.json.encode({"error": told})
