"""What the schema allows is what the function is called with, whatever the signature."""

from __future__ import annotations

import dataclasses
import enum
import inspect
import json
from collections.abc import Callable
from typing import Annotated, Any, Literal, Optional, TypedDict

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from msgspec import Meta

from rtproxy.tools.arguments import Arguments, arguments_of
from rtproxy.tools.context import ToolContext
from rtproxy.tools.errors import UnusableTool, WrongArguments


class Size(enum.Enum):
    SMALL = "s"
    LARGE = "l"


class Rank(enum.IntEnum):
    FIRST = 1
    SECOND = 2


@dataclasses.dataclass
class Place:
    city: str
    floor: int = 0


class Pair(msgspec.Struct):
    left: int
    right: str | None = None


class Strict(msgspec.Struct, forbid_unknown_fields=True):
    only: bool


class Named(TypedDict):
    key: int


LEAVES: list[Any] = [
    int,
    float,
    str,
    bool,
    Any,
    Size,
    Rank,
    Place,
    Pair,
    Strict,
    Named,
    Literal["a", "b"],
    Literal[1, 2, "x"],
    Annotated[int, Meta(ge=0, le=10)],
    Annotated[int, Meta(gt=0, multiple_of=3)],
    Annotated[float, Meta(gt=-1.5, lt=1.5)],
    Annotated[str, Meta(min_length=1, max_length=3)],
    Annotated[str, Meta(pattern="^a")],
    int | str,
    float | bool | None,
    tuple[int, str],
    set[int],
]


def deeper(kinds: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        kinds.map(lambda kind: list[kind]),
        kinds.map(lambda kind: dict[str, kind]),
        kinds.map(lambda kind: Optional[kind]),  # noqa: UP045 - the kind is known as this runs
        kinds.map(lambda kind: Annotated[list[kind], Meta(max_length=2)]),
        kinds.map(lambda kind: tuple[kind, ...]),
    )


KINDS = st.recursive(st.sampled_from(LEAVES), deeper, max_leaves=3)
NAMES = st.sampled_from(["a", "b", "city", "from_", "x1"])
SIGNATURES = st.dictionaries(NAMES, st.tuples(KINDS, st.booleans()), max_size=4)

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-4, 12),
    st.sampled_from([0.0, 1.0, 0.5, -1.5, 1e300, 10**30, 3.0]),
    st.sampled_from(["", "a", "b", "s", "x", "abcd"]),
)
OBJECTS = st.sampled_from(["city", "floor", "left", "right", "only", "key", "z"])
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(OBJECTS, inner, max_size=3),
    max_leaves=5,
)


def function_of(signature: dict[str, tuple[Any, bool]]) -> Callable[..., Any]:
    """A function with these parameters, each of a type, some with a default."""

    async def made(**given: Any) -> Any:
        return given

    parameters = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None if optional else inspect.Parameter.empty,
        )
        for name, (_, optional) in signature.items()
    ]
    made.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # functions may have one
    made.__annotations__ = {name: kind for name, (kind, _) in signature.items()}
    return made


def accepts(arguments: Arguments, text: str) -> bool:
    try:
        arguments.read(text)
    except WrongArguments:
        return False
    return True


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_the_schema_accepts_what_the_function_is_called_with_and_nothing_else(
    data: st.DataObject,
) -> None:
    signature = data.draw(SIGNATURES)
    arguments = arguments_of(function_of(signature))
    assert "$ref" not in json.dumps(arguments.schema)
    Draft202012Validator.check_schema(arguments.schema)
    validator = Draft202012Validator(arguments.schema)
    for _ in range(4):
        chosen = {name: data.draw(JSON) for name in signature if data.draw(st.booleans()) or 1}
        for name in data.draw(st.sets(st.sampled_from([*signature, "stranger"]), max_size=2)):
            if name in chosen:
                del chosen[name]
            elif data.draw(st.integers(0, 4)) == 0:
                chosen[name] = 1
        text = json.dumps(chosen)
        assert validator.is_valid(json.loads(text)) == accepts(arguments, text), (signature, text)


