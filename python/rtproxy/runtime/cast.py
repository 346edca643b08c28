"""Who answers where, as the configuration says it.

Owns the way from the configuration to the casting. Must not know what a persona is
made of, nor what a dialect says.
"""

from __future__ import annotations

from rtproxy.config import Config
from rtproxy.dialects.broadcast import BROADCAST
from rtproxy.dialects.dialect import Dialect
from rtproxy.dialects.registry import DIALECTS
from rtproxy.model.errors import ConfigError
from rtproxy.personas.assigned import Assigned
from rtproxy.personas.casting import Casting, Role
from rtproxy.personas.catalog import Catalog
from rtproxy.tools.toolbox import Toolbox

_NO_TOOLS = Toolbox()


def casting_of(config: Config, toolbox: Toolbox = _NO_TOOLS) -> Casting:
    """The personas, and which of them answers where, with which tools.

    Raises ConfigError for a persona's file that cannot be used, and for a persona or a
    tool that is named and not there.
    """
    tools = Assigned(toolbox.declared, toolbox.usual)
    catalog = Catalog(config.personas_folder, tools)
    roles = {
        dialect.name: _role(config, dialect, catalog, tools)
        for dialect in (*DIALECTS, BROADCAST)
        if dialect.persona is not None
    }
    return Casting(catalog, roles, tools)


def _role(config: Config, dialect: Dialect, catalog: Catalog, tools: Assigned) -> Role:
    named = config.dialect.of(dialect.name).persona
    if named is not None and named not in catalog.names:
        known = ", ".join(catalog.names)
        key = f"dialect.{dialect.name}.persona"
        raise ConfigError(f'{key} is "{named}"; it must be one of {known}')
    changes = config.dialect_sessions.get(dialect.name, {})
    if (wrong := tools.unknown(changes.get("tools", ()))) is not None:
        raise ConfigError(f"dialect.{dialect.name}.tools {wrong}")
    return Role(named or dialect.persona or "", changes)
