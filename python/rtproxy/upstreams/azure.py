"""Upstreams of kind "azure": OpenAI's models in a resource of Azure.

Owns Azure's two interfaces (protocol reference, section 3):

    with api_version      wss://H/openai/realtime?api-version=V&deployment=D
    without (GA)          wss://H/openai/v1/realtime?model=D

In both a model is the name of a deployment. The preview interface takes its WebRTC
calls at another host, so it has no REST here. Azure's content_part events repeat
`part` as `content`; nothing reads that, and it passes like any unknown field.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode, urlsplit, urlunsplit

from rtproxy.config import UpstreamConfig
from rtproxy.upstreams.compatible import compatible
from rtproxy.upstreams.upstream import Upstream


def azure(config: UpstreamConfig, url: str) -> Upstream:
    """Azure at a resource's address (https://H), or at a whole URL (wss://…)."""
    scheme, host, path, _, _ = urlsplit(url)
    if scheme in {"ws", "wss"}:
        return compatible(config, url)
    dialled = scheme.replace("http", "ws", 1)
    base = path.rstrip("/")
    if config.api_version is None:
        whole = urlunsplit((dialled, host, f"{base}/openai/v1/realtime", "", ""))
        return compatible(config, whole)
    query = urlencode({"api-version": config.api_version})
    whole = urlunsplit((dialled, host, f"{base}/openai/realtime", query, ""))
    return replace(compatible(config, whole), rest_url=None, model_parameter="deployment")
