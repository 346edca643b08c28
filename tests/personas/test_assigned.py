"""Which tools of the proxy's own a session has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rtproxy.config import load_config
from rtproxy.model.brief import Brief
from rtproxy.model.errors import ConfigError
from rtproxy.personas.assigned import Assigned
from rtproxy.personas.catalog import Catalog, Happened
from rtproxy.personas.persona_file import PersonaError, faults_of, read_persona
from rtproxy.runtime.cast import casting_of
from rtproxy.tools.toolbox import Toolbox, open_toolbox

TIME = {"type": "function", "name": "time", "parameters": {}}
NEWS = {"type": "function", "name": "news", "parameters": {}}
THEIRS = {"type": "function", "name": "theirs"}
TOOLS = Assigned({"time": TIME, "news": NEWS}, ("news",))


@pytest.mark.parametrize(
    ("named", "tools", "ours"),
    [
        (None, [NEWS], {"news"}),
        ([], [], set()),
        (["time"], [TIME], {"time"}),
        (["time", THEIRS, "time"], [TIME, THEIRS], {"time"}),
        ([{"type": "function", "name": "time"}], [{"type": "function", "name": "time"}], set()),
    ],
)
def test_what_a_persona_names_or_else_the_usual(
    named: list[Any] | None, tools: list[Any], ours: set[str]
) -> None:
    session = {} if named is None else {"tools": named}
    resolved, names = TOOLS.resolved(session)
    assert resolved["tools"] == tools
    assert names == ours


def test_without_any_a_session_says_nothing_of_tools() -> None:
    assert Assigned().resolved({"instructions": "x"}) == ({"instructions": "x"}, frozenset())


def test_a_name_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    assert TOOLS.unknown(["time", THEIRS]) is None
    assert TOOLS.unknown(["tim"]) == "names the tool 'tim'; the proxy has: news, time"
    assert Assigned().unknown(["tim"]) == "names the tool 'tim'; the proxy has: none (see [tools])"


def written(folder: Path, text: str) -> Path:
    file = folder / "guide.toml"
    file.write_text(f'instructions = "Guide."\n{text}', encoding="utf-8")
    return file


@pytest.mark.parametrize("text", ['tools = ["time"]', '[session]\ntools = ["time"]'])
def test_a_persona_names_tools_at_the_top_or_in_its_session(tmp_path: Path, text: str) -> None:
    assert read_persona(written(tmp_path, text), TOOLS).session["tools"] == ["time"]


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [('tools = ["tim"]', 2, "tools"), ('[session]\ntools = ["tim"]', 3, "session.tools")],
)
def test_a_persona_that_names_what_there_is_not_is_refused_at_its_line(
    tmp_path: Path, text: str, line: int, key: str
) -> None:
    file = written(tmp_path, text)
    with pytest.raises(PersonaError) as caught:
        read_persona(file, TOOLS)
    assert str(caught.value).startswith(f"{file}:{line}: {key} names the tool 'tim'")
    assert [fault.key for fault in faults_of(file, TOOLS)] == [key]


def test_an_edit_that_names_what_there_is_not_changes_nothing(tmp_path: Path) -> None:
    written(tmp_path, 'tools = ["time"]')
    catalog = Catalog(tmp_path, TOOLS)
    written(tmp_path, 'tools = ["timetable"]')
    (change,) = catalog.refresh()
    assert change.happened is Happened.BROKEN
    assert "names the tool 'timetable'; the proxy has: news, time." in change.text
    assert catalog.find("guide").session["tools"] == ["time"]


def test_a_dialect_names_tools_for_whoever_answers_there(tmp_path: Path) -> None:
    file = tmp_path / "rtproxy.toml"
    file.write_text('[tools]\nuse = ["time"]\n[dialect.voice]\ntools = []\n')
    config = load_config(file, environ={})
    casting = casting_of(config, open_toolbox(config.tools))
    assert casting.brief("voice").tools == frozenset()
    assert casting.brief("conversation").tools == {"time"}
    assert casting.brief("conversation").session["tools"][0]["name"] == "time"


def test_a_dialect_that_names_what_there_is_not_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "rtproxy.toml"
    file.write_text('[dialect.voice]\ntools = ["tim"]\n')
    with pytest.raises(ConfigError, match=r"dialect\.voice\.tools names the tool 'tim'"):
        casting_of(load_config(file, environ={}), Toolbox())


def test_a_token_that_names_tools_has_those_alone() -> None:
    brief = Brief({"tools": [TIME]}, tools=frozenset({"time"}))
    assert brief.bound_to({"tools": [THEIRS]}).tools == frozenset()
    assert brief.bound_to({"instructions": "x"}).tools == {"time"}


def test_where_calls_do_not_pass_nobody_would_run_them() -> None:
    brief = Brief({"tools": [TIME, THEIRS]}, tools=frozenset({"time"}))
    assert brief.without_tools() == Brief({"tools": [THEIRS]})
    assert Brief({}).without_tools() == Brief({})
