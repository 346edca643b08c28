"""The tools that come with the proxy: what time it is, and a look into a file.

Owns what they say. Each is made as a user's is. Must not know who is offered them.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from rtproxy.config import ToolsConfig
from rtproxy.tools.errors import ToolError
from rtproxy.tools.table import open_table
from rtproxy.tools.tool import Tool, tool

BUILT_IN = "built in"


def builtin_tools(config: ToolsConfig) -> Iterator[Tool]:
    """Those that can run; UnusableTool for a file that cannot be looked into."""
    yield replace(time, origin=BUILT_IN)
    if config.lookup.file is not None:
        lookup = lookup_in(Path(config.lookup.file), config.lookup.description)
        yield replace(lookup, origin=BUILT_IN)


@tool
async def time(zone: str = "") -> dict[str, str]:
    """Tell what day and what time it is now.

    Args:
        zone: a time zone of the IANA list, "Europe/Berlin" for example; without one, that of
            the server.
    """
    now = datetime.now(UTC).astimezone(_zone(zone))
    return {
        "date": now.date().isoformat(),
        "weekday": now.strftime("%A"),
        "time": now.strftime("%H:%M:%S"),
        "zone": zone or str(now.tzinfo),
        "utc_offset": now.strftime("%z"),
    }


def _zone(name: str) -> zoneinfo.ZoneInfo | None:
    if not name:
        return None
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        message = f"There is no time zone {name[:64]!r}; name one as Europe/Berlin."
        raise ToolError(message) from None


def lookup_in(file: Path, description: str | None = None) -> Tool:
    """A tool that finds rows of a table by words; `description` says what the table is of."""
    table = open_table(file)
    about = description or f"Look something up in {file.stem}."
    columns = ", ".join(table.columns)

    @tool(name="lookup", description=f"{about}\n\nEach row has: {columns}.")
    async def lookup(words: str, limit: int = 5) -> dict[str, object]:
        """Find rows.

        Args:
            words: what the rows are to have, in any column: a name, a number, a few words.
            limit: how many rows at most, 1 to 20.
        """
        rows = await table.find(words)
        most = min(max(limit, 1), 20)
        return {"found": len(rows), "rows": rows[:most]}

    return lookup
