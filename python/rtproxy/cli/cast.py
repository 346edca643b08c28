"""The personas of a configuration and their tools, for commands that look at them.

Owns how a command ends where they cannot be used.
"""

from __future__ import annotations

from rtproxy.cli.failure import MISUSED, fail
from rtproxy.config import Config
from rtproxy.model.errors import ConfigError
from rtproxy.personas.assigned import Assigned
from rtproxy.personas.casting import Casting
from rtproxy.runtime.cast import casting_of
from rtproxy.tools.toolbox import Toolbox, open_toolbox


def cast(config: Config) -> Casting:
    """Who answers where, or the end of the command with the line that says why not."""
    toolbox = opened(config)
    try:
        return casting_of(config, toolbox)
    except ConfigError as error:
        fail(str(error), MISUSED)


def opened(config: Config) -> Toolbox:
    """The tools that there are, or the end of the command with the line that says why not."""
    try:
        return open_toolbox(config.tools)
    except ConfigError as error:
        fail(str(error), MISUSED)


def tools_of(config: Config) -> Assigned:
    """The tools that a persona may name."""
    toolbox = opened(config)
    return Assigned(toolbox.declared, toolbox.usual)
