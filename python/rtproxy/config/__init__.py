"""What the proxy was told to do: one TOML file, the environment, the command line.

Owns the keys, their defaults and ranges, and the sentences that refuse a wrong
one. `load_config` is the way in; everything it returns is frozen. Must not know
what the values are used for, and never opens a socket.
"""

from rtproxy.config.load import load_config
from rtproxy.config.schema import (
    AudioConfig,
    AuthConfig,
    Config,
    DialectConfig,
    DialectsConfig,
    LimitsConfig,
    LogConfig,
    ServerConfig,
    SimulatorConfig,
    ToolsConfig,
    UpstreamConfig,
)
from rtproxy.config.secret import Secret

__all__ = [
    "AudioConfig",
    "AuthConfig",
    "Config",
    "DialectConfig",
    "DialectsConfig",
    "LimitsConfig",
    "LogConfig",
    "Secret",
    "ServerConfig",
    "SimulatorConfig",
    "ToolsConfig",
    "UpstreamConfig",
    "load_config",
]
