"""`rtproxy personas`, as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from rtproxy.cli import main


@pytest.fixture
def run(monkeypatch, tmp_path: Path):
    """Run a command line in an empty folder."""
    for name in ("OPENAI_API_KEY", "RTPROXY_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> Result:
        return CliRunner().invoke(main, words)

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "personas"
    made.mkdir()
    return made


GUIDE = 'description = "Knows the paths"\ninstructions = "You are a guide."\ngreeting = "Hello!"\n'


def test_list_says_who_there_is_whom_they_answer_and_from_where(run, folder: Path):
    (folder / "guide.toml").write_text(GUIDE)
    rows = [line.split() for line in run("personas", "list").output.splitlines()]
    assert rows[1][:4] == ["ally", "voice,", "twilio", "shipped"]
    assert ["dr_sarah", "conversation", "shipped"] in [row[:3] for row in rows]
    assert ["guide", "personas/guide.toml", "Knows", "the", "paths"] in rows


def test_show_prints_the_session_that_would_be_asked_for(run):
    shown = json.loads(run("personas", "show", "interpreter").output)
    assert shown.keys() == {"session"}
    assert shown["session"]["output_modalities"] == ["text"]


def test_show_for_a_dialect_has_its_changes_and_the_greeting(run, folder: Path):
    (folder / "guide.toml").write_text(GUIDE + '[session]\nmodel = "gpt-realtime-2"')
    Path("rtproxy.toml").write_text("[dialect.voice.session]\nspeed = 1.2")
    words = ("personas", "show", "guide", "--dialect", "voice", "--config", "rtproxy.toml")
    shown = json.loads(run(*words).output)
    assert shown["session"]["audio"]["output"]["speed"] == 1.2
    assert shown["model"] == "gpt-realtime-2"
    assert shown["opening"]["instructions"].endswith("Hello!")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["show", "nobody"], "there are: ally, companion, dr_sarah"),
        (["show", "ally", "--dialect", "latin"], "must be one of voice, "),
        (["check", "gone.toml"], "gone.toml is no file"),
        (["list", "--config", "gone.toml"], "gone.toml cannot be read"),
    ],
)
def test_what_is_not_there_is_told(run, words: list[str], line: str):
    result = run("personas", *words)
    assert result.exit_code == 2
    assert line in result.stderr


def test_check_says_of_all_that_are_in_use_that_they_can_be(run, folder: Path):
    (folder / "guide.toml").write_text(GUIDE + "[session]\ntemperature = 0.3")
    result = run("personas", "check")
    assert result.exit_code == 0
    assert "ally.toml: ally can be used." in result.output
    assert "personas/guide.toml: guide can be used.\n  note: session.temperature" in result.output


def test_check_names_file_line_and_key_of_each_fault(run, folder: Path):
    (folder / "a.toml").write_text(GUIDE + "[session]\nspeed = 3")
    (folder / "b.toml").write_text("nonsense")
    (folder / "c.toml").write_text(GUIDE)
    result = run("personas", "check", "personas")
    assert result.exit_code == 1
    assert result.output.splitlines()[0] == (
        "personas/a.toml:5: session.speed is 3; it must be a number from 0.25 to 1.5."
    )
    assert "personas/b.toml:1: this is not TOML" in result.output
    assert "personas/c.toml: guide can be used." not in result.output
    assert "personas/c.toml: c can be used." in result.output
    assert "2 faults; each line says what to mend" in result.stderr


def test_check_and_serve_refuse_a_broken_persona_in_one_line(run, folder: Path):
    (folder / "guide.toml").write_text("voice = 7")
    for command in ("check", "serve"):
        result = run(command)
        assert result.exit_code != 0
        assert "rtproxy: personas/guide.toml:1: voice is 7; it must be one of" in result.stderr
        assert result.stderr.count("\n") == 1


def test_a_dialect_needs_a_persona_that_there_is(run):
    Path("rtproxy.toml").write_text('[dialect.voice]\npersona = "nobody"')
    result = run("check", "--config", "rtproxy.toml")
    assert result.exit_code == 2
    assert 'dialect.voice.persona is "nobody"; it must be one of ally, companion' in result.stderr


def test_check_says_what_of_a_persona_is_not_used(run, folder: Path):
    (folder / "guide.toml").write_text(GUIDE + "[session]\ntemperature = 0.3")
    assert "note: persona guide: session.temperature is left out" in run("check").output
