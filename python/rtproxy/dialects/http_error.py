"""An error as the upstream's REST says it, for whatever is refused by HTTP.

Owns that shape (protocol reference, section 4), which official SDKs print. Must not know
why anything is refused, nor whom it is told.
"""

from __future__ import annotations

import msgspec

from rtproxy.model.events import Failure


def failure_by(
    status: int, message: str, *, code: str | None = None, param: str | None = None
) -> Failure:
    """A failure of the type that goes with an HTTP status."""
    kind = "invalid_request_error" if status < 500 else "server_error"
    return Failure(type=kind, code=code, message=message, param=param)


def http_error(failure: Failure, **more: str) -> bytes:
    """The body; `more` are fields of our own beside the usual ones."""
    told = {
        "message": failure.message,
        "type": failure.type,
        "param": failure.param,
        "code": failure.code,
    }
    return msgspec.json.encode({"error": {**told, **more}})
