"""The sentence about a field that is not what it must be."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
import pytest

from rtproxy.dialects.wrong_fields import wrong_field


class Inner(msgspec.Struct):
    """Something inside."""

    rate: Annotated[int, msgspec.Meta(ge=1)]
    flag: bool = False


class Outer(msgspec.Struct):
    """Every kind of field that messages have."""

    name: str
    level: float = 0.0
    count: int | None = None
    inner: Inner | None = None
    names: list[str] = []
    table: dict[str, int] = {}
    kind: Literal["a", "b"] = "a"
    digit: Annotated[str, msgspec.Meta(pattern="^[0-9]$")] = "1"


@pytest.mark.parametrize(
    ("fields", "param", "message"),
    [
        ({}, "name", "name is missing; it must be text."),
        ({"name": 5}, "name", "name is 5; it must be text."),
        ({"name": None}, "name", "name is null; it must be text."),
        ({"level": "7"}, "level", "level is '7'; it must be a number."),
        ({"count": True}, "count", "count is true; it must be a whole number or null."),
        ({"count": 1.5}, "count", "count is 1.5; it must be a whole number or null."),
        ({"inner": []}, "inner", "inner is []; it must be an object or null."),
        (
            {"inner": {}},
            "inner.rate",
            "inner.rate is missing; it must be a whole number of at least 1.",
        ),
        (
            {"inner": {"rate": 0}},
            "inner.rate",
            "inner.rate is 0; it must be a whole number of at least 1.",
        ),
        (
            {"inner": {"rate": 1, "flag": 0}},
            "inner.flag",
            "inner.flag is 0; it must be true or false.",
        ),
        ({"names": {}}, "names", "names is an object; it must be a list of text."),
        ({"names": ["a", 5]}, "names", "names is ['a', 5]; it must be a list of text."),
        ({"table": 3}, "table", "table is 3; it must be an object of a whole number."),
        (
            {"table": {"a": ""}},
            "table",
            "table is an object; it must be an object of a whole number.",
        ),
        ({"kind": "c"}, "kind", "kind is 'c'; it must be 'a' or 'b'."),
        ({"digit": "x"}, "digit", "digit is 'x'; it must be text that matches ^[0-9]$."),
    ],
)
def test_which_field_what_it_is_and_what_it_may_be(
    fields: dict[str, Any], param: str, message: str
) -> None:
    whole = fields if fields == {} else {"name": "n", **fields}
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(whole, Outer)
    wrong = wrong_field(Outer, whole, caught.value)
    assert (wrong.param, wrong.message) == (param, message)


def test_a_long_value_is_cut() -> None:
    whole = {"name": "n", "level": "x" * 10_000}
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(whole, Outer)
    assert len(wrong_field(Outer, whole, caught.value).message) < 200
