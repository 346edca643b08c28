"""Upstreams of kind "openai": OpenAI itself, or a gateway that stands for it.

Owns what OpenAI has that others have not: it wants to be told which of our users
speaks (`OpenAI-Safety-Identifier`; protocol reference, section 3), so that one user's
misuse is not held against all. Organization and project are headers of the
configuration like any other.
"""

from __future__ import annotations

from dataclasses import replace

from rtproxy.config import UpstreamConfig
from rtproxy.upstreams.compatible import compatible
from rtproxy.upstreams.upstream import Upstream


def openai(config: UpstreamConfig, url: str) -> Upstream:
    """OpenAI at this URL."""
    return replace(compatible(config, url), knows_users=True)
