"""The kinds of upstream: which file knows which.

Owns the table. A new kind is a file with one function, and a line here.
"""

from __future__ import annotations

from collections.abc import Callable

from rtproxy.config import UpstreamConfig
from rtproxy.config.schema import Kind
from rtproxy.upstreams.azure import azure
from rtproxy.upstreams.compatible import compatible
from rtproxy.upstreams.openai import openai
from rtproxy.upstreams.upstream import Upstream

_KINDS: dict[Kind, Callable[[UpstreamConfig, str], Upstream]] = {
    "openai": openai,
    "azure": azure,
    "compatible": compatible,
    "simulator": compatible,
}


def upstream_of(config: UpstreamConfig, url: str) -> Upstream:
    """What the configuration means; `url` is its own, or where the simulator listens."""
    return _KINDS[config.kind](config, url)
