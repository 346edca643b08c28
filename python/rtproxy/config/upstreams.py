"""Which upstreams a configuration means, in order, with their keys.

Owns the choice: what is listed, what the command line asked for, and what a
newcomer without a key gets. Must not know how one is dialled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import get_args

from rtproxy.config.schema import Kind, UpstreamConfig, UpstreamSection
from rtproxy.config.secret import Secret
from rtproxy.model.errors import ConfigError

DEFAULT_MODEL = "gpt-realtime-2.1"
OPENAI_URL = "wss://api.openai.com/v1/realtime"
OPENAI_KEY = "OPENAI_API_KEY"
AZURE_KEY = "AZURE_OPENAI_API_KEY"
AZURE_ENDPOINT = "AZURE_OPENAI_ENDPOINT"
COMMAND_LINE = "command-line"
KINDS: dict[str, Kind] = {kind: kind for kind in get_args(Kind)}
_USUAL_KEYS: dict[Kind, str] = {"openai": OPENAI_KEY, "azure": AZURE_KEY}
# What each kind can do without, and the others have no use for.
_OF_KIND: dict[str, Kind] = {
    "endpoint": "azure",
    "api_version": "azure",
    "organization": "openai",
    "project": "openai",
}
# Where the official SDKs look, too.
_ORGANIZATION = ("OpenAI-Organization", "OPENAI_ORG_ID")
_PROJECT = ("OpenAI-Project", "OPENAI_PROJECT_ID")


def choose_upstreams(
    listed: Mapping[str, UpstreamSection], wanted: str | None, environ: Mapping[str, str]
) -> tuple[UpstreamConfig, ...]:
    """The upstreams to use, the preferred one first.

    `wanted` is a listed name, "openai", "azure", "simulator" or a WebSocket URL; None means
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
    if wanted in {"openai", "azure", "simulator"}:
        return [(wanted, UpstreamSection())]
    if wanted.startswith(("ws://", "wss://")):
        return [(COMMAND_LINE, UpstreamSection(kind="compatible", url=wanted))]
    names = ", ".join(dict.fromkeys([*listed, "openai", "azure", "simulator"]))
    raise ConfigError(
        f'the upstream "{wanted}" is not known; it must be one of {names}, or a URL (ws://… or wss://…)'
    )


def _resolve(name: str, section: UpstreamSection, environ: Mapping[str, str]) -> UpstreamConfig:
    where = f"upstream.{name}"
    kind = section.kind or KINDS.get(name)
    if kind is None:
        raise ConfigError(f"{where}.kind is missing; it must be one of {', '.join(KINDS)}")
    _check_fit(where, kind, section)
    key, key_from = _key(where, kind, section, environ)
    return UpstreamConfig(
        name=name,
        kind=kind,
        url=_url(where, kind, section, environ),
        model=section.model or DEFAULT_MODEL,
        api_key=key,
        key_from=key_from,
        auth=section.auth or ("api-key" if kind == "azure" else "bearer"),
        api_version=section.api_version,
        headers=tuple(_headers(kind, section, environ)),
        ca=section.ca,
    )


def _check_fit(where: str, kind: Kind, section: UpstreamSection) -> None:
    """Refuse what the kind has no use for: it would promise what it does not keep."""
    for key, its_kind in _OF_KIND.items():
        if getattr(section, key) is not None and kind != its_kind:
            raise ConfigError(
                f'{where}.{key} is set, but the kind is "{kind}"; it belongs to "{its_kind}"'
            )
    if kind == "simulator" and section.url:
        raise ConfigError(
            f"{where}.url is set, but the simulator runs inside this process;"
            ' for one that runs elsewhere set kind = "compatible"'
        )
    if section.url and (section.endpoint or section.api_version):
        other = "endpoint" if section.endpoint else "api_version"
        raise ConfigError(f"{where} has both url and {other}; a whole url needs neither")


def _url(where: str, kind: Kind, section: UpstreamSection, environ: Mapping[str, str]) -> str:
    if section.url:
        return section.url
    if kind == "compatible":
        raise ConfigError(
            f"{where}.url is missing; a compatible upstream needs a URL (ws://… or wss://…)"
        )
    if kind != "azure":
        return OPENAI_URL if kind == "openai" else ""
    endpoint = section.endpoint or environ.get(AZURE_ENDPOINT, "").strip()
    if not endpoint.startswith(("https://", "http://")):
        raise ConfigError(
            f"{where}.endpoint is missing; it is the address of the Azure resource"
            f" (https://NAME.openai.azure.com), also found in {AZURE_ENDPOINT}"
        )
    return endpoint


def _headers(
    kind: Kind, section: UpstreamSection, environ: Mapping[str, str]
) -> Iterator[tuple[str, Secret]]:
    """What is written under `headers`, and what has a key of its own."""
    yield from section.headers.items()
    if kind != "openai":
        return
    for (header, variable), value in (
        (_ORGANIZATION, section.organization),
        (_PROJECT, section.project),
    ):
        told = value or environ.get(variable, "").strip()
        if told:
            yield header, Secret(told)


def _key(
    where: str, kind: Kind, section: UpstreamSection, environ: Mapping[str, str]
) -> tuple[Secret | None, str]:
    """The key and where it was found.

    OPENAI_API_KEY goes to OpenAI alone, AZURE_OPENAI_API_KEY to Azure: a URL from
    elsewhere never gets either unasked.
    """
    if section.api_key and section.api_key_env:
        raise ConfigError(f"{where} has both api_key and api_key_env; leave one of them out")
    if section.api_key:
        return section.api_key, f"{where}.api_key"
    variable = section.api_key_env or _USUAL_KEYS.get(kind)
    if variable is None:
        return None, ""
    if value := environ.get(variable, "").strip():
        return Secret(value), variable
    raise ConfigError(
        f"the upstream {where.removeprefix('upstream.')} needs a key and {variable} is not set;"
        f" set it, or name another variable with {where}.api_key_env"
    )
