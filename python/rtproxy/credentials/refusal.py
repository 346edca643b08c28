"""How HTTP says that somebody may not come in.

Owns the status 401's headers and body, in the upstream's error shape. Must not know
who is refused, or why.
"""

from __future__ import annotations

import msgspec

from rtproxy.credentials.judge import Refused


def unauthorized(refused: Refused) -> tuple[list[tuple[str, str]], bytes]:
    """Headers and body; RFC 9110 section 11.6.1 wants the scheme named."""
    error = {
        "message": refused.message,
        "type": "invalid_request_error",
        "param": None,
        "code": refused.code,
    }
    headers = [("Content-Type", "application/json"), ("WWW-Authenticate", "Bearer")]
    return headers, msgspec.json.encode({"error": error})
