"""A small table in a file, CSV, TOML or JSON, and the rows of it that have some words.

Owns the reading of all three and the search. A table is read once and kept. Must not
know who looks.
"""

from __future__ import annotations

import csv
import io
import json
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trio

from rtproxy.tools.errors import UnusableTool

MAX_TABLE_BYTES = 8_388_608

# So much is searched until others have a turn: audio cannot wait for a whole table.
_ROWS_AT_A_TIME = 250
MOST_WORDS = 16

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows, and for each its words in lower case."""

    rows: tuple[Row, ...]
    _texts: tuple[str, ...]

    @property
    def columns(self) -> list[str]:
        """The names of all columns, in the order of their first row."""
        return list(dict.fromkeys(key for row in self.rows for key in row))

    async def find(self, words: str) -> list[Row]:
        """The rows with the most of these words; none without any. Others have their turns.

        Of the words, the first `MOST_WORDS` count.
        """
        wanted = list(dict.fromkeys(words.lower().split()))[:MOST_WORDS]
        most, found = 1, list[Row]()
        for start in range(0, len(self.rows), _ROWS_AT_A_TIME):
            await trio.lowlevel.checkpoint()
            for place, text in enumerate(self._texts[start : start + _ROWS_AT_A_TIME], start):
                score = sum(word in text for word in wanted)
                if score > most:
                    most, found = score, []
                if score == most:
                    found.append(self.rows[place])
        return found


def open_table(file: Path) -> Table:
    """Read the table; UnusableTool, in one line, where it cannot be one."""
    read = _READERS.get(file.suffix.lower())
    if read is None:
        raise _unusable(file, f"it must end in {', '.join(_READERS)}")
    try:
        if file.stat().st_size > MAX_TABLE_BYTES:
            raise _unusable(file, f"it has more than {MAX_TABLE_BYTES} bytes")
        rows = list(read(file.read_text(encoding="utf-8-sig")))
    except OSError as error:
        raise _unusable(file, f"it cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError, csv.Error) as error:
        raise _unusable(file, f"it cannot be read as {file.suffix[1:].upper()}: {error}") from error
    if not rows:
        raise _unusable(file, "it has no rows")
    return Table(tuple(rows), tuple(_text_of(row) for row in rows))


def _unusable(file: Path, why: str) -> UnusableTool:
    return UnusableTool(f"tools.lookup.file is {str(file)!r}; {why}")


def _from_csv(text: str) -> Iterable[Row]:
    """A first line with the names of the columns, then a row each."""
    for row in csv.DictReader(io.StringIO(text), strict=True):
        if None in row or None in row.values():
            raise ValueError(f"a row has not as many fields as the first line: {row}")
        yield dict(row)


def _from_json(text: str) -> Iterable[Row]:
    return _rows_of(json.loads(text))


def _from_toml(text: str) -> Iterable[Row]:
    return _rows_of(json.loads(json.dumps(tomllib.loads(text), default=str)))


def _rows_of(tree: object) -> Iterable[Row]:
    """A list of objects, alone or under one key; or objects (or values) by name."""
    if isinstance(tree, Mapping) and len(tree) == 1:
        (alone,) = tree.values()
        tree = alone if isinstance(alone, list) else tree
    if isinstance(tree, Mapping):
        return [{"name": name, **_fields(value)} for name, value in tree.items()]
    if isinstance(tree, list) and all(isinstance(row, dict) for row in tree):
        return tree
    raise ValueError("it must be a list of objects, or one object with an entry for each row")


def _fields(value: object) -> Row:
    return dict(value) if isinstance(value, Mapping) else {"value": value}


def _text_of(row: Row) -> str:
    return json.dumps(list(row.values()), ensure_ascii=False).lower()


_READERS: dict[str, Callable[[str], Iterable[Row]]] = {
    ".csv": _from_csv,
    ".json": _from_json,
    ".toml": _from_toml,
}
