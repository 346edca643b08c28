"""Which headers may be configured for the requests to an upstream.

Owns the rule for a name and a value. Must not know what any header means but those
that belong to the handshake itself.
"""

from __future__ import annotations

import re

# RFC 9110 sections 5.1 and 5.5.
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e\t]*[\x21-\x7e])?")
_OURS = frozenset({"host", "connection", "upgrade", "content-length", "content-type"})
_OURS_TOO = ("sec-websocket-", "transfer-encoding")


def wrong_header(name: str, value: object) -> str | None:
    """What a header of this name must be, if this one cannot be sent; None if it can."""
    if not _NAME.fullmatch(name):
        return "under the name of a header: letters, digits and -"
    if name.lower() in _OURS or name.lower().startswith(_OURS_TOO):
        return "left out: rtproxy writes this header itself"
    if not isinstance(value, str) or not _VALUE.fullmatch(value):
        return "text that a header can carry: printable ASCII, not empty"
    return None
