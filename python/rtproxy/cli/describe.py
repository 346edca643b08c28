"""Sentences about a configuration, for the person who starts or checks it.

Owns the words. Never shows a key, only where it was found.
"""

from __future__ import annotations

import os

from rtproxy.config import UpstreamConfig


def upstream_sentence(upstream: UpstreamConfig) -> str:
    """Who answers, and what follows from it."""
    if upstream.kind == "simulator":
        return f"{_why_simulated()} answers inside this process: it says back what it hears."
    key = f"key from {upstream.key_from}" if upstream.key_from else "no key"
    return f"{upstream.name} answers: {upstream.model} at {upstream.url}, {key}."


def _why_simulated() -> str:
    if os.environ.get("OPENAI_API_KEY"):
        return "The simulator"
    return "No OPENAI_API_KEY is set: the simulator"
