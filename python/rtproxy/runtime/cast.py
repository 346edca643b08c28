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
from rtproxy.personas.casting import Casting, Role
from rtproxy.personas.catalog import Catalog


def casting_of(config: Config) -> Casting:
    """The personas, and which of them answers where.

    Raises ConfigError for a persona's file that cannot be used, and for a persona that
    is named and not there.
    """
    catalog = Catalog(config.personas_folder)
    roles = {
        dialect.name: _role(config, dialect, catalog)
        for dialect in (*DIALECTS, BROADCAST)
        if dialect.persona is not None
    }
    return Casting(catalog, roles)


def _role(config: Config, dialect: Dialect, catalog: Catalog) -> Role:
    named = config.dialect.of(dialect.name).persona
    if named is not None and named not in catalog.names:
        known = ", ".join(catalog.names)
        key = f"dialect.{dialect.name}.persona"
        raise ConfigError(f'{key} is "{named}"; it must be one of {known}')
    return Role(named or dialect.persona or "", config.dialect_sessions.get(dialect.name, {}))
