"""Files of tools: which can be used, and in what words the others are refused."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from rtproxy.config import ToolsConfig, load_config
from rtproxy.config.schema import LookupConfig
from rtproxy.model.errors import ConfigError
from rtproxy.tools.errors import UnusableTool
from rtproxy.tools.toolbox import open_toolbox, read_tools

GOOD = """
from __future__ import annotations
import dataclasses
import rtproxy

@dataclasses.dataclass
class Place:
    city: str

@rtproxy.tool
async def weather(place: Place) -> str:
    \"\"\"Tell the weather.\"\"\"
    return f"Sunny in {place.city}."

@rtproxy.tool
async def news() -> str:
    \"\"\"Tell the news.\"\"\"
    return "None."
"""


@pytest.fixture(autouse=True)
def clean_imports() -> Iterator[None]:
    """What a file of tools adds to the process, taken out again."""
    path, modules = [*sys.path], {*sys.modules}
    yield
    sys.path[:] = path
    for name in {*sys.modules} - modules:
        if "rtproxy_tools" in name or name in {"beside", "other"}:
            del sys.modules[name]


def written(folder: Path, source: str, name: str = "my_tools.py") -> Path:
    file = folder / name
    file.write_text(dedent(source), encoding="utf-8")
    return file


def refused(file: Path) -> str:
    with pytest.raises(UnusableTool) as caught:
        read_tools(file)
    assert isinstance(caught.value, ConfigError)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_tools_of_a_file_in_its_order(tmp_path: Path) -> None:
    weather, news = read_tools(written(tmp_path, GOOD))
    assert (weather.name, news.name) == ("weather", "news")
    assert weather.parameters["properties"]["place"]["properties"] == {"city": {"type": "string"}}


def test_what_stands_beside_a_file_can_be_imported(tmp_path: Path) -> None:
    written(tmp_path, "ANSWER = 42", "beside.py")
    source = GOOD + "\nfrom beside import ANSWER\nassert ANSWER == 42\n"
    assert len(read_tools(written(tmp_path, source))) == 2


def test_a_file_may_be_called_like_a_module(tmp_path: Path) -> None:
    assert read_tools(written(tmp_path, GOOD, "json.py"))
    assert sys.modules["json"] is json


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ("x = 1\n", None, "has no tool; mark an async function with @rtproxy.tool"),
        ("def f(:\n", 1, "this is not Python"),
        ("import nothing_of_this_name\n", 1, "cannot be imported: ModuleNotFoundError"),
        ("\n\nraise RuntimeError('one\\ntwo')\n", 3, "cannot be imported: RuntimeError: one"),
        ("import sys\nsys.exit(3)\n", 2, "cannot be imported: SystemExit: 3"),
        (
            "import rtproxy\n@rtproxy.tool\ndef f(a: int) -> int: ...\n",
            2,
            "f: it is no async function",
        ),
        (
            "import rtproxy\n@rtproxy.tool\nasync def f(a) -> int: ...\n",
            2,
            "f: a has no annotation",
        ),
        (
            "import rtproxy\n@rtproxy.tool\nasync def f(a: object) -> int: ...\n",
            2,
            "f: a is annotated object, which no model can give",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_by_one_line(
    tmp_path: Path, source: str, line: int | None, words: str
) -> None:
    file = written(tmp_path, source)
    message = refused(file)
    assert message.startswith(f"{file}:{line}: " if line else f"{file} ")
    assert words in message


def test_a_file_that_is_not_there_or_no_python_is_refused(tmp_path: Path) -> None:
    assert "is no Python file" in refused(tmp_path / "nothing.py")
    assert "is no Python file" in refused(written(tmp_path, "{}", "tools.json"))


def test_two_tools_of_one_name_are_refused_with_both_places(tmp_path: Path) -> None:
    one = written(tmp_path, GOOD)
    other = written(tmp_path, GOOD, "other.py")
    with pytest.raises(UnusableTool) as caught:
        open_toolbox(ToolsConfig(files=(str(one), str(other))))
    message = str(caught.value)
    assert f'{other}:10: there is another tool "weather", at {one}:10' in message


def test_one_tool_may_be_in_two_files(tmp_path: Path) -> None:
    one = written(tmp_path, GOOD, "other.py")
    other = written(tmp_path, "from other import weather, news\n")
    toolbox = open_toolbox(ToolsConfig(files=(str(other),)))
    assert toolbox.usual == ("weather", "news")
    assert one.exists()


def test_a_users_tool_takes_the_place_of_a_built_in_one(tmp_path: Path) -> None:
    file = written(tmp_path, GOOD.replace("news", "time"))
    toolbox = open_toolbox(ToolsConfig(files=(str(file),), use=("time",)))
    assert toolbox.usual == ("weather", "time")
    assert toolbox.tools["time"].origin.startswith(str(file))


def test_built_in_tools_are_offered_where_they_are_wished() -> None:
    assert open_toolbox(ToolsConfig()).usual == ()
    toolbox = open_toolbox(ToolsConfig(use=("time",)))
    assert toolbox.usual == ("time",)
    assert toolbox.declared["time"]["name"] == "time"


@pytest.mark.parametrize(
    ("name", "words"),
    [("tim", 'has "tim"; it must be of: time'), ("lookup", "lookup needs tools.lookup.file")],
)
def test_a_tool_that_is_not_there_cannot_be_used(name: str, words: str) -> None:
    with pytest.raises(UnusableTool) as caught:
        open_toolbox(ToolsConfig(use=(name,)))
    assert words in str(caught.value)


def test_a_lookup_is_there_where_its_file_is(tmp_path: Path) -> None:
    file = tmp_path / "prices.csv"
    file.write_text("name,price\nrope,5\n")
    config = ToolsConfig(use=("lookup",), lookup=LookupConfig(file=str(file)))
    lookup = open_toolbox(config).tools["lookup"]
    assert "prices" in lookup.description
    assert "name, price" in lookup.description
    file.write_text("")
    with pytest.raises(UnusableTool, match=r"tools\.lookup\.file"):
        open_toolbox(config)


def test_the_configuration_names_files_that_are_there(tmp_path: Path) -> None:
    file = written(tmp_path, GOOD)
    environ = {"RTPROXY_TOOLS__FILES": str(file), "RTPROXY_TOOLS__USE": "time"}
    config = load_config(environ=environ)
    assert open_toolbox(config.tools).usual == ("weather", "news", "time")
    with pytest.raises(ConfigError, match=r"tools\.files"):
        load_config(environ={"RTPROXY_TOOLS__FILES": str(tmp_path / "nothing.py")})
    with pytest.raises(ConfigError, match=r"tools\.lookup\.file"):
        load_config(environ={"RTPROXY_TOOLS__LOOKUP__FILE": str(tmp_path / "nothing.csv")})
