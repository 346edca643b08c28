"""What the documents say is so: examples run, commands, options, keys and links exist."""

from __future__ import annotations

import hashlib
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import typer.main

from rtproxy.cli import main
from rtproxy.config import load_config
from rtproxy.config.schema import Sections, UpstreamSection
from rtproxy.config.upstreams import DEFAULT_MODEL
from rtproxy.model.errors import ConfigError
from rtproxy.model.session_config import FLAT_NAMES
from rtproxy.personas.persona_file import KEYS, read_persona
from rtproxy.simulator.session_schema import SESSION

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *ROOT.glob("python/**/*.md")])
# Their programs need a proxy, and are run by the end-to-end tests.
PROTOCOLS = sorted((ROOT / "docs" / "protocols").glob("*.md"))
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")


def blocks(language: str, pages: list[Path] = PAGES) -> list[Any]:
    """Every fenced block of a language, under the name of its page and line."""
    found = []
    for page in pages:
        text = page.read_text(encoding="utf-8")
        for block in re.finditer(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            line = text.count("\n", 0, block.start()) + 1
            found.append(pytest.param(block[1], id=f"{page.name}:{line}"))
    return found


def commands() -> Iterator[Any]:
    """Command lines in shell blocks and in inline code."""
    for page in [*PAGES, *PROTOCOLS]:
        text = page.read_text(encoding="utf-8")
        in_blocks = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        lines = [line for block in in_blocks for line in block.splitlines()]
        lines += re.findall(r"`((?:\.venv/bin/|uv run )?rtproxy [-a-z][^`]*|make [^`]+)`", text)
        for number, line in enumerate(lines):
            if line.strip() and not line.startswith("#"):
                yield pytest.param(line, id=f"{page.name}:{number}:{line}")


@pytest.mark.parametrize("line", list(commands()))
def test_every_command_exists_with_its_options(line: str):
    words = shlex.split(line.replace("…", ""), comments=True)
    if words[0] == "make":
        _check_make(words[1:])
        return
    assert "rtproxy" in words[0] or words[:3] == ["uv", "run", "rtproxy"], f"not known: {line}"
    words = words[words.index("rtproxy") + 1 :] if "rtproxy" in words else words[1:]
    _check_rtproxy(words)


def _check_make(words: list[str]) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for word in words:
        if word.startswith("ARGS="):
            target = words[0]
            if target in {"serve", "talk"}:
                _check_rtproxy([target, *shlex.split(word.removeprefix("ARGS="))])
        elif re.fullmatch(r"[A-Z_]+=.*", word):
            variable = word.partition("=")[0]
            assert re.search(rf"^{variable} \?=", makefile, re.MULTILINE), f"{word} sets nothing"
        else:
            assert re.search(rf"^{word}:", makefile, re.MULTILINE), f"make {word} does not exist"


def _check_rtproxy(words: list[str]) -> None:
    group: Any = typer.main.get_command(main)
    if words[0].startswith("--"):
        assert words[0] in {option for one in group.params for option in one.opts}
        return
    command = group.get_command(None, words[0])
    assert command is not None, f"rtproxy {words[0]} does not exist"
    if hasattr(command, "commands"):  # it has commands of its own
        assert words[1] in command.commands, f"rtproxy {words[0]} has no {words[1]}"
        words, command = words[1:], command.commands[words[1]]
    known = {option for one in command.params for option in one.opts}
    unknown = {word for word in words if word.startswith("--")} - known - {"--help"}
    assert not unknown, f"rtproxy {words[0]} has no {unknown}"


@pytest.mark.parametrize("source", blocks("python"))
def test_every_python_example_runs(source: str):
    exec(compile(source, "example", "exec"), {})


@pytest.mark.parametrize(
    "source", blocks("toml", [ROOT / "docs" / "configuration.md", ROOT / "docs" / "rooms.md"])
)
def test_every_configuration_can_be_run(source: str, tmp_path: Path):
    file = tmp_path / "example.toml"
    file.write_text(source)
    keys = dict.fromkeys(re.findall(r'api_key_env = "(\w+)"', source), "sk-example-123456")
    load_config(file, environ={"OPENAI_API_KEY": "sk-example-123456", **keys})


def test_the_refusal_that_is_shown_is_the_one_that_is_told(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("rtproxy.toml").write_text("[server]\nprot = 9000")
    with pytest.raises(ConfigError) as caught:
        load_config(Path("rtproxy.toml"), environ={})
    assert f"rtproxy: {caught.value}\n" in CONFIGURATION


def documented() -> dict[str, dict[str, str]]:
    """The keys of each table of the page, with the default that it tells."""
    tables: dict[str, dict[str, str]] = {}
    for section in re.split(r"^## ", CONFIGURATION, flags=re.MULTILINE)[1:]:
        names = re.findall(r"`\[([\w.]+)\]`", section.splitlines()[0])
        rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", section, re.MULTILINE))
        tables.update(dict.fromkeys(names, rows))
    return tables


def defaults() -> dict[str, dict[str, object]]:
    """The keys of each section of the schema, with their default."""
    whole = Sections()
    found = {
        name: msgspec.structs.asdict(getattr(whole, name))
        for name in msgspec.structs.asdict(whole)
        if name not in {"upstream", "dialect"}
    }
    del found["tools"]["lookup"]  # a table of its own
    found["tools.lookup"] = msgspec.structs.asdict(whole.tools.lookup)
    for name, dialect in msgspec.structs.asdict(whole.dialect).items():
        found[f"dialect.{name}"] = msgspec.structs.asdict(dialect)
    found["upstream.NAME"] = msgspec.structs.asdict(UpstreamSection())
    return found


def test_every_section_is_documented():
    assert set(documented()) == set(defaults())


# What the page tells of a default is what it comes to, or what it is elsewhere in its table.
SAID_OTHERWISE: dict[str, dict[str, object]] = {
    "server": {"tls": "off"},
    "dialect.broadcast": {"input_rate_hz": 24_000},
}


@pytest.mark.parametrize("section", defaults())
def test_every_key_is_documented_with_its_default(section: str):
    told, true = documented()[section], defaults()[section]
    assert set(told) == set(true)
    if section == "upstream.NAME":
        assert told["model"] == f'`"{DEFAULT_MODEL}"`'
        return
    true = {**true, **SAID_OTHERWISE.get(section, {})}
    for key, default in true.items():
        if default is None:
            assert told[key] == "none", key
        else:
            value = tomllib.loads(f"value = {told[key].strip('`')}")["value"]
            assert value == (list(default) if isinstance(default, tuple) else default), key


@pytest.mark.parametrize("page", [*PAGES, *PROTOCOLS], ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path):
    for target in re.findall(r"\]\((?!https?://)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} points to {target}"


def test_every_dependency_is_accounted_for():
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    crate = tomllib.loads((ROOT / "rust/audio_core/Cargo.toml").read_text(encoding="utf-8"))
    named = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    names = [re.split(r"[<>=;\[ ]", requirement)[0] for requirement in named]
    names += [*crate["dependencies"], *crate["dev-dependencies"]]
    missing = [name for name in names if not re.search(rf"(?<![\w-]){name}(?![\w-])", page)]
    assert not [name for name in missing if not name.startswith("types-")]


def test_the_sample_is_the_one_that_its_page_describes():
    folder = ROOT / "python" / "rtproxy" / "samples"
    digest = hashlib.sha256((folder / "question.wav").read_bytes()).hexdigest()
    assert digest in (folder / "README.md").read_text(encoding="utf-8")


PERSONAS = ROOT / "docs" / "personas.md"


@pytest.mark.parametrize("source", blocks("toml", [PERSONAS]))
def test_every_persona_can_be_used(source: str, tmp_path: Path):
    file = tmp_path / "example.toml"
    file.write_text(source)
    asked = read_persona(file).session_object()
    SESSION(asked, "session")


def test_every_key_of_a_persona_and_of_its_session_is_documented():
    rows = set(re.findall(r"^\| `(\w+)` \|", PERSONAS.read_text(encoding="utf-8"), re.MULTILINE))
    assert set(KEYS) <= rows
    places = {FLAT_NAMES[name] for name in rows & set(FLAT_NAMES)}
    assert places == set(FLAT_NAMES.values())
