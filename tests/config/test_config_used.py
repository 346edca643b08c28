"""A key that nobody reads would promise what it does not keep."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import msgspec
import pytest

from rtproxy.config.schema import Sections, UpstreamConfig

ROOT = Path(__file__).parent.parent.parent / "python" / "rtproxy"


@cache
def names_read_outside() -> set[str]:
    """Every attribute that is read, and every text that stands, outside of the configuration."""
    found = set()
    for path in ROOT.rglob("*.py"):
        if "config" in path.relative_to(ROOT).parts or "cli" in path.relative_to(ROOT).parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                found.add(node.attr)
    return found


@pytest.mark.parametrize("section", ["server", "auth", "limits", "simulator", "rooms"])
def test_every_key_is_read_by_somebody(section: str):
    keys = set(msgspec.structs.asdict(getattr(Sections(), section)))
    assert not keys - names_read_outside()


def test_every_part_of_an_upstream_is_read_by_somebody():
    told_to_people = {"key_from"}
    assert not set(UpstreamConfig.__slots__) - told_to_people - names_read_outside()
