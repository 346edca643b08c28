"""Imports point one way, nothing goes round, and the pure rooms stay pure.

Read from the source, not from what happens to be imported: an import inside a
function or under TYPE_CHECKING is a dependency like any other.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "python" / "rtproxy"

# A room may import from the tiers below its own, and from itself.
TIERS = (
    {"_audio_core"},
    {"model"},
    {
        "config",
        "observability",
        "dialects",
        "audio",
        "circles",
        "resilience",
        "credentials",
        "personas",
        "samples",
        "threads",
    },
    {"session", "rooms", "upstreams"},
    {"storage", "legs", "tools"},
    {"runtime"},
    {"api", "simulator", "load", "web"},
    {"server"},
    {"cli"},
    {"__main__"},
)
TIER = {room: number for number, rooms in enumerate(TIERS) for room in rooms}

# Rooms (and the simulator but for its shell) that get events and the time, and return commands.
PURE = (
    "dialects",
    "resilience",
    "credentials",
    "session",
    "rooms",
    "simulator",
    "config/schema",
    "model",
)
SHELL = {
    "simulator/doorstep",
    "simulator/server",
    "simulator/lean_server",
    "simulator/reception",
    "simulator/connection",
}
# What knows the world: I/O, the clock, dice, tasks, the log.
WORLD = {
    "asyncio",
    "datetime",
    "h11",
    "hypercorn",
    "logging",
    "os",
    "quart",
    "quart_trio",
    "random",
    "secrets",
    "select",
    "selectors",
    "signal",
    "socket",
    "ssl",
    "structlog",
    "subprocess",
    "threading",
    "time",
    "trio",
    "trio_websocket",
    "uuid",
}


def modules() -> dict[str, Path]:
    """Every module by its name inside the package, with "/" between the parts."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        name = path.relative_to(ROOT).with_suffix("").as_posix()
        found[name.removesuffix("/__init__")] = path
    return found


def imports_of(name: str, path: Path) -> Iterator[str]:
    """Full dotted names of everything that a module imports, anywhere in it."""
    package = ["rtproxy", *name.split("/")]
    if path.name != "__init__.py":
        package.pop()
    if name == "__init__":
        package = ["rtproxy"]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            yield source
            yield from (f"{source}.{alias.name}" for alias in node.names)
        elif _is_dynamic_import(node):
            yield from _named_modules(node)


def _is_dynamic_import(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and "import_module" in ast.unparse(node.func)


def _named_modules(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Constant) and str(inner.value).startswith("rtproxy"):
            yield str(inner.value)


@cache
def graph() -> dict[str, set[str]]:
    """Which modules of the package each module imports."""
    known = modules()
    edges = {}
    for name, path in known.items():
        ours = (target for target in imports_of(name, path) if target.startswith("rtproxy."))
        inside = {target.removeprefix("rtproxy.").replace(".", "/") for target in ours}
        edges[name] = {target for target in inside if target in known or target == "_audio_core"}
    return edges


def room_of(name: str) -> str:
    return name.split("/", maxsplit=1)[0]


@pytest.mark.parametrize("name", [name for name in modules() if name != "__init__"])
def test_imports_point_down(name: str):
    room = room_of(name)
    assert room in TIER, f"{room} has no place in the order of imports: give it one in TIERS"
    upward = {
        target
        for target in graph()[name]
        if room_of(target) != room and TIER[room_of(target)] >= TIER[room]
    }
    assert not upward, f"{name} is tier {TIER[room]}; it must not import {sorted(upward)}"


def test_the_package_itself_imports_the_extension_alone():
    """The public names come later, when they are asked for."""
    body = ast.parse((ROOT / "__init__.py").read_text(encoding="utf-8")).body
    at_once = {node.module for node in body if isinstance(node, ast.ImportFrom)}
    assert {name for name in at_once if name.startswith("rtproxy")} == {"rtproxy._audio_core"}


def test_nothing_goes_round():
    """No module imports itself by way of others; a package's own index is not a way."""
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        if name in trail:
            round_trip = [*trail[trail.index(name) :], name]
            pytest.fail(f"these import each other: {' -> '.join(round_trip)}")
        if name in done:
            return
        for target in sorted(graph().get(name, ())):
            visit(target, (*trail, name))
        done.add(name)

    for name in graph():
        visit(name, ())


@pytest.mark.parametrize(
    "name",
    [name for name in modules() if name.startswith(PURE) and name not in SHELL],
)
def test_pure_rooms_know_nothing_of_the_world(name: str):
    known = {target.split(".")[0] for target in imports_of(name, modules()[name])}
    assert not known & WORLD


@pytest.mark.parametrize(
    ("source", "level_name", "expected"),
    [
        ("from . import states", "session/turns", {"rtproxy.session", "rtproxy.session.states"}),
        (
            "from ..legs.leg import Leg",
            "session/turns",
            {"rtproxy.legs.leg", "rtproxy.legs.leg.Leg"},
        ),
        ("def f():\n    import trio", "session/turns", {"trio"}),
        ("if TYPE_CHECKING:\n    import socket", "session/turns", {"socket"}),
        ("import_module('rtproxy.cli')", "session/turns", {"rtproxy.cli"}),
    ],
)
def test_the_reader_sees_every_form_of_import(
    tmp_path: Path, source: str, level_name: str, expected: set[str]
):
    path = tmp_path / "turns.py"
    path.write_text(source)
    assert set(imports_of(level_name, path)) == expected
