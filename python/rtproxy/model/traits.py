"""The traits of a companion: which there are, and that each is a number from 0 to 100.

Owns both. Must not know what a trait does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rtproxy.model.field_rules import Number, Place

TRAITS = ("playfulness", "empathy", "humor", "intelligence", "supportiveness")
MOST = 100

_TRAIT = Number(0, MOST, whole=True)


def read_traits(fields: Mapping[str, Any], *, where: str = "traits") -> dict[str, int]:
    """The traits that are named; FieldError for another name or value."""
    at = Place(where)
    for name in fields:
        if name not in TRAITS:
            raise at.unknown(name, TRAITS)
    return {name: int(_TRAIT.read(value, at.inside(name))) for name, value in fields.items()}
