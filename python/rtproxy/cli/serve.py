"""`rtproxy serve`: run the proxy.

Owns the options and what a person is told at the start. Everything that runs is
built by `rtproxy.server`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from rtproxy import __version__
from rtproxy.cli.describe import upstream_sentence
from rtproxy.cli.failure import fail
from rtproxy.cli.options import ConfigFile, UpstreamCa, UpstreamChoice, configured
from rtproxy.cli.words import DEFAULT_URL, say, this_command
from rtproxy.config import Config
from rtproxy.model.errors import ConfigError
from rtproxy.observability.log import configure_logging

if TYPE_CHECKING:
    from rtproxy.server import Listening


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on (127.0.0.1).")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on (8000); 0: any.")] = None,
    config: ConfigFile = None,
    upstream: UpstreamChoice = None,
    upstream_ca: UpstreamCa = None,
    certfile: Annotated[str | None, typer.Option(help="Certificate chain for TLS (PEM).")] = None,
    keyfile: Annotated[str | None, typer.Option(help="Its private key (PEM).")] = None,
    tls: Annotated[
        str | None,
        typer.Option(metavar="off|self-signed", help="TLS without files, to try it out."),
    ] = None,
    tools: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="Python file with tools for the model; repeatable."),
    ] = None,
    log_level: Annotated[
        str | None, typer.Option(metavar="debug|info|warning|error", help="What is logged (info).")
    ] = None,
    log_format: Annotated[
        str | None, typer.Option(metavar="auto|console|json", help="How it is logged (auto).")
    ] = None,
) -> None:
    """Run the proxy."""
    options: dict[str, object] = {
        "server.host": host,
        "server.port": port,
        "server.certfile": certfile,
        "server.keyfile": keyfile,
        "server.tls": tls,
        "tools.files": tools,
        "log.level": log_level,
        "log.format": log_format,
    }
    loaded = configured(config, upstream, options, upstream_ca=upstream_ca)
    configure_logging(loaded.log.level, loaded.log.format, secrets=loaded.secrets())
    _run(loaded)


def _run(config: Config) -> None:
    # Imported here, so that a wrong configuration is refused without waiting for a web server.
    import trio

    from rtproxy import server

    def announce(listening: server.Listening) -> None:
        say("\n".join(greeting(config, listening)))

    async def run() -> None:
        await server.run(config, on_ready=announce)

    try:
        trio.run(run)
    except* ConfigError as group:
        reasons = group.exceptions
    else:
        return
    fail("; ".join(str(reason) for reason in reasons))


def greeting(config: Config, listening: Listening) -> Iterator[str]:
    """What runs where, who answers, and what to try next."""
    from rtproxy.dialects.broadcast import BROADCAST
    from rtproxy.dialects.registry import DIALECTS

    yield f"rtproxy {__version__} is up at {listening.http_url}"
    for dialect in (*DIALECTS, BROADCAST):
        yield f"  {dialect.name:<13} {listening.ws_url}{_telling(dialect.paths)}"
    if listening.extra_ws_url is not None:
        yield f"  {'companion':<13} {listening.extra_ws_url}/"
    yield f"  {'health':<13} {listening.http_url}/health"
    for upstream in config.upstreams[:1]:
        yield upstream_sentence(upstream)
    yield from config.notes
    command = this_command("talk --save answer.wav")
    yield f"Try, in another terminal:  {command}{_where(config, listening)}"


def _where(config: Config, listening: Listening) -> str:
    """What `talk` must be told to find a proxy that is not where it usually is."""
    url = "" if listening.ws_url == DEFAULT_URL else f" --url {listening.ws_url}"
    return url + (" --insecure" if config.server.tls == "self-signed" else "")


def _telling(paths: tuple[str, ...]) -> str:
    """The path to show: a telling one before the bare root."""
    return next((path for path in paths if path != "/"), paths[0])
