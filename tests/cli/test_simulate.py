"""`rtproxy simulate`: what a person sees of it."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rtproxy.cli import main
from rtproxy.cli.simulate import greeting
from rtproxy.simulator.faults import parse_fault
from rtproxy.simulator.settings import Settings


def test_it_says_what_runs_where_and_what_to_try() -> None:
    settings = Settings(faults=(parse_fault("drop+5000"),))
    lines = list(greeting(settings, "ws://127.0.0.1:8100/v1/realtime"))
    assert lines[0] == "The simulator (parrot) is up at ws://127.0.0.1:8100/v1/realtime"
    assert "drop" in lines[1]
    assert lines[2].endswith("serve --upstream ws://127.0.0.1:8100/v1/realtime")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--voice", "script"], "needs a script file"),
        (["--script", "none.toml"], "script none.toml: cannot be read"),
        (["--speed", "0"], "simulator speed: must be above 0"),
        (["--fault", "fire"], "--fault: 'fire' is no fault; write KIND"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(
    options: list[str], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["simulate", *options])
    assert result.exit_code == 2
    assert words in result.output
    assert result.output.count("\n") == 1


def test_a_port_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = CliRunner().invoke(main, ["simulate", "--port", str(port)])
    assert result.exit_code == 1
    assert f"cannot listen on 127.0.0.1:{port}" in result.output
    assert "--port" in result.output
