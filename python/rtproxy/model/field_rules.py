"""Small rules for fields that people and programs write: what one may be, and its reading.

Owns the ways a field can be wrong. Must not know any field by name. A rule takes a
value and its place, and returns the value as it is used further, always a copy; it
raises FieldError.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from rtproxy.model.place import FieldError, Place

__all__ = [
    "Anything",
    "Choice",
    "FieldError",
    "Flag",
    "Kinds",
    "Listed",
    "Number",
    "Object",
    "Open",
    "OrNull",
    "Place",
    "Rule",
    "Short",
    "Text",
    "Word",
]


class Rule(Protocol):
    """What a field may be."""

    @property
    def may_be(self) -> str:
        """In words that follow "it must be"."""

    def read(self, value: object, at: Place) -> Any:
        """The value as it is used further; FieldError where it cannot be."""


@dataclass(frozen=True, slots=True)
class Text:
    """A string of at least so many characters."""

    shortest: int = 0

    @property
    def may_be(self) -> str:
        """In words."""
        return "text, not empty" if self.shortest else "text"

    def read(self, value: object, at: Place) -> str:
        """As it is."""
        if not isinstance(value, str) or len(value) < self.shortest:
            raise at.wrong(value, self.may_be)
        return value


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    may_be: str = "true or false"

    def read(self, value: object, at: Place) -> bool:
        """As it is."""
        if not isinstance(value, bool):
            raise at.wrong(value, self.may_be)
        return value


@dataclass(frozen=True, slots=True)
class Number:
    """A number of this range, both ends included; `whole`: without a fraction."""

    low: float
    high: float
    whole: bool = False

    @property
    def may_be(self) -> str:
        """In words."""
        kind = "a whole number" if self.whole else "a number"
        return f"{kind} from {self.low:g} to {self.high:.7g}"

    def read(self, value: object, at: Place) -> float:
        """As it is."""
        kinds = int if self.whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds):
            raise at.wrong(value, self.may_be)
        if not self.low <= value <= self.high:  # which is never so of NaN
            raise at.wrong(value, self.may_be)
        return value


@dataclass(frozen=True, slots=True)
class Choice:
    """One of these strings."""

    values: tuple[str, ...]

    @property
    def may_be(self) -> str:
        """In words."""
        named = [f'"{value}"' for value in self.values]
        return f"one of {', '.join(named)}" if len(named) > 1 else named[0]

    def read(self, value: object, at: Place) -> str:
        """As it is."""
        if not isinstance(value, str) or value not in self.values:
            raise at.wrong(value, self.may_be)
        return value


@dataclass(frozen=True, slots=True)
class Anything:
    """Whatever the upstream makes of it."""

    may_be: str = "anything"

    def read(self, value: object, at: Place) -> Any:
        """A copy."""
        match value:
            case dict():
                return {str(key): self.read(inner, at) for key, inner in value.items()}
            case list() | tuple():
                return [self.read(inner, at) for inner in value]
        return value


@dataclass(frozen=True, slots=True)
class Open:
    """An object with whatever fields, each by one rule."""

    of: Rule = Anything()
    may_be: str = "an object"

    def read(self, value: object, at: Place) -> dict[str, Any]:
        """Each field by the rule."""
        if not isinstance(value, dict):
            raise at.wrong(value, self.may_be)
        return {str(key): self.of.read(inner, at.inside(str(key))) for key, inner in value.items()}


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of such elements."""

    of: Rule

    @property
    def may_be(self) -> str:
        """In words."""
        return f"a list, each of it {self.of.may_be}"

    def read(self, value: object, at: Place) -> list[Any]:
        """Each element by the rule."""
        if not isinstance(value, list | tuple):
            raise at.wrong(value, self.may_be)
        return [self.of.read(inner, at.element(index)) for index, inner in enumerate(value)]


@dataclass(frozen=True, slots=True)
class OrNull:
    """Null, or what the rule says; `word` says null where a file cannot."""

    rule: Rule
    word: str | None = None

    @property
    def may_be(self) -> str:
        """In words."""
        none = f'null or "{self.word}"' if self.word else "null"
        return f"{none}, or {self.rule.may_be}"

    def read(self, value: object, at: Place) -> Any:
        """None, or by the rule."""
        if value is None or (self.word is not None and value == self.word):
            return None
        return _read_either(self, self.rule, value, at)


@dataclass(frozen=True, slots=True)
class Object:
    """An object with these fields and no others."""

    fields: Mapping[str, Rule]
    required: tuple[str, ...] = ()

    @property
    def may_be(self) -> str:
        """In words."""
        return f"an object ({', '.join(self.fields)})"

    def read(self, value: object, at: Place) -> dict[str, Any]:
        """Each field by its rule."""
        if not isinstance(value, dict):
            raise at.wrong(value, self.may_be)
        for name in self.required:
            if name not in value:
                missing = at.inside(name).path
                may_be = self.fields[name].may_be
                raise FieldError(missing, f"{missing} is missing; it must be {may_be}.")
        return {
            key: self._rule(key, at).read(inner, at.inside(key)) for key, inner in value.items()
        }

    def _rule(self, key: str, at: Place) -> Rule:
        rule = self.fields.get(key)
        if rule is None:
            raise at.unknown(str(key), self.fields)
        return rule


@dataclass(frozen=True, slots=True)
class Kinds:
    """An object whose `type` says which fields it has."""

    kinds: Mapping[str, Object]

    @property
    def may_be(self) -> str:
        """In words."""
        types = " or ".join(f'"{name}"' for name in self.kinds)
        return f"an object whose type is {types}"

    def read(self, value: object, at: Place) -> dict[str, Any]:
        """By the rule of its type."""
        if not isinstance(value, dict):
            raise at.wrong(value, self.may_be)
        head = {key: inner for key, inner in value.items() if key == "type"}
        choice = Choice(tuple(self.kinds))
        kind = Object({"type": choice}, required=("type",)).read(head, at)["type"]
        rest = {key: inner for key, inner in value.items() if key != "type"}
        return {"type": kind, **self.kinds[kind].read(rest, at)}


@dataclass(frozen=True, slots=True)
class Word:
    """One of these strings, or something that is none by the rule."""

    values: tuple[str, ...]
    rule: Rule

    @property
    def may_be(self) -> str:
        """In words."""
        return f"{Choice(self.values).may_be}, or {self.rule.may_be}"

    def read(self, value: object, at: Place) -> Any:
        """As it is, or by the rule."""
        if isinstance(value, str) and value in self.values:
            return value
        return _read_either(self, self.rule, value, at)


@dataclass(frozen=True, slots=True)
class Short:
    """An object by the rule; a string stands for the object that has it under `key`."""

    key: str
    rule: Object | Kinds

    @property
    def may_be(self) -> str:
        """In words."""
        if isinstance(self.rule, Kinds):
            return f"{Choice(tuple(self.rule.kinds)).may_be}, or {self.rule.may_be}"
        return f"{self.rule.fields[self.key].may_be}, or {self.rule.may_be}"

    def read(self, value: object, at: Place) -> Any:
        """By the rule; a string's fault is told as that of the whole."""
        if not isinstance(value, str):
            return _read_either(self, self.rule, value, at)
        try:
            return self.rule.read({self.key: value}, at)
        except FieldError as error:
            raise at.wrong(value, self.may_be) from error


def _read_either(whole: Rule, part: Rule, value: object, at: Place) -> Any:
    """By the part's rule; where it refuses the value as such, in the words of the whole."""
    try:
        return part.read(value, at)
    except FieldError as error:
        if error.param != at.path:
            raise
        raise at.wrong(value, whole.may_be) from error
