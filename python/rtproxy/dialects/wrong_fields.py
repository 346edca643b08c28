"""The sentence about a field that is missing, or not what it must be.

Owns the way from a struct's refusal of an object to the field's path and to words of
JSON's own, as `model.place` has them. Must not know any message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from msgspec import ValidationError, inspect

from rtproxy.model.place import FieldError, show

_PATH = re.compile(r" - at `\$\.?([^`]*)`$")
_MISSING = re.compile(r"missing required field `(\w+)`")

_WORDS: dict[type[inspect.Type], str] = {
    inspect.StrType: "text",
    inspect.BoolType: "true or false",
    inspect.NoneType: "null",
    inspect.AnyType: "any JSON",
    inspect.StructType: "an object",
}


def wrong_field(shape: Any, fields: Mapping[str, Any], error: ValidationError) -> FieldError:
    """What is wrong, and what may stand there: of an object that is no such struct."""
    said = str(error)
    at, missing = _PATH.search(said), _MISSING.search(said)
    # Of something in a list (`names[...]`) it is not said which: the list is wrong, then.
    keys = at[1].partition("[")[0].split(".") if at and at[1] else []
    if missing:
        keys.append(missing[1])
    path = ".".join(keys)
    found = "missing" if missing else show(_value_at(fields, keys))
    return FieldError(path, f"{path} is {found}; it must be {_may_be(_type_at(shape, keys))}.")


def _value_at(value: Any, keys: list[str]) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


@cache
def _described(shape: Any) -> inspect.Type:
    return inspect.type_info(shape)


def _type_at(shape: Any, keys: list[str]) -> inspect.Type:
    found = _described(shape)
    for key in keys:
        inside = (each for each in _alternatives(found) if isinstance(each, inspect.StructType))
        fields = {field.encode_name: field.type for struct in inside for field in struct.fields}
        found = fields.get(key, inspect.AnyType())
    return found


def _alternatives(kind: inspect.Type) -> tuple[inspect.Type, ...]:
    return kind.types if isinstance(kind, inspect.UnionType) else (kind,)


def _may_be(kind: inspect.Type) -> str:
    return " or ".join(_word(each) for each in _alternatives(kind))


def _word(kind: inspect.Type) -> str:
    if isinstance(kind, inspect.IntType | inspect.FloatType):
        word = "a whole number" if isinstance(kind, inspect.IntType) else "a number"
        return word if kind.ge is None else f"{word} of at least {kind.ge:g}"
    if isinstance(kind, inspect.ListType):
        return f"a list of {_may_be(kind.item_type)}"
    if isinstance(kind, inspect.DictType):
        return f"an object of {_may_be(kind.value_type)}"
    if isinstance(kind, inspect.LiteralType):
        return " or ".join(show(value) for value in kind.values)
    if isinstance(kind, inspect.StrType) and kind.pattern:
        return f"text that matches {kind.pattern}"
    return _WORDS.get(type(kind), "something else")