@given(JSON)
def test_arguments_are_one_object(value: Any) -> None:
    if not isinstance(value, dict):
        with pytest.raises(WrongArguments):
            arguments_of(function_of({})).read(json.dumps(value))


def test_what_is_read_has_the_types_of_the_signature() -> None:
    signature = {"size": (Size, False), "places": (list[Place], False), "n": (int, True)}
    read = arguments_of(function_of(signature)).read
    text = '{"size": "l", "places": [{"city": "Rome", "floor": 2.0}]}'
    assert read(text) == {"size": Size.LARGE, "places": [Place("Rome", 2)]}
    assert read(text[:-1] + ', "n": 3.0}')["n"] == 3


def test_a_call_without_arguments_may_say_nothing() -> None:
    arguments = arguments_of(function_of({}))
    assert arguments.read("") == arguments.read(" ") == arguments.read("{}") == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"number": "x"}', "Expected `int`, got `str` - at `$.number`"),
        ("{}", "missing required field `number`"),
        ('{"number": 1, "nmber": 2}', "unknown field `nmber`; the arguments are: number."),
        ('{"number": ', "not JSON"),
        ("[1]", "one JSON object"),
        ("[" * 60_000, "nest too deep"),
        ('{"number": 1}' + " " * 65_536, "more than 65536 characters"),
    ],
)
def test_a_refusal_tells_the_model_what_to_mend(text: str, words: str) -> None:
    with pytest.raises(WrongArguments) as caught:
        arguments_of(function_of({"number": (int, False)})).read(text)
    assert words in str(caught.value)


async def documented(
    city: str,
    days: Annotated[int, Meta(ge=1, description="how many")] = 3,
    units: Literal["metric", "imperial"] = "metric",
    *,
    context: ToolContext,
    near: Place | None = None,
    marker: Any = object,
) -> None:
    """Tell the weather.

    Args:
        city: where.
        days: not this one: the annotation says it.
        context: the proxy's.
    """


def test_the_schema_has_descriptions_and_defaults_and_no_context() -> None:
    arguments = arguments_of(documented)
    assert arguments.context == "context"
    properties = arguments.schema["properties"]
    assert set(properties) == {"city", "days", "units", "near", "marker"}
    assert properties["city"] == {"type": "string", "description": "where."}
    assert properties["days"]["description"] == "how many"
    assert properties["days"]["default"] == 3
    assert properties["units"] == {"enum": ["imperial", "metric"], "default": "metric"}
    assert properties["near"]["default"] is None
    assert "default" not in properties["marker"]
    assert arguments.schema["required"] == ["city"]


@dataclasses.dataclass
class Folder:
    inside: list[Folder]


async def plain_missing(a) -> None: ...  # type: ignore[no-untyped-def] # that is the point


async def any_number(*a: int) -> None: ...


async def by_place(a: int, /) -> None: ...


async def unknown_type(a: object) -> None: ...


async def deep_unknown(a: list[dict[str, complex]]) -> None: ...


async def odd_keys(a: dict[int, str]) -> None: ...


async def unresolved(a: Nowhere) -> None: ...  # type: ignore[name-defined] # noqa: F821 - that is the point


async def round_and_round(a: Folder) -> None: ...


async def misdescribed(a: int) -> None:
    """Do it.

    Args:
        b: nothing of that name.
    """


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (plain_missing, "a has no annotation"),
        (any_number, "any number of arguments"),
        (by_place, "a is positional only"),
        (unknown_type, "a is annotated object"),
        (deep_unknown, "complex"),
        (odd_keys, "keys of a JSON object are text"),
        (unresolved, "Nowhere"),
        (round_and_round, "Folder has itself inside"),
        (misdescribed, "'b', which is no parameter; there are: a"),
    ],
)
def test_a_signature_that_no_model_can_fill_in_is_refused(
    function: Callable[..., Any], words: str
) -> None:
    with pytest.raises(UnusableTool) as caught:
        arguments_of(function)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
