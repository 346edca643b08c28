"""What the page about tools shows can be used as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rtproxy.config import load_config
from rtproxy.personas.persona_file import read_persona
from rtproxy.simulator.voices.script import read_script
from rtproxy.tools.toolbox import open_toolbox, read_tools

PAGE = (Path(__file__).parents[2] / "docs" / "tools.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("index", "name"), [(0, "order_status"), (1, "search")])
def test_its_tools_can_be_offered(index: int, name: str, tmp_path: Path) -> None:
    file = tmp_path / "my_tools.py"
    file.write_text(blocks("python")[index])
    (tool,) = read_tools(file)
    assert tool.name == name


def test_its_other_files_are_what_it_says_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("prices.csv").write_text("name,price\nrope,5\n")
    read = []
    for number, block in enumerate(blocks("toml")):
        file = tmp_path / f"file{number}.toml"
        file.write_text(block)
        if block.startswith("[[turn]]"):
            read.append(len(read_script(file).turns))
        elif block.startswith("# personas/"):
            read.append(len(read_persona(file).session["tools"]))
        else:
            toolbox = open_toolbox(load_config(file, environ={}).tools)
            read.append(list(toolbox.usual))
    assert read == [2, 2, ["time", "lookup"], 1]
