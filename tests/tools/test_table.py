"""Small tables in three kinds of file."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from rtproxy.tools.errors import UnusableTool
from rtproxy.tools.table import MAX_TABLE_BYTES, MOST_WORDS, open_table

FILES = {
    "t.csv": "name,price\nRope,5\nWine glass,7\n",
    "list.json": '[{"name": "Rope", "price": 5}, {"name": "Wine glass", "price": 7}]',
    "under.json": '{"items": [{"name": "Rope", "price": 5}, {"name": "Wine glass", "price": 7}]}',
    "named.json": '{"Rope": {"price": 5}, "Wine glass": {"price": 7}}',
    "named.toml": '[Rope]\nprice = 5\n["Wine glass"]\nprice = 7\n',
    "rows.toml": '[[items]]\nname = "Rope"\nprice = 5\n[[items]]\nname="Wine glass"\nprice=7\n',
}


@pytest.mark.parametrize("name", FILES)
async def test_each_kind_of_file_makes_the_same_rows(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_text(FILES[name])
    table = open_table(file)
    assert table.columns == ["name", "price"]
    (rope,) = await table.find("ROPE")
    assert (rope["name"], int(rope["price"])) == ("Rope", 5)
    assert [row["name"] for row in await table.find("glass of wine")] == ["Wine glass"]
    assert [row["name"] for row in await table.find("rope glass")] == ["Rope", "Wine glass"]
    assert (await table.find("7"))[0]["name"] == "Wine glass"
    assert await table.find("boat") == await table.find("") == []


async def test_values_by_name_are_rows_too(tmp_path: Path) -> None:
    file = tmp_path / "t.toml"
    file.write_text('open = "from nine"\nday = 2026-11-21\n')
    assert await open_table(file).find("open") == [{"name": "open", "value": "from nine"}]


async def test_the_first_words_count_and_none_twice(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("name\nrope\nwine glass\n")
    table = open_table(file)
    assert await table.find("rope rope rope wine glass") == [{"name": "wine glass"}]
    many = " ".join(f"word{number}" for number in range(MOST_WORDS))
    assert await table.find(f"{many} rope") == []


async def test_others_have_their_turns_while_a_large_table_is_searched(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("name\n" + "".join(f"rope {number}\n" for number in range(10_000)))
    table, turns = open_table(file), 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            await trio.lowlevel.checkpoint()
            turns += 1

    async with trio.open_nursery() as nursery:
        nursery.start_soon(count_turns)
        assert len(await table.find("rope 9999")) == 1
        nursery.cancel_scope.cancel()
    assert turns >= 30


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("t.txt", "a", "must end in .csv, .json, .toml"),
        ("t.csv", "", "it has no rows"),
        ("t.csv", "a,b\n1\n", "not as many fields"),
        ("t.csv", "a,b\n1,2,3\n", "not as many fields"),
        ("t.json", "[", "cannot be read as JSON"),
        ("t.json", "[1]", "a list of objects"),
        ("t.json", "5", "a list of objects"),
        ("t.json", "[" * 100_000, "cannot be read as JSON"),
        ("t.toml", "a = ", "cannot be read as TOML"),
        ("t.toml", "", "it has no rows"),
        ("t.json", " " * (MAX_TABLE_BYTES + 1), "more than"),
    ],
)
def test_a_file_that_is_no_table_is_refused_by_one_line(
    name: str, text: str, words: str, tmp_path: Path
) -> None:
    file = tmp_path / name
    file.write_text(text)
    with pytest.raises(UnusableTool) as caught:
        open_table(file)
    assert words in str(caught.value)
    assert str(caught.value).startswith("tools.lookup.file is ")
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_bytes(b"a,b\n\xff,1\n")
    with pytest.raises(UnusableTool, match="cannot be read as CSV"):
        open_table(file)
