"""`rtproxy tools`: what is printed, and how it ends where a file cannot be used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rtproxy.cli import main

SOURCE = '''
import rtproxy

@rtproxy.tool(deadline_s=2.5)
async def weather(city: str) -> str:
    """Tell the weather.

    More of it.
    """
    return "Sunny."

@rtproxy.tool
async def bare() -> None: ...
'''


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("RTPROXY_CONFIG", raising=False)
    path = tmp_path / "my_tools.py"
    path.write_text(SOURCE, encoding="utf-8")
    return path


def test_list_names_them_all_with_whom_they_are_offered(file: Path) -> None:
    result = CliRunner().invoke(main, ["tools", "list", "--tools", str(file)])
    assert result.exit_code == 0
    rows = [line.split() for line in result.stdout.splitlines()]
    assert rows[0] == ["name", "offered", "deadline", "from", "description"]
    by_name = {row[0]: row[1:] for row in rows[1:]}
    assert by_name["time"][:4] == ["by", "name", "10", "s"]
    assert by_name["weather"][:4] == ["always", "2.5", "s", f"{file}:4"]
    assert " ".join(by_name["weather"][4:]) == "Tell the weather."


def test_check_prints_what_the_model_is_told(file: Path) -> None:
    result = CliRunner().invoke(main, ["tools", "check", str(file)])
    assert result.exit_code == 0
    first, rest = result.stdout.split("\n", 1)
    assert first == f"{file}:4: weather can be used."
    declared, _ = json.JSONDecoder().raw_decode(rest)
    assert declared["parameters"]["properties"] == {"city": {"type": "string"}}
    assert "bare can be used.\n  note: it has no docstring" in result.stdout


@pytest.mark.parametrize("command", [["tools", "check"], ["tools", "list", "--tools"]])
def test_a_file_that_cannot_be_used_ends_it_with_one_line(file: Path, command: list[str]) -> None:
    file.write_text("import rtproxy\n@rtproxy.tool\ndef plain() -> None: ...\n")
    result = CliRunner().invoke(main, [*command, str(file)])
    assert result.exit_code == 2
    assert result.stderr.startswith(f"rtproxy: {file}:2: plain: it is no async function")
    assert result.stderr.count("\n") == 1


def test_serve_refuses_it_in_the_same_line(file: Path) -> None:
    file.write_text("x = 1\n")
    result = CliRunner().invoke(main, ["serve", "--port", "0", "--tools", str(file)])
    assert result.exit_code != 0
    assert f"rtproxy: {file} has no tool; mark an async function" in result.stderr
