"""Small checks that say of JSON from a client what is wrong with it, in the upstream's words.

Owns the ways a field can be wrong. Must not know any field by name. A check
takes a value and its path (`session.audio.input`) and raises `Refusal`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rtproxy.simulator import errors

Check = Callable[[object, str], object]

_NAMES: tuple[tuple[type, str], ...] = (
    (bool, "a boolean"),  # before int: Python's True is one
    (int, "an integer"),
    (float, "a number"),
    (str, "a string"),
    (list, "an array"),
    (dict, "an object"),
)


def _name(value: object) -> str:
    return next((name for kind, name in _NAMES if isinstance(value, kind)), "null")


def text(value: object, path: str) -> str:
    """Any string; returned, so that its length can be checked."""
    if not isinstance(value, str):
        raise errors.wrong_type(path, "a string", _name(value))
    return value


def boolean(value: object, path: str) -> None:
    """True or false."""
    if not isinstance(value, bool):
        raise errors.wrong_type(path, "a boolean", _name(value))


def mapping(value: object, path: str) -> dict[str, object]:
    """Any object; returned, so that its fields can be checked."""
    if not isinstance(value, dict):
        raise errors.wrong_type(path, "an object", _name(value))
    return value


def anything(value: object, path: str) -> None:
    """Whatever it is."""


def number(low: float, high: float) -> Check:
    """A number of that range."""

    def check(value: object, path: str) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise errors.wrong_type(path, "a number", _name(value))
        _within(value, low, high, path)

    return check


def integer(low: int, high: int) -> Check:
    """An integer of that range."""

    def check(value: object, path: str) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            raise errors.wrong_type(path, "an integer", _name(value))
        _within(value, low, high, path)

    return check


def _within(value: float, low: float, high: float, path: str) -> None:
    if not low <= value <= high:
        raise errors.invalid_value(
            path, f"Invalid '{path}': expected a value from {low:g} to {high:g}, but got {value}."
        )


def choice(*values: str) -> Check:
    """One of these strings."""

    def check(value: object, path: str) -> None:
        text(value, path)
        if value not in values:
            raise errors.unsupported_value(path, value, values)

    return check


def nullable(check: Check) -> Check:
    """Null, or what `check` says."""

    def check_or_null(value: object, path: str) -> None:
        if value is not None:
            check(value, path)

    return check_or_null


def array(check: Check) -> Check:
    """An array of such elements."""

    def check_each(value: object, path: str) -> None:
        if not isinstance(value, list):
            raise errors.wrong_type(path, "an array", _name(value))
        for index, element in enumerate(value):
            check(element, f"{path}[{index}]")

    return check_each


def string_or(check: Check, *values: str) -> Check:
    """One of these strings, or something else that is no string."""
    strings = choice(*values)

    def check_either(value: object, path: str) -> None:
        (strings if isinstance(value, str) else check)(value, path)

    return check_either


@dataclass(frozen=True)
class Shape:
    """An object with these fields and no others; `required` are checked in their order."""

    fields: Mapping[str, Check]
    required: tuple[str, ...] = field(default=())

    def __call__(self, value: object, path: str) -> None:
        """Check the object and all its fields."""
        given = mapping(value, path)
        prefix = f"{path}." if path else ""
        for name in self.required:
            if name not in given:
                raise errors.missing(prefix + name)
        for name, inner in given.items():
            check = self.fields.get(name)
            if check is None:
                raise errors.unknown(prefix + name)
            check(inner, prefix + name)


@dataclass(frozen=True)
class Tagged:
    """An object whose field `tag` says which shape it has."""

    tag: str
    shapes: Mapping[str, Check]

    def __call__(self, value: object, path: str) -> None:
        """Find the shape and check it."""
        given = mapping(value, path)
        where = f"{path}.{self.tag}" if path else self.tag
        if self.tag not in given:
            raise errors.missing(where)
        tag = given[self.tag]
        choice(*self.shapes)(tag, where)
        self.shapes[str(tag)](given, path)
