"""Upstreams of kind "compatible": any URL that speaks the Realtime API (GA).

Owns what is true of every upstream that no kind knows better, which the others build
on: where the key goes, and what must stay secret. The simulator is one of these, too.
"""

from __future__ import annotations

import re

from rtproxy.config import UpstreamConfig
from rtproxy.upstreams.upstream import Upstream, rest_beside

# Headers whose values a client must not read; others may hold ordinary words.
_SENSITIVE = re.compile(r"auth|key|token|secret|cookie|password|signature", re.IGNORECASE)
_SHORTEST_SECRET = 6


def compatible(config: UpstreamConfig, url: str) -> Upstream:
    """What a WebSocket URL comes to, with this configuration's key and headers."""
    return Upstream(
        name=config.name,
        url=url,
        model=config.model,
        headers=headers_of(config),
        secrets=secrets_of(config),
        ca=config.ca,
        rest_url=rest_beside(url),
    )


def headers_of(config: UpstreamConfig) -> tuple[tuple[str, str], ...]:
    """The key, as the upstream wants it, then what is configured besides."""
    configured = tuple((name, value.reveal()) for name, value in config.headers)
    if config.api_key is None:
        return configured
    key = config.api_key.reveal()
    keyed = ("Authorization", f"Bearer {key}") if config.auth == "bearer" else ("api-key", key)
    return (keyed, *configured)


def secrets_of(config: UpstreamConfig) -> tuple[str, ...]:
    """The key, and whatever stands in a header that sounds like one."""
    key = () if config.api_key is None else (config.api_key.reveal(),)
    told = (value.reveal() for name, value in config.headers if _SENSITIVE.search(name))
    return (*key, *(value for value in told if len(value) >= _SHORTEST_SECRET))
