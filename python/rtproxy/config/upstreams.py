"""Which upstreams a configuration means, in order, with their keys.

Owns the choice: what is listed, what the command line asked for, and what a
newcomer without a key gets. Must not know how one is dialled.
"""

from __future__ import annotations

from collections.abc import Mapping

from rtproxy.config.schema import Kind, UpstreamConfig, UpstreamSection
from rtproxy.config.secret import Secret
from rtproxy.model.errors import ConfigError

DEFAULT_MODEL = "gpt-realtime-2.1"
OPENAI_URL = "wss://api.openai.com/v1/realtime"
OPENAI_KEY = "OPENAI_API_KEY"
COMMAND_LINE = "command-line"
KINDS: dict[str, Kind] = {"openai": "openai", "compatible": "compatible", "simulator": "simulator"}


def choose_upstreams(
    listed: Mapping[str, UpstreamSection], wanted: str | None, environ: Mapping[str, str]
) -> tuple[UpstreamConfig, ...]:
    """The upstreams to use, the preferred one first.

    `wanted` is a listed name, "openai", "simulator" or a WebSocket URL; None means
    all that are listed, or else OpenAI where there is a key, or else the simulator.

    Raises ConfigError where a key is missing, a section lacks what it needs, or
    `wanted` is none of these.
    """
    return tuple(
        _resolve(name, section, environ) for name, section in _sections(listed, wanted, environ)
    )


def _sections(
    listed: Mapping[str, UpstreamSection], wanted: str | None, environ: Mapping[str, str]
) -> list[tuple[str, UpstreamSection]]:
    if wanted is None:
        default = "openai" if environ.get(OPENAI_KEY, "").strip() else "simulator"
        return list(listed.items()) or [(default, UpstreamSection())]
    if wanted in listed:
        return [(wanted, listed[wanted])]
    if wanted in {"openai", "simulator"}:
        return [(wanted, UpstreamSection())]
    if wanted.startswith(("ws://", "wss://")):
        return [(COMMAND_LINE, UpstreamSection(kind="compatible", url=wanted))]
    names = ", ".join(dict.fromkeys([*listed, "openai", "simulator"]))
    raise ConfigError(
        f'the upstream "{wanted}" is not known; it must be one of {names}, or a URL (ws://… or wss://…)'
    )


def _resolve(name: str, section: UpstreamSection, environ: Mapping[str, str]) -> UpstreamConfig:
    where = f"upstream.{name}"
    kind = section.kind or KINDS.get(name)
    if kind is None:
        raise ConfigError(f"{where}.kind is missing; it must be one of {', '.join(KINDS)}")
    if kind == "compatible" and not section.url:
        raise ConfigError(
            f"{where}.url is missing; a compatible upstream needs a URL (ws://… or wss://…)"
        )
    if kind == "simulator" and section.url:
        raise ConfigError(
            f"{where}.url is set, but the simulator runs inside this process;"
            ' for one that runs elsewhere set kind = "compatible"'
        )
    key, key_from = _key(where, kind, section, environ)
    return UpstreamConfig(
        name=name,
        kind=kind,
        url=section.url or (OPENAI_URL if kind == "openai" else ""),
        model=section.model or DEFAULT_MODEL,
        api_key=key,
        key_from=key_from,
        ca=section.ca,
    )


def _key(
    where: str, kind: Kind, section: UpstreamSection, environ: Mapping[str, str]
) -> tuple[Secret | None, str]:
    """The key and where it was found.

    OPENAI_API_KEY goes to OpenAI alone: a URL from elsewhere never gets it unasked.
    """
    if section.api_key and section.api_key_env:
        raise ConfigError(f"{where} has both api_key and api_key_env; leave one of them out")
    if section.api_key:
        return section.api_key, f"{where}.api_key"
    variable = section.api_key_env or (OPENAI_KEY if kind == "openai" else None)
    if variable is None:
        return None, ""
    if value := environ.get(variable, "").strip():
        return Secret(value), variable
    raise ConfigError(
        f"the upstream {where.removeprefix('upstream.')} needs a key and {variable} is not set;"
        f" set it, or name another variable with {where}.api_key_env"
    )
