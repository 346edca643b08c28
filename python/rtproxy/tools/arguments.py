"""A function's parameters as a JSON schema, and a call's arguments read by the same types.

Owns both, so that they cannot differ: what the schema allows is what the function is
called with. Must not know what the function does.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Union

import msgspec
from msgspec import UNSET, Meta, UnsetType
from msgspec import inspect as types

from rtproxy.model.event import Json
from rtproxy.tools.context import ToolContext
from rtproxy.tools.docstring import read_docstring
from rtproxy.tools.errors import UnusableTool, WrongArguments

# All sessions wait while they are read.
LONGEST_ARGUMENTS = 65_536

_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
_MAY_BE = "str, int, float, bool, None, list[…], dict[str, …], Literal[…], an Enum, a dataclass"


@dataclass(frozen=True, slots=True)
class Arguments:
    """What one function takes.

    Attributes:
        schema: the JSON schema of its arguments, an object, without `$ref`.
        context: the name of the parameter that is given a ToolContext, if any.
    """

    schema: Json
    context: str | None
    _shape: type[msgspec.Struct]

    def read(self, text: str) -> dict[str, Any]:
        """The arguments of a call by name; what the model left out is not among them.

        `text` is JSON; nothing at all stands for an empty object. Raises WrongArguments.
        """
        if len(text) > LONGEST_ARGUMENTS:
            raise WrongArguments(f"The arguments have more than {LONGEST_ARGUMENTS} characters.")
        try:
            given = _whole(msgspec.json.decode(text.strip() or "{}"))
        except msgspec.DecodeError as error:
            raise WrongArguments(f"The arguments are not JSON: {error}.") from error
        except RecursionError as error:
            raise WrongArguments("The arguments nest too deep.") from error
        if not isinstance(given, dict):
            raise WrongArguments("The arguments must be one JSON object.")
        try:
            read = msgspec.convert(given, self._shape)
        except msgspec.ValidationError as error:
            raise WrongArguments(f"{error}; the arguments are: {self._listed}.") from error
        named = {name: getattr(read, name) for name in self._shape.__struct_fields__}
        return {name: value for name, value in named.items() if value is not UNSET}

    @property
    def _listed(self) -> str:
        return ", ".join(self._shape.__struct_fields__) or "none"


def arguments_of(function: Callable[..., object]) -> Arguments:
    """Read a function's signature and docstring.

    Raises UnusableTool (the words after the function's name) where a parameter cannot be
    given by a model.
    """
    hints = _hints(function)
    told = read_docstring(function.__doc__).parameters
    parameters = inspect.signature(function).parameters
    context = next((name for name in parameters if hints.get(name) is ToolContext), None)
    if strangers := [name for name in told if name not in parameters]:
        known = ", ".join(parameters) or "none"
        raise UnusableTool(
            f"its docstring describes {strangers[0]!r}, which is no parameter; there are: {known}"
        )
    fields: list[tuple[str, Any, Any]] = []
    for name, parameter in parameters.items():
        if name == context:
            continue
        kind = _kind(parameter, hints, told.get(name))
        optional = parameter.default is not inspect.Parameter.empty
        fields.append((name, Union[kind, UnsetType], UNSET) if optional else (name, kind, ...))  # noqa: UP007 - the kind may be no class, which | would need
    shape = _shape(function.__name__, fields)
    schema = _schema(shape)
    for name, parameter in parameters.items():
        if name != context and parameter.default is not inspect.Parameter.empty:
            _add_default(schema["properties"][name], parameter.default, hints[name])
    return Arguments(schema, context, shape)


def _hints(function: Callable[..., object]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function, include_extras=True)
    except NameError as error:
        raise UnusableTool(f"an annotation cannot be read: {error}") from error


def _kind(parameter: inspect.Parameter, hints: Mapping[str, Any], told: str | None) -> Any:
    """The type of one parameter, with what is said of it."""
    name = parameter.name
    if parameter.kind in _VARIADIC:
        raise UnusableTool(f"{parameter} takes any number of arguments; name each of them")
    if parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
        raise UnusableTool(f"{name} is positional only, and the model names its arguments")
    if name not in hints:
        raise UnusableTool(
            f"{name} has no annotation; write {name}: and what it may be ({_MAY_BE})"
        )
    kind = hints[name]
    try:
        _look_through(types.type_info(kind), name)
        msgspec.json.Decoder(kind)
    except (TypeError, ValueError) as error:
        why = str(error).splitlines()[0].rstrip(":")
        raise UnusableTool(
            f"{name} is annotated {_shown(kind)}, which no model can give ({why});"
            f" it may be: {_MAY_BE}"
        ) from error
    described = any(isinstance(each, Meta) and each.description for each in _notes(kind))
    return Annotated[kind, Meta(description=told)] if told and not described else kind


def _notes(kind: Any) -> tuple[Any, ...]:
    return getattr(kind, "__metadata__", ())


def _shown(kind: Any) -> str:
    return kind.__qualname__ if isinstance(kind, type) else str(kind)


def _look_through(kind: types.Type, name: str) -> None:
    """Refuse what JSON has no word for, however deep it lies."""
    if isinstance(kind, types.CustomType | types.RawType | types.ExtType):
        raise TypeError("it is not made of JSON")
    if isinstance(kind, types.DictType) and not isinstance(
        kind.key_type, types.StrType | types.AnyType
    ):
        raise TypeError("the keys of a JSON object are text")
    inner = [getattr(kind, each, None) for each in ("item_type", "value_type")]
    inner += list(getattr(kind, "types", ())) + list(getattr(kind, "item_types", ()))
    for each in inner:
        if isinstance(each, types.Type):
            _look_through(each, name)


def _shape(name: str, fields: list[tuple[str, Any, Any]]) -> type[msgspec.Struct]:
    listed: list[Any] = [
        (name, kind) if at is ... else (name, kind, at) for name, kind, at in fields
    ]
    try:
        return msgspec.defstruct(name, listed, kw_only=True, forbid_unknown_fields=True)
    except (TypeError, ValueError) as error:
        raise UnusableTool(f"its parameters cannot be read together: {error}") from error


def _schema(shape: type[msgspec.Struct]) -> Json:
    (top,), named = msgspec.json.schema_components([shape])
    schema: Json = _inlined(top, named, ())
    schema.pop("title", None)
    return schema


_REF = "#/$defs/"


def _inlined(schema: Any, named: Mapping[str, Any], trail: tuple[str, ...]) -> Any:
    """The schema with what it refers to in the place of each reference."""
    if isinstance(schema, list):
        return [_inlined(each, named, trail) for each in schema]
    if not isinstance(schema, dict):
        return schema
    # A set takes what is there twice, so that its schema must, too.
    rest = {
        key: inner if key in _VERBATIM else _inlined(inner, named, trail)
        for key, inner in schema.items()
        if key not in {"$ref", "uniqueItems"}
    }
    if "$ref" not in schema:
        return rest
    name = str(schema["$ref"]).removeprefix(_REF)
    if name in trail:
        raise UnusableTool(f"{name} has itself inside, and a model cannot be told of such a type")
    return {**_inlined(named[name], named, (*trail, name)), **rest}


# What is a value, and no schema, whatever it looks like.
_VERBATIM = frozenset({"default", "enum", "const", "examples"})


def _add_default(schema: Json, default: object, kind: Any) -> None:
    """Tell the model what a parameter is when it is left out, where JSON can say it."""
    try:
        value = msgspec.to_builtins(default)
        msgspec.convert(value, kind)
    except (TypeError, ValueError, NotImplementedError):  # a marker of the function's own
        return
    schema["default"] = value


def _whole(value: Any) -> Any:
    """The same with 1.0 as 1: to JSON they are one number, and a schema takes either."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {key: _whole(inner) for key, inner in value.items()}
        case list():
            return [_whole(inner) for inner in value]
    return value
