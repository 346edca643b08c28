"""JSON as text from a peer: parsed once, strictly, with bounds.

Owns the rules of `faults.md` for bad JSON: the last of duplicate keys counts,
nesting beyond 64 is an error, NaN is no JSON. Must not know any dialect.
"""

from __future__ import annotations

from typing import Any

import msgspec

from rtproxy.model.events import Misunderstood

MAX_DEPTH = 64

# What a value is called by who wrote the JSON.
_NAMES: dict[type, str] = {
    list: "a list",
    str: "text",
    bool: "true or false",
    type(None): "null",
}

_decoder = msgspec.json.Decoder()


def parse_object(raw: bytes) -> dict[str, Any] | Misunderstood:
    """The object that `raw` is, or what is wrong with it, and where."""
    if _depth(raw) > MAX_DEPTH:
        return _refuse("invalid_json", f"The message nests deeper than {MAX_DEPTH} levels.")
    try:
        value = _decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return _refuse("invalid_json", f"The message is not JSON: {error}.")
    if not isinstance(value, dict):
        said = _NAMES.get(type(value), "a number")
        return _refuse("invalid_json", f"The message must be a JSON object, not {said}.")
    return value


def event_id_of(message: dict[str, Any]) -> str | None:
    """The sender's own id for a message; None where it is none, for none can be echoed."""
    event_id = message.get("event_id")
    return event_id if isinstance(event_id, str) else None


def _refuse(code: str, message: str) -> Misunderstood:
    return Misunderstood(code=code, message=message)


def _depth(raw: bytes) -> int:
    """The deepest nesting of brackets outside strings; 0 where it cannot be too deep."""
    if raw.count(b"[") + raw.count(b"{") <= MAX_DEPTH:
        return 0
    depth = deepest = 0
    in_string = escaped = False
    for byte in raw:
        if in_string:
            in_string = escaped or byte != 0x22
            escaped = not escaped and byte == 0x5C
        elif byte == 0x22:
            in_string = True
        elif byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest
