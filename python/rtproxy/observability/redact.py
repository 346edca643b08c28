"""Secrets out of everything that is written down.

Owns the question what a secret looks like: by its shape (keys, tokens, what stands
in an Authorization header or a query string), by the name it goes under, and by
its value where the configuration holds it. Pure; must not know who writes what.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

REDACTED = "[redacted]"

# Shorter values would blot out ordinary words.
_SHORTEST_VALUE = 6

_NAMES = (
    r"(?:proxy-)?authorization|(?:x-)?api[-_]?key|x-twilio-signature|(?:set-)?cookie"
    r"|(?:access_|auth_|resume_?|refresh_)?token|client[-_]secret|secret|password"
)
_SENSITIVE_NAME = re.compile(_NAMES, re.IGNORECASE)
_QUERY_NAMES = _NAMES + "|resume|key|sig|signature"

_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    # A key in a subprotocol, where browsers have no other place for it.
    (re.compile(r"(openai-insecure-api-key\.|rtproxy\.token\.)[^\s,;\"'\\]+"), rf"\1{REDACTED}"),
    (re.compile(r"\b(?:sk|ek|rk|pk)[-_][A-Za-z0-9_\-]{6,}"), REDACTED),
    # The same stuck to another word, where it can be told from a hyphenated one.
    (re.compile(r"(?:sk|ek)[-_](?=[A-Za-z_\-]*\d)[A-Za-z0-9_\-]{16,}"), REDACTED),
    # A signed token: three base64url parts, the first an object.
    (re.compile(r"\beyJ[\w\-]+\.[\w\-]+\.[\w\-]*"), REDACTED),
    (re.compile(r"\b(bearer|basic)\s+[\w\-.~+/=]{8,}", re.IGNORECASE), rf"\1 {REDACTED}"),
    (re.compile(rf"([?&](?:{_QUERY_NAMES})=)[^&\s\"'\\#]+", re.IGNORECASE), rf"\1{REDACTED}"),
    (re.compile(r"(://)[^/\s:@]*:[^/\s@]+@"), rf"\1{REDACTED}@"),
    # name: value, "name": "value", 'name', b'value', name=value; but where a line of the log
    # has the name as a value ("code": "invalid_api_key", "text": …), the next key stays.
    (
        re.compile(
            rf"((?:{_NAMES})(?:[\"']?\s*[:=]\s*|[\"']\s*,\s*(?!\"[a-z_]{{1,32}}\"\s*:))(?:b(?=[\"']))?+[\"']?+"
            r"(?:(?:bearer|basic)\s+)?+)(?!\[redacted|None\b|null\b|[\"'\s])[^\s,;\"'\\)}\]]+",
            re.IGNORECASE,
        ),
        rf"\1{REDACTED}",
    ),
)

# No shape fits an ASCII text without one of these (in lower case), and to look for them
# costs a tenth of trying every shape: most of what is logged is harmless.
_MARKS = (
    *("k-", "k_", "eyj", "bearer", "basic", "?", "&", "://"),
    *("key", "token", "secret", "password", "authorization", "signature", "cookie"),
)


class Redactor:
    """Takes secrets out of text and of structured values.

    Args:
        values: secrets that are known, whatever they look like.
    """

    def __init__(self, values: Iterable[str] = ()) -> None:
        known = sorted({value for value in values if len(value) >= _SHORTEST_VALUE}, key=len)
        self._known = [re.compile(re.escape(value)) for value in reversed(known)]

    def text(self, text: str) -> str:
        """The text without what is, or looks like, a secret."""
        for known in self._known:
            text = known.sub(REDACTED, text)
        return without_shapes(text) if _is_suspect(text) else text

    def value(self, value: object, name: str = "") -> object:
        """The value without secrets, of the same shape.

        `name` is what it goes under: a value with a sensitive name goes whole.
        Bytes become text; objects of unknown kinds become their redacted repr.
        """
        if value is None or isinstance(value, bool | int | float):
            return value
        if name and _SENSITIVE_NAME.fullmatch(name):
            return REDACTED
        match value:
            case str():
                return self.text(value)
            case bytes() | bytearray():
                return self.text(bytes(value).decode("utf-8", "backslashreplace"))
            case Mapping():
                return {
                    self.text(str(key)): self.value(held, str(key)) for key, held in value.items()
                }
            case (str() | bytes() as key, str() | bytes() as held) if isinstance(value, tuple):
                return (self.value(key), self.value(held, _as_text(key)))
            case list() | tuple() | set() | frozenset():
                return [self.value(held) for held in value]
            case _:
                return self.text(repr(value))


def without_shapes(text: str) -> str:
    """The text without whatever looks like a secret."""
    for shape, kept in _SHAPES:
        text = shape.sub(kept, text)
    return text


def _is_suspect(text: str) -> bool:
    """Whether a shape may fit; beyond ASCII, where letters have odd cases, always."""
    if not text.isascii():
        return True
    lower = text.lower()
    return any(mark in lower for mark in _MARKS)


def _as_text(name: str | bytes) -> str:
    return name if isinstance(name, str) else name.decode("ascii", "replace")
