"""The tools that come with the proxy."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rtproxy.tools.builtin import lookup_in, time
from rtproxy.tools.context import ToolContext
from rtproxy.tools.errors import ToolError


async def test_what_time_it_is() -> None:
    told = await time.run('{"zone": "UTC"}', ToolContext())
    assert isinstance(told, dict)
    now = datetime.now(UTC)
    then = datetime.fromisoformat(f"{told['date']}T{told['time']}+00:00")
    assert abs((now - then).total_seconds()) < 60
    assert told["weekday"] == then.strftime("%A")
    assert told["utc_offset"] == "+0000"
    assert set(await time.run("{}", ToolContext())) == set(told)  # type: ignore[call-overload] # a dict


@pytest.mark.parametrize("zone", ["Nowhere/City", "../../etc/passwd", "\0", "x" * 5_000])
async def test_a_zone_that_there_is_not_is_told_to_the_model(zone: str) -> None:
    with pytest.raises(ToolError, match="There is no time zone"):
        await time.run(json.dumps({"zone": zone}), ToolContext())


async def test_rows_are_looked_up(tmp_path: Path) -> None:
    file = tmp_path / "prices.csv"
    file.write_text("name,price\n" + "".join(f"rope {n},{n}\n" for n in range(30)))
    lookup = lookup_in(file, "What things cost.")
    assert lookup.description == "What things cost.\n\nEach row has: name, price."
    found = await lookup.run('{"words": "rope"}', ToolContext())
    assert isinstance(found, dict)
    assert (found["found"], len(found["rows"])) == (30, 5)
    found = await lookup.run('{"words": "rope 17", "limit": 1000}', ToolContext())
    assert found == {"found": 1, "rows": [{"name": "rope 17", "price": "17"}]}
    nothing = await lookup.run('{"words": "boat"}', ToolContext())
    assert nothing == {"found": 0, "rows": []}
