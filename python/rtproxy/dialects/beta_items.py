"""Items of a conversation: from the beta shape to GA, and back.

Owns how the two write the same item (protocol reference, section 1.3). Must not
know events, nor judge what an item holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rtproxy.model.event import Json

# Of what an assistant said; what a user or the system says is written the same.
_GA_CONTENT = {"text": "output_text", "audio": "output_audio"}
_BETA_CONTENT = {ga: beta for beta, ga in _GA_CONTENT.items()}
_BETA_TYPES = frozenset({"message", "function_call", "function_call_output"})


def item_to_ga(item: Any) -> Any:
    """An item that a client adds; whatever is none passes as it is."""
    if not isinstance(item, dict):
        return item
    ga = {key: value for key, value in item.items() if key != "object"}
    return _with_content(ga, _GA_CONTENT) if item.get("role") == "assistant" else ga


def item_to_beta(item: Any) -> Json | None:
    """An item that the upstream tells; None for a kind that the beta shape has not."""
    kind = item.get("type") if isinstance(item, dict) else None
    if not isinstance(kind, str) or kind not in _BETA_TYPES:
        return None
    return _with_content({"object": "realtime.item", **item}, _BETA_CONTENT)


def _with_content(item: Json, names: Mapping[str, str]) -> Json:
    content = item.get("content")
    if not isinstance(content, list):
        return item
    return {**item, "content": [_renamed(part, names) for part in content]}


def _renamed(part: Any, names: Mapping[str, str]) -> Any:
    kind = part.get("type") if isinstance(part, dict) else None
    return {**part, "type": names[kind]} if isinstance(kind, str) and kind in names else part
