"""The smallest arguments: by example, and against a validator."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtproxy.simulator.voices.smallest import smallest

NODE = {
    "$defs": {
        "node": {
            "type": "object",
            "properties": {"value": {"type": "integer"}, "next": {"$ref": "#/$defs/node"}},
            "required": ["value"],
        }
    },
    "$ref": "#/$defs/node",
}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({}, None),
        ({"type": "object", "properties": {"a": {"type": "string"}}}, {}),
        ({"properties": {"a": {"type": "string"}}, "required": ["a"]}, {"a": ""}),
        ({"type": "object", "required": ["free"]}, {"free": None}),
        ({"enum": ["b", "a"]}, "b"),
        ({"const": 5}, 5),
        ({"const": None}, None),
        ({"type": "string", "minLength": 3}, "xxx"),
        ({"type": "array", "items": {"type": "boolean"}, "minItems": 2}, [False, False]),
        ({"type": "array", "items": {"type": "boolean"}}, []),
        ({"type": ["string", "null"]}, None),
        ({"type": ["string", "integer"]}, ""),
        ({"type": "integer", "minimum": 2.5}, 3),
        ({"type": "integer", "exclusiveMinimum": 2}, 3),
        ({"type": "integer", "maximum": -2}, -2),
        ({"type": "number", "exclusiveMaximum": 0}, -0.5),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, ""),
        ({"oneOf": [{"type": "integer", "minimum": 1}]}, 1),
        (
            {
                "allOf": [
                    {"type": "object", "properties": {"a": {"const": 1}}, "required": ["a"]},
                    {"properties": {"b": {"const": 2}}, "required": ["b"]},
                ]
            },
            {"a": 1, "b": 2},
        ),
        (NODE, {"value": 0}),
    ],
)
def test_examples(schema: dict[str, Any], expected: Any) -> None:
    assert smallest(schema) == expected
    jsonschema.validate(smallest(schema), schema)


def test_a_schema_that_needs_itself_ends() -> None:
    endless = {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]}
    assert smallest(endless)["a"]["a"]["a"]


SIMPLE = st.one_of(
    st.just({"type": "boolean"}),
    st.just({"type": "null"}),
    st.builds(lambda low: {"type": "integer", "minimum": low}, st.integers(-9, 9)),
    st.builds(lambda high: {"type": "number", "maximum": high}, st.integers(-9, 9)),
    st.builds(lambda low: {"type": "integer", "exclusiveMinimum": low}, st.integers(-9, 9)),
    st.builds(lambda size: {"type": "string", "minLength": size}, st.integers(0, 5)),
    st.builds(lambda values: {"enum": values}, st.lists(st.integers(), min_size=1)),
)


def composed(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    properties = st.dictionaries(st.text(max_size=4), inner, max_size=4)
    return st.one_of(
        properties.flatmap(
            lambda known: st.builds(
                lambda required: {"type": "object", "properties": known, "required": required},
                st.lists(st.sampled_from(sorted(known) or [""]), unique=True),
            )
        ),
        st.builds(
            lambda item, size: {"type": "array", "items": item, "minItems": size},
            inner,
            st.integers(0, 3),
        ),
        st.builds(lambda options: {"anyOf": options}, st.lists(inner, min_size=1, max_size=3)),
    )


@given(st.recursive(SIMPLE, composed, max_leaves=8))
def test_the_schema_allows_what_comes_out(schema: dict[str, Any]) -> None:
    jsonschema.validate(smallest(schema), schema)
