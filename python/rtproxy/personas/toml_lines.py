"""On which line of a TOML file a key stands.

Owns a reading of TOML that is just good enough to point a person to a line: tables,
arrays of tables, keys; what it cannot place, it gives the line of what encloses it.
Must not know what any key means.
"""

from __future__ import annotations

import re

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]")
_KEY = re.compile(r"^\s*([A-Za-z0-9_\-.\"' ]+?)\s*=")
_LONG_QUOTES = ('"""', "'''")
_QUOTED = re.compile(r"""\"{3}|'{3}|"(?:\\.|[^"\\])*"|'[^']*'|#.*""")


def line_of(text: str, path: str) -> int | None:
    """The line, from 1, of a path like `session.tools[0].name`, or of what it is in."""
    lines = _lines(text)
    while path:
        if path in lines:
            return lines[path]
        path = re.sub(r"(\.[^.\[\]]+|\[\d+\]|^[^.\[\]]+)$", "", path)
    return None


def _lines(text: str) -> dict[str, int]:
    found: dict[str, int] = {}
    table = ""
    closing: str | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if closing is not None:
            closing = None if closing in line else closing
            continue
        if header := _HEADER.match(line):
            table = _plain(header[2])
            if header[1] == "[[":
                table = _next_element(table, found)
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            name = _plain(key[1])
            found.setdefault(f"{table}.{name}" if table else name, number)
        closing = _left_open(line)
    return found


def _plain(name: str) -> str:
    return re.sub(r"[\"'\s]", "", name)


def _next_element(table: str, found: dict[str, int]) -> str:
    index = 0
    while f"{table}[{index}]" in found:
        index += 1
    return f"{table}[{index}]"


def _left_open(line: str) -> str | None:
    """The long quotes that a line opens and does not close."""
    position = 0
    while found := _QUOTED.search(line, position):
        position = found.end()
        if found[0] in _LONG_QUOTES:
            end = line.find(found[0], position)
            if end < 0:
                return found[0]
            position = end + len(found[0])
    return None
