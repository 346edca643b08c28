"""The sentence that refuses a value: which key, what it is, what it may be.

Owns the words. Must not know where a value came from beyond the name that it is
given for the source.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

from msgspec import inspect

from rtproxy.model.errors import ConfigError

_LONGEST_SHOWN = 60
_URLS = {
    "^wss?": "a WebSocket URL (ws://… or wss://…)",
    "^https?": "an address (https://…)",
}


def refusal(
    key: str, value: object, source: str, may_be: str, *, secret: bool = False
) -> ConfigError:
    """One line for a value that cannot be used."""
    is_now = "something else (not shown: it may hold a key)" if secret else show(value)
    return ConfigError(f"{key} is {is_now} ({source}); it must be {may_be}")


def unknown(key: str, source: str, known: Iterable[str]) -> ConfigError:
    """One line for a key that does not exist, with the nearest that does."""
    known = sorted(known)
    table, _, last = key.rpartition(".")
    near = difflib.get_close_matches(last, known, n=1)
    hint = (
        f"did you mean {f'{table}.' if table else ''}{near[0]}?"
        if near
        else f"here may stand: {', '.join(known)}"
    )
    return ConfigError(f"{key} is not a key that rtproxy knows ({source}); {hint}")


def show(value: object) -> str:
    """The value as a person would write it into the file, on one line and not too long."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"


def describe(type_: Any) -> str:
    """What a value of the type may be."""
    return _describe(inspect.type_info(type_))


def _describe(info: inspect.Type) -> str:
    match info:
        case inspect.UnionType(types=types):
            return " or ".join(
                _describe(one) for one in types if not isinstance(one, inspect.NoneType)
            )
        case inspect.LiteralType(values=values):
            return "one of " + ", ".join(f'"{value}"' for value in values)
        case inspect.IntType():
            return "a whole number" + _range(info)
        case inspect.FloatType():
            return "a number" + _range(info)
        case inspect.StrType(pattern=str(pattern)):
            return _URLS.get(pattern.partition(":")[0], f"text like {pattern}")
        case inspect.StrType(min_length=int()):
            return "text, not empty"
        case inspect.StrType():
            return "text"
        case inspect.VarTupleType():
            return 'a list of texts (in the environment: separated by ",")'
        case _:
            return f"a value of type {type(info).__name__.removesuffix('Type').lower()}"


def _range(info: inspect.IntType | inspect.FloatType) -> str:
    if info.ge is not None and info.le is not None:
        return f" from {info.ge} to {info.le}"
    if info.gt is not None and info.le is not None:
        return f" above {info.gt}, up to {info.le}"
    return f" from {info.ge} up" if info.ge is not None else ""
