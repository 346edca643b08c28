"""`rtproxy check`: say what a configuration means, and whether it can be run.

Owns the words. Starts nothing, dials nobody.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import asdict

from rtproxy._audio_core import HAS_OPUS, simd
from rtproxy.cli.cast import cast
from rtproxy.cli.describe import upstream_sentence
from rtproxy.cli.options import ConfigFile, UpstreamCa, UpstreamChoice, configured
from rtproxy.cli.words import say
from rtproxy.config import Config
from rtproxy.personas.casting import Casting
from rtproxy.personas.catalog import Catalog


def check(
    config: ConfigFile = None, upstream: UpstreamChoice = None, upstream_ca: UpstreamCa = None
) -> None:
    """Read the configuration as `serve` would, and say what would run."""
    loaded = configured(config, upstream, {}, upstream_ca=upstream_ca)
    say("\n".join(report(loaded, cast(loaded))))


def report(config: Config, casting: Casting) -> Iterator[str]:
    """What would run, line by line."""
    yield "The configuration is complete. It would run:"
    port = f"port {config.server.port}" if config.server.port else "any free port"
    yield f"  listening on {config.server.host}, {port}, {_tls(config)}"
    if (extra := config.server.ws_port) is not None:
        port = f"port {extra}" if extra else "any free port"
        yield f"  companion at / of another port, too: {port}"
    if config.auth.keys:
        number = len(config.auth.keys)
        yield f"  clients show {'a key' if number == 1 else f'one of {number} keys'}"
    if config.server.allowed_origins:
        yield f"  web pages that may connect: {', '.join(config.server.allowed_origins)}"
    for number, each in enumerate(config.upstreams, start=1):
        yield f"  upstream {number}: {upstream_sentence(each)}"
    for dialect in casting.roles:
        yield f"  {dialect} is answered by {casting.persona_of(dialect)}"
    if casting.tools.usual:
        yield f"  tools that sessions are offered: {', '.join(casting.tools.usual)}"
    yield f"  Opus for clients: {_opus()}"
    yield from _changes(config)
    yield f"  log: {config.log.level}, {config.log.format}"
    yield from (f"  note: {note}" for note in (*config.notes, *_persona_notes(casting.catalog)))


def _persona_notes(catalog: Catalog) -> Iterator[str]:
    for name in catalog.names:
        yield from (f"persona {name}: {note}" for note in catalog.find(name).notes)


def _opus() -> str:
    if HAS_OPUS:
        return "built in"
    return "not built in (it needs cmake and a C compiler when rtproxy is built)"


def _tls(config: Config) -> str:
    if config.server.certfile:
        return f"TLS with {config.server.certfile}"
    return "TLS, self-signed" if config.server.uses_tls else "no TLS"


def _changes(config: Config) -> Iterator[str]:
    """What is not as it is by default."""
    for section in ("limits", "rooms"):
        chosen = getattr(config, section)
        usual = asdict(type(chosen)())
        for key, value in asdict(chosen).items():
            if value != usual[key]:
                yield f"  {section}.{key}: {value} (usually {usual[key]})"
    if config.audio.simd != "auto":
        yield f"  audio.simd: {config.audio.simd} at most; this machine has {simd()}"
    for name, dialect in asdict(config.dialect).items():
        own = asdict(type(dialect)())
        for key, value in asdict(dialect).items():
            if value != own[key]:
                yield f"  dialect.{name}.{key}: {value}"
