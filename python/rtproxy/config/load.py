"""The way in: all sources read, merged, checked as a whole.

Owns the order of the sources (file, environment, command line; later ones win)
and the rules that join several keys. Nothing starts half configured: what is
returned can be run. Reads files only to see that they are there.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import msgspec
from msgspec.structs import asdict

from rtproxy.config.build import build
from rtproxy.config.personas import dialect_session, personas_folder
from rtproxy.config.schema import (
    AuthConfig,
    Config,
    RoomsConfig,
    Sections,
    ServerConfig,
    SimulatorConfig,
    ToolsConfig,
    UpstreamConfig,
)
from rtproxy.config.sources import (
    CONFIG_VARIABLE,
    Setting,
    from_environment,
    from_file,
    from_options,
    unused,
)
from rtproxy.config.upstreams import choose_upstreams
from rtproxy.model.errors import ConfigError
from rtproxy.model.languages import NAMES

SHORTEST_SECRET = 32


def load_config(
    file: Path | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    options: Mapping[str, object] | None = None,
    upstream: str | None = None,
    upstream_ca: str | None = None,
) -> Config:
    """Read everything that was said and return what can be run.

    Args:
        file: the TOML file; None means the one that RTPROXY_CONFIG names, or none.
        environ: the environment; None means the process's own.
        options: values from the command line by key ("server.port"); None is no value.
        upstream: which upstream to use, see `choose_upstreams`.
        upstream_ca: what to trust of each instead of what its section says.

    Raises:
        ConfigError: one line that names the key, what it is and what it may be.
    """
    environ = os.environ if environ is None else environ
    if file is None and environ.get(CONFIG_VARIABLE):
        file = Path(environ[CONFIG_VARIABLE])
    sections = build(Sections, _settings(file, environ, options or {}))
    changes = {
        name: dialect_session(name, dialect) for name, dialect in asdict(sections.dialect).items()
    }
    upstreams = choose_upstreams(sections.upstream, upstream, environ)
    config = Config(
        server=_checked_server(sections.server, sections.auth),
        auth=_checked_auth(sections.auth),
        limits=sections.limits,
        simulator=_checked_simulator(sections.simulator),
        dialect=sections.dialect,
        twilio=sections.twilio,
        tools=_checked_tools(sections.tools),
        rooms=_checked_rooms(sections.rooms, upstreams),
        audio=sections.audio,
        log=sections.log,
        upstreams=tuple(replace(each, ca=upstream_ca or each.ca) for each in upstreams),
        notes=(*unused(environ), *(note for each in changes.values() for note in each.dropped)),
        personas_folder=personas_folder(sections.personas, file),
        dialect_sessions={name: each.session for name, each in changes.items()},
    )
    for chosen in config.upstreams:
        _must_exist(f"upstream.{chosen.name}.ca", chosen.ca)
    return config


def _settings(
    file: Path | None, environ: Mapping[str, str], options: Mapping[str, object]
) -> Iterator[Setting]:
    if file is not None:
        yield from from_file(file)
    yield from from_environment(environ)
    yield from from_options(options)


def _checked_auth(auth: AuthConfig) -> AuthConfig:
    if auth.secret is not None and len(auth.secret.reveal()) < SHORTEST_SECRET:
        raise ConfigError(
            f"auth.secret is too short; it must have {SHORTEST_SECRET} characters or more, for"
            " who can guess it can make tokens"
        )
    return auth


def _checked_server(server: ServerConfig, auth: AuthConfig) -> ServerConfig:
    """Draw `tls` from the files, and refuse what contradicts itself."""
    if not _is_loopback(server.host) and not auth.keys:
        raise ConfigError(
            f"server.host is {server.host!r}; without auth.keys it must be a loopback address"
            " (127.0.0.1, ::1 or localhost), for strangers must be asked for a key"
        )
    if server.ws_port is not None and server.ws_port == server.port != 0:
        raise ConfigError(
            f"server.ws_port is {server.ws_port}, which is server.port, too; it must be another"
            " port, or be left out: /ws on server.port speaks the same"
        )
    if server.ws_port is not None and server.ws_port == server.port != 0:
        raise ConfigError(
            f"server.ws_port is {server.ws_port}, which is server.port, too; it must be another"
            " port, or be left out: /ws on server.port speaks the same"
        )
    files = (server.certfile, server.keyfile)
    tls = server.tls or ("files" if any(files) else "off")
    if tls == "files" and not all(files):
        missing = "keyfile" if server.certfile else "certfile"
        raise ConfigError(
            f"server.{missing} is missing; TLS needs server.certfile and server.keyfile together"
        )
    if tls != "files" and any(files):
        raise ConfigError(
            f'server.tls is "{tls}", but a certfile or keyfile is given; leave out one or the other'
        )
    _must_exist("server.certfile", server.certfile)
    _must_exist("server.keyfile", server.keyfile)
    return msgspec.structs.replace(server, tls=tls)


def _checked_simulator(simulator: SimulatorConfig) -> SimulatorConfig:
    if simulator.voice == "script" and simulator.script is None:
        raise ConfigError('simulator.script is missing; the voice "script" needs the file to play')
    _must_exist("simulator.script", simulator.script)
    return simulator


def _checked_tools(tools: ToolsConfig) -> ToolsConfig:
    for file in tools.files:
        _must_exist("tools.files", file)
    _must_exist("tools.lookup.file", tools.lookup.file)
    return tools


def _checked_rooms(rooms: RoomsConfig, upstreams: Iterable[UpstreamConfig]) -> RoomsConfig:
    """Refuse languages that do not exist, and a translator that an upstream has not."""
    unheard = sorted(set(rooms.languages) - set(NAMES))
    if unheard:
        raise ConfigError(
            f"rooms.languages has {', '.join(unheard)}; it must be a list of two-letter codes of"
            ' ISO 639-1, such as "en"'
        )
    azure = [each.name for each in upstreams if each.kind == "azure"]
    if rooms.translator == "translation" and azure:
        raise ConfigError(
            f'rooms.translator is "translation", which upstream.{azure[0]} has not: it is of kind'
            ' "azure"; set it to "session", or use another upstream (--upstream NAME)'
        )
    return rooms


def _must_exist(key: str, file: str | None) -> None:
    if file is not None and not Path(file).is_file():
        raise ConfigError(f"{key} is {file!r}; it must be a file, and there is none of that name")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
