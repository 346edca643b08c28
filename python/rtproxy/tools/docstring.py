"""A docstring as people write it, taken apart for the model.

Owns two ways of writing: a section `Args:` with indented entries, and lines of
`:param name:`. Must not know what a parameter is.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, field

# Other headings (`Note:`, `Example:`) belong to the description.
_SECTION = re.compile(r"(Args|Arguments|Parameters|Returns|Raises|Yields):\s*$")
_ARGUMENTS = frozenset({"Args", "Arguments", "Parameters"})
_ENTRY = re.compile(r"\*{0,2}(\w+)\s*(?:\([^)]*\))?\s*:\s*(.*)$")
_FIELD = re.compile(r":(\w+)(?:\s+(?:[^:]*\s)?(\w+))?:\s*(.*)$")
_OF_PARAMETERS = frozenset({"param", "parameter", "arg", "argument"})


@dataclass(frozen=True, slots=True)
class Docstring:
    """What a function is for, and its parameters by name, each in words."""

    description: str = ""
    parameters: dict[str, str] = field(default_factory=dict)


def read_docstring(text: str | None) -> Docstring:
    """Take a docstring apart; what stands in other sections (`Returns:`) is left out."""
    lines = inspect.cleandoc(text or "").splitlines()
    description: list[str] = []
    found: dict[str, list[str]] = {}
    section = ""
    current: list[str] | None = None
    depth = 0
    for line in lines:
        indent = len(line) - len(line.lstrip())
        bare = line.strip()
        if indent == 0 and (heading := _SECTION.match(bare)):
            section, current, depth = heading[1], None, 0
        elif indent == 0 and (tagged := _FIELD.match(bare)):
            section, depth = "fields", 0
            named = tagged[2] if tagged[1] in _OF_PARAMETERS else None
            current = _entry(found, named, tagged[3]) if named else []
        elif section in _ARGUMENTS and indent and bare:
            entry = _ENTRY.match(bare)
            depth = depth or indent
            if entry and indent == depth:
                current = _entry(found, entry[1], entry[2])
            elif current is not None:
                current.append(bare)
        elif section == "fields" and indent and current is not None:
            current.append(bare)
        elif not section or (indent == 0 and bare):
            section = ""
            description.append(line)
    words = {name: " ".join(filter(None, parts)) for name, parts in found.items()}
    return Docstring("\n".join(description).strip(), words)


def _entry(found: dict[str, list[str]], name: str, text: str) -> list[str]:
    found[name] = [text]
    return found[name]
