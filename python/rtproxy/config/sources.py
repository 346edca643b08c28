"""Where values are written: the file, the environment, the command line.

Owns the ways in, each turned into the same list of settings. Must not know which
keys exist or what they may be; that is `build`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rtproxy.model.errors import ConfigError

PREFIX = "RTPROXY_"
CONFIG_VARIABLE = "RTPROXY_CONFIG"

# Names that the proxies before this one used: key, or why there is none.
PLAIN_NAMES: dict[str, tuple[str, ...]] = {
    "PORT": ("server", "port"),
    "WS_PORT": ("server", "ws_port"),
}
UNUSED_NAMES = {
    "DATABASE_URL": "this version stores no conversations",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One value: under which key, from where.

    `textual` values come from where everything is text: "9000" may be a number.
    """

    path: tuple[str, ...]
    value: object
    source: str
    textual: bool = False

    @property
    def key(self) -> str:
        """The key as it is written in sentences."""
        return ".".join(self.path)


def from_file(path: Path) -> Iterator[Setting]:
    """Read a TOML file; ConfigError where it cannot be read or is not TOML."""
    try:
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path} is not UTF-8: byte {error.start} is {error.object[error.start]:#04x}"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not TOML: {error}") from error
    return _leaves((), tree, str(path))


def from_environment(environ: Mapping[str, str]) -> Iterator[Setting]:
    """`RTPROXY_SECTION__KEY`, and the plain names; the former wins."""
    for name, path in PLAIN_NAMES.items():
        if environ.get(name):
            yield Setting(path, environ[name], name, textual=True)
    for name in sorted(environ):
        if not name.startswith(PREFIX) or name == CONFIG_VARIABLE:
            continue
        path = tuple(name.removeprefix(PREFIX).lower().split("__"))
        if len(path) < 2 or "" in path:
            raise ConfigError(
                f"{name} names no key; the form is {PREFIX}SECTION__KEY,"
                f" for example {PREFIX}SERVER__PORT"
            )
        yield Setting(path, environ[name], name, textual=True)


def from_options(options: Mapping[str, object]) -> Iterator[Setting]:
    """Options of the command line, by key ("server.port"); None means not given."""
    for key, value in options.items():
        if value is not None:
            yield Setting(tuple(key.split(".")), value, "command line")


def unused(environ: Mapping[str, str]) -> tuple[str, ...]:
    """A sentence for each name that is known, set, and has no effect."""
    return tuple(
        f"{name} is set and not used: {why}."
        for name, why in UNUSED_NAMES.items()
        if environ.get(name)
    )


def _leaves(path: tuple[str, ...], value: object, source: str) -> Iterator[Setting]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves((*path, key), inner, source)
    elif path:
        yield Setting(path, value, source)
