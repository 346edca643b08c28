"""The house rules that a linter does not know: sizes, docstrings, words."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HARD_CEILING = 350
# A transcript takes more room than what it tells; beyond this it tells two things.
TRANSCRIPT_CEILING = 450

# Each says "some code" of the thing that it names, and nothing more.
BANNED = {"manager", "handler", "helper", "helpers", "utils", "util", "service", "processor"}
# Names that belong to somebody else, or to the contract.
GRANTED = {"StreamHandler", "ProcessorFormatter", "remove_processors_meta"}
GRANTED |= {"AudioProcessor", "processor", "test_processor"}  # a public name; its modules


def files(*patterns: str) -> list[Path]:
    """Tracked kinds of source file, without what is built or installed."""
    folders = ("python", "tests", "benches", "rust")
    found = (path for folder in folders for one in patterns for path in (ROOT / folder).rglob(one))
    return sorted(path for path in found if not {"target", "node_modules"} & set(path.parts))


def named(paths: list[Path]) -> dict[str, list]:
    return {"argvalues": paths, "ids": [str(path.relative_to(ROOT)) for path in paths]}


@pytest.mark.parametrize("path", **named(files("*.py", "*.pyi", "*.rs", "*.js", "*.mjs")))
def test_a_file_is_one_idea(path: Path):
    lines = path.read_text(encoding="utf-8").count("\n")
    if path.name == "_audio_core.pyi":
        return  # the contract of the whole extension, read from top to bottom
    ceiling = TRANSCRIPT_CEILING if "tests" in path.parts else HARD_CEILING
    assert lines <= ceiling, f"{lines} lines: more than one idea lives here"


@pytest.mark.parametrize("path", **named(files("*.py")))
def test_a_module_says_what_it_owns(path: Path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if not tree.body:
        return  # a folder's empty index
    assert ast.get_docstring(tree), "a module begins by saying what it owns"


@pytest.mark.parametrize("path", **named(files("*.rs")))
def test_a_rust_file_says_what_it_owns(path: Path):
    assert path.read_text(encoding="utf-8").startswith("//!")


@pytest.mark.parametrize("path", **named([*files("python/**/*.py"), *files("*.py")]))
def test_names_say_something(path: Path):
    words = {path.stem, *names_in(ast.parse(path.read_text(encoding="utf-8")))}
    empty = {name for name in words - GRANTED if set(parts_of(name)) & BANNED}
    assert not empty, f"{sorted(empty)}: say what it does instead"


def names_in(tree: ast.AST) -> Iterator[str]:
    """What a module names itself: classes, functions, arguments, assigned names."""
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                yield name
            case ast.AsyncFunctionDef(name=name) | ast.arg(arg=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case _:
                pass


def parts_of(name: str) -> list[str]:
    """The words in a name, whichever way they are joined."""
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return [part.lower() for part in spaced.split("_") if part]


@pytest.mark.parametrize("path", **named(files("*.py", "*.pyi", "*.rs", "*.js", "*.mjs")))
def test_what_is_switched_off_says_why(path: Path):
    """A suppression stands beside its reason, or right under it; nothing is left for later."""
    above = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        where = f"{path.name}:{number}"
        if found := re.search(r"#\s*(noqa|type:\s*ignore|pragma)(.*)", line):
            reason = re.sub(r"^[:\s]*(\[[\w, -]*\]|[A-Z0-9, ]+)?", "", found[2])
            told = len(reason.strip(" -#")) > 5 or "#" in above
            assert told, f"{where}: no reason beside it"
        assert not re.search(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b", line), f"{where}: do it now"
        above = line


@pytest.mark.parametrize(
    ("name", "parts"),
    [("AudioProcessor", ["audio", "processor"]), ("_read_head", ["read", "head"]), ("x", ["x"])],
)
def test_names_are_taken_apart(name: str, parts: list[str]):
    assert parts_of(name) == parts
