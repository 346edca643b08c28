"""The programs on the page of the `openai` dialect run as they stand, but for the port."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from .node_ground import FOLDER, Node
from .proxy_process import ProxyProcess

PAGE = (Path(__file__).parents[2] / "docs/protocols/openai.md").read_text(encoding="utf-8")


def programs(language: str) -> list[str]:
    """The fenced blocks of a language."""
    found = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert found
    return found


def at(proxy: ProxyProcess, program: str) -> str:
    """The program for this proxy."""
    assert "127.0.0.1:8000" in program
    return program.replace("127.0.0.1:8000", f"127.0.0.1:{proxy.port}")


@pytest.mark.parametrize("program", programs("python"))
def test_python(proxy: ProxyProcess, program: str) -> None:
    command = [sys.executable, "-c", at(proxy, program)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "Is anybody there?" in done.stdout or "bytes of PCM16" in done.stdout


@pytest.mark.parametrize("program", programs("js"))
def test_node(node: Node, proxy: ProxyProcess, program: str) -> None:
    script = FOLDER / "node_modules" / "example.mjs"  # where its imports are found
    script.write_text(at(proxy, program), encoding="utf-8")
    done = node.run(str(script))
    assert done.status == 0, done.err
    assert "bytes of PCM16" in done.out
