"""How big a value would be as JSON, without making that text.

Owns the estimate. Ten megabytes take as many milliseconds to encode, and all sessions
would wait; to know that they are too many takes hardly any time. Must not know what the
value is for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from itertools import chain
from typing import Any

from msgspec import UNSET

_TEXT = (str, bytes, bytearray, memoryview)
_MANY = (list, tuple, set, frozenset)

# One byte at least, which is counted with what holds them.
_SMALL = frozenset({int, float, bool, type(None)})


def weigh(value: object, most: int) -> int:
    """At least how many bytes `value` has as JSON, counted until there are more than `most`.

    Looks into containers, dataclasses and msgspec's structs; of anything else it knows
    nothing but that it is there. Calls nothing that a value's own class has.
    """
    if isinstance(value, _TEXT):
        return len(value)  # alone it goes without quotes
    weight, waiting = 1, [value]
    names = _Names()
    while waiting and weight <= most:
        inner, least = _inside(waiting.pop(), names)
        weight += least
        if weight > most:
            break  # and not even look at them all
        for one in inner:
            kind = type(one)
            if kind is str:
                weight += len(one) + 1  # the second of two quotes
            elif kind not in _SMALL:
                waiting.append(one)
    return weight


class _Names(dict[type, tuple[str, ...]]):
    """What objects of a kind say of themselves; nothing where some of it may be left out."""

    def __missing__(self, kind: type) -> tuple[str, ...]:
        """Look once: there are often many of a kind."""
        config = getattr(kind, "__struct_config__", None)
        if config is not None:
            found = () if config.omit_defaults else kind.__struct_fields__  # type: ignore[attr-defined] # a Struct has it
        elif is_dataclass(kind):
            found = tuple(one.name for one in fields(kind) if not one.name.startswith("_"))
        else:
            found = ()
        self[kind] = found
        return found


def _inside(value: Any, names: _Names) -> tuple[Iterable[Any], int]:
    """What it holds, and its own bytes: its end, and for each one byte and what follows.

    The byte of its beginning was counted with what holds it.
    """
    if isinstance(value, _TEXT):
        return (), len(value) + 1
    if isinstance(value, dict):
        pairs = dict.items(value)
        return chain.from_iterable(pairs), 4 * len(pairs) or 1
    if isinstance(value, _MANY):
        return value, 2 * len(value) or 1
    held = [inner for name in names[type(value)] if (inner := _held(value, name)) is not UNSET]
    return held, 2 * len(held)


def _held(value: object, name: str) -> object:
    try:
        return object.__getattribute__(value, name)
    except AttributeError:
        return UNSET
