"""Where a value stands that somebody wrote, and the sentence that refuses it there.

Owns the words: which field, what it is, what it may be. Must not know any field by
name, nor what makes a value wrong.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field

_LONGEST_SHOWN = 60


class FieldError(ValueError):
    """A field that cannot be used; `param` is its path, `message` says what it may be."""

    def __init__(self, param: str, message: str) -> None:
        """Keep both."""
        super().__init__(message)
        self.param = param
        self.message = message


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands; `notes` gathers sentences about what is used otherwise."""

    path: str
    notes: list[str] = field(default_factory=list)

    def inside(self, key: str) -> Place:
        """The place of a field of the object that stands here."""
        return Place(f"{self.path}.{key}" if self.path else key, self.notes)

    def element(self, index: int) -> Place:
        """The place of an element of the list that stands here."""
        return Place(f"{self.path}[{index}]", self.notes)

    def wrong(self, value: object, may_be: str) -> FieldError:
        """The refusal of what stands here."""
        return FieldError(self.path, f"{self.path} is {show(value)}; it must be {may_be}.")

    def unknown(self, key: str, known: Iterable[str]) -> FieldError:
        """The refusal of a field that there is not, with the nearest that there is."""
        shown = key if key.isprintable() and len(key) <= _LONGEST_SHOWN else show(key)
        near = difflib.get_close_matches(shown, known, n=1)
        wanted = self.inside(shown).path
        names = f"did you mean {near[0]}?" if near else f"here may stand: {', '.join(known)}."
        return FieldError(wanted, f"{wanted} is no field that is known here; {names}")


def show(value: object) -> str:
    """The value as a person would write it, on one line and not too long."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case dict():
            return "an object"
        case list():
            return "a list" if len(repr(value)) > _LONGEST_SHOWN else repr(value)
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"
