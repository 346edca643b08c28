"""The weight of a value is never more than its JSON has, and what is too big is soon known."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtproxy.model.weight import weigh

NO_BOUND = 10**12


@dataclasses.dataclass
class Row:
    name: str
    inner: object = None
    _hidden: str = "x" * 100
    LEGEND: ClassVar[str] = "x" * 100


@dataclasses.dataclass(slots=True)
class Slotted:
    inner: object


class Line(msgspec.Struct):
    inner: object = ""
    note: str | msgspec.UnsetType = msgspec.UNSET


class Sparse(msgspec.Struct, omit_defaults=True):
    note: str = "x" * 100


class Short(msgspec.Struct, array_like=True):
    inner: object


SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats() | st.text()


def containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    kinds = (Slotted, Line, Short)
    return (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text(), inner)
        | st.builds(Row, st.text(), inner)
        | st.sampled_from(kinds).flatmap(lambda kind: inner.map(kind))
        | st.just(Sparse())
    )


@settings(max_examples=150, deadline=None)
@given(st.recursive(SCALARS | st.binary(), containers, max_leaves=40))
def test_it_is_never_more_than_the_json(value: Any) -> None:
    assert weigh(value, NO_BOUND) <= len(msgspec.json.encode(value))


@pytest.mark.parametrize("value", [[], {}, [[]], [""], [1, "two", [3]], {"a": {"b": [None]}}])
def test_of_what_is_short_it_is_all(value: Any) -> None:
    """One byte each is all that it counts for a number, and these have no other."""
    whole = msgspec.json.encode(value).replace(b"null", b"0")
    assert weigh(value, NO_BOUND) == len(whole)


MANY = ["x" * 100] * 100_000


class Countless(list[Any]):
    """Whoever goes through it has looked at too much."""

    def __iter__(self) -> Any:
        raise AssertionError("it was looked at")


@pytest.mark.parametrize("wrap", [list, Row, Slotted, Line, Short], ids=lambda kind: kind.__name__)
def test_what_is_too_big_is_known_without_looking_at_it_all(wrap: Any) -> None:
    inner = Countless(MANY)
    value = [inner] if wrap is list else wrap("a", inner) if wrap is Row else wrap(inner)
    assert weigh(value, 65_536) > 65_536
    text = "x" * 10_000_000
    assert weigh([text] if wrap is list else wrap(text), 65_536) > 65_536


def test_a_loop_is_heavier_than_any_bound() -> None:
    loop: list[Any] = []
    loop.append(loop)
    assert weigh(loop, 65_536) > 65_536


class Hostile:
    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __len__(self) -> int:
        raise RuntimeError


def test_of_what_it_does_not_know_it_asks_nothing() -> None:
    assert weigh([Hostile(), object()], NO_BOUND) < 10
