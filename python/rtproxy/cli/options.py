"""Options that several commands share, and the way from them to a configuration.

Owns their spelling. What they may be is the configuration's to say.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rtproxy.cli.failure import MISUSED, fail
from rtproxy.config import Config, load_config
from rtproxy.model.errors import ConfigError

ConfigFile = Annotated[
    Path | None, typer.Option(help="The TOML file; by default the one RTPROXY_CONFIG names.")
]
UpstreamChoice = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|URL",
        help="Who answers: openai, simulator, a name from the file, or ws://… / wss://….",
    ),
]
UpstreamCa = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Certificates to trust upstream, not the system's (PEM)."),
]


def configured(
    file: Path | None,
    upstream: str | None,
    options: dict[str, object],
    *,
    upstream_ca: str | None = None,
) -> Config:
    """The configuration, or the end of the command with the one line that says why not."""
    try:
        return load_config(file, options=options, upstream=upstream, upstream_ca=upstream_ca)
    except ConfigError as error:
        fail(str(error), MISUSED)
