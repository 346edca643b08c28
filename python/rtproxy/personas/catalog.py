"""The personas that ship with the proxy.

Owns their list and their files. Must not know who uses them.
"""

from __future__ import annotations

from importlib import resources

from rtproxy.personas.persona import Persona


def load_persona(name: str) -> Persona:
    """A shipped persona by name; KeyError names the ones there are."""
    make = _SHIPPED.get(name)
    if make is None:
        raise KeyError(f"no persona '{name}'; there are: {', '.join(sorted(_SHIPPED))}")
    return make(name)


def _instructions(name: str) -> str:
    prompt = resources.files("rtproxy.personas").joinpath("prompts", f"{name}.md")
    return prompt.read_text(encoding="utf-8").strip()


def _ally(name: str) -> Persona:
    return Persona(name, _instructions(name), silence_ms=200)


def _dr_sarah(name: str) -> Persona:
    return Persona(name, _instructions(name), silence_ms=500)


_SHIPPED = {"ally": _ally, "dr_sarah": _dr_sarah}
