"""Settings into structs, each value held against its type.

Owns the walk over the schema: unknown keys, wrong types, values out of range, each
refused by one line. Must not know any particular key.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from typing import Any, TypeVar, get_args, get_origin

import msgspec

from rtproxy.config.headers import wrong_header
from rtproxy.config.secret import Secret
from rtproxy.config.sources import Setting
from rtproxy.config.wording import describe, refusal, unknown
from rtproxy.model.errors import ConfigError

S = TypeVar("S", bound=msgspec.Struct)

SHORTEST_KEY = 16
_NAME = re.compile("[a-z0-9_]+")


def build(kind: type[S], settings: Iterable[Setting]) -> S:
    """Make the struct; of several settings for one key the last counts.

    Raises ConfigError for the first setting that does not fit.
    """
    return _struct(kind, list({setting.path: setting for setting in settings}.values()), depth=0)


def _struct(kind: type[S], settings: list[Setting], depth: int) -> S:
    types = {field.name: field.type for field in msgspec.structs.fields(kind)}
    values = {}
    for name, inside in _by_name(settings, depth).items():
        if name not in types:
            raise unknown(".".join(inside[0].path[: depth + 1]), inside[0].source, types)
        values[name] = _value(types[name], inside, depth + 1)
    return kind(**values)


def _by_name(settings: list[Setting], depth: int) -> dict[str, list[Setting]]:
    groups: dict[str, list[Setting]] = {}
    for setting in settings:
        if len(setting.path) > depth:
            groups.setdefault(setting.path[depth], []).append(setting)
        elif setting.value != {}:
            raise refusal(setting.key, setting.value, setting.source, f"a table: [{setting.key}]")
    return groups


def _value(type_: Any, settings: list[Setting], depth: int) -> object:
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        return _struct(type_, settings, depth)
    if type_ == dict[str, Secret]:
        return _headers(settings, depth)
    if type_ == dict[str, Any]:
        return _tree(settings, depth)
    if get_origin(type_) is dict:
        return _named_structs(get_args(type_)[1], settings, depth)
    return _leaf(type_, settings, depth)


def _named_structs(kind: type[S], settings: list[Setting], depth: int) -> dict[str, S]:
    groups = _by_name(settings, depth)
    for name, inside in groups.items():
        if not _NAME.fullmatch(name):
            where = ".".join(inside[0].path[:depth])
            raise ConfigError(
                f'"{name}" cannot be the name of a table under {where} ({inside[0].source});'
                " a name has only a–z, 0–9 and _, so that the environment can say it too"
            )
    return {name: _struct(kind, inside, depth + 1) for name, inside in groups.items()}


def _headers(settings: list[Setting], depth: int) -> dict[str, Secret]:
    """Names and values of HTTP headers; in the environment "_" stands for "-"."""
    found = {}
    for name, inside in _by_name(settings, depth).items():
        header = name.replace("_", "-") if inside[-1].textual else name
        wrong = wrong_header(header, inside[-1].value)
        if wrong is not None:
            key = ".".join(inside[-1].path[: depth + 1])
            raise refusal(key, None, inside[-1].source, wrong, secret=True)
        found[header] = Secret(str(inside[-1].value))
    return found


def _tree(settings: list[Setting], depth: int) -> dict[str, Any]:
    """A table of whatever keys, for somebody else to read."""
    return {
        name: _tree(inside, depth + 1)
        if any(len(setting.path) > depth + 1 for setting in inside)
        else _untyped(inside[-1])
        for name, inside in _by_name(settings, depth).items()
    }


def _untyped(setting: Setting) -> object:
    """A text of the environment is what it would be in the file without quotes, or itself."""
    if not setting.textual:
        return setting.value
    try:
        return tomllib.loads(f"value = {setting.value}")["value"]
    except tomllib.TOMLDecodeError:
        return setting.value


def _leaf(type_: Any, settings: list[Setting], depth: int) -> object:
    setting = settings[-1]
    value = setting.value
    if type_ == tuple[Secret, ...]:
        return _secrets(setting, depth)
    if Secret in get_args(type_):
        return _secret(setting, depth)
    if len(setting.path) > depth:
        raise refusal(".".join(setting.path[:depth]), {}, setting.source, describe(type_))
    if setting.textual and "tuple" in str(type_):
        value = [part.strip() for part in str(value).split(",") if part.strip()]
    try:
        return msgspec.convert(value, type=type_, strict=not setting.textual, str_keys=True)
    except msgspec.ValidationError as error:
        raise refusal(setting.key, value, setting.source, describe(type_)) from error


def _secrets(setting: Setting, depth: int) -> tuple[Secret, ...]:
    """Keys of our own: nobody must be able to guess one."""
    value = setting.value
    if setting.textual:
        value = [part.strip() for part in str(value).split(",") if part.strip()]
    given = value if isinstance(value, list) and len(setting.path) == depth else [None]
    keys = [each for each in given if isinstance(each, str) and len(each) >= SHORTEST_KEY]
    if len(keys) < len(given):
        may_be = f"a list of keys, each of {SHORTEST_KEY} characters or more"
        raise refusal(".".join(setting.path[:depth]), None, setting.source, may_be, secret=True)
    return tuple(Secret(each) for each in keys)


def _secret(setting: Setting, depth: int) -> Secret:
    value = setting.value
    if len(setting.path) == depth and isinstance(value, str) and value.strip():
        return Secret(value.strip())
    key = ".".join(setting.path[:depth])
    raise refusal(key, None, setting.source, "text, not empty", secret=True)
