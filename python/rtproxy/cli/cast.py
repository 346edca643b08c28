"""The personas of a configuration, for commands that look at them.

Owns how a command ends where they cannot be used.
"""

from __future__ import annotations

from rtproxy.cli.failure import MISUSED, fail
from rtproxy.config import Config
from rtproxy.model.errors import ConfigError
from rtproxy.personas.casting import Casting
from rtproxy.runtime.cast import casting_of


def cast(config: Config) -> Casting:
    """Who answers where, or the end of the command with the line that says why not."""
    try:
        return casting_of(config)
    except ConfigError as error:
        fail(str(error), MISUSED)
