"""Where frontends on Node run: packages installed from a lock, a script at a time.

Owns finding Node, installing what `node/package-lock.json` names, and running a
script of `node/` to its end. Must not know what any script says to the proxy.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.alone import locked

FOLDER = Path(__file__).parent / "node"
LOCK = FOLDER / "package-lock.json"
INSTALLED = FOLDER / "node_modules" / ".installed"
LEAST = 18  # what Debian has
INSTALL_S = 180.0
RUN_S = 60.0


@dataclass(frozen=True)
class Completed:
    """A script that has ended: its exit status and what it wrote."""

    status: int
    out: str
    err: str

    def told(self) -> Any:
        """What it says last, as JSON; fails with all that it wrote if it did not end well."""
        assert self.status == 0, f"exit status {self.status}\n{self.out}\n{self.err}"
        return json.loads(self.out.splitlines()[-1])


@dataclass(frozen=True)
class Node:
    """Node with its packages; `major` is its version, 18 or above."""

    program: str
    major: int

    def run(
        self,
        script: str,
        *arguments: str,
        flags: tuple[str, ...] = (),
        env: Mapping[str, str] | None = None,
        within_s: float = RUN_S,
    ) -> Completed:
        """Run a script of the folder `node` to its end, which must come in time.

        `flags` are Node's own, `env` comes on top of this process's environment.
        """
        command = [self.program, *flags, str(FOLDER / script), *arguments]
        done = subprocess.run(
            command,
            cwd=FOLDER,
            env={**os.environ, **(env or {})},
            capture_output=True,
            text=True,
            timeout=within_s,
            check=False,
        )
        return Completed(done.returncode, done.stdout, done.stderr)


def open_node(log: Path) -> Node:
    """Node, its packages installed, or the test is skipped; npm writes to `log`."""
    program, npm = shutil.which("node"), shutil.which("npm")
    if program is None or npm is None:
        _go_without("node and npm are not installed (Debian: nodejs, npm)")
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    major = int(version.stdout.removeprefix("v").partition(".")[0])
    if major < LEAST:
        _go_without(f"Node {version.stdout.strip()} is older than {LEAST}")
    with locked(LOCK, fcntl.LOCK_EX):  # one worker installs, the others wait for it
        if _stamp() != _digest():
            _install(npm, log)
    return Node(program, major)


def _install(npm: str, log: Path) -> None:
    with log.open("wb") as out:
        done = subprocess.run(
            [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
            cwd=FOLDER,
            stdout=out,
            stderr=subprocess.STDOUT,
            timeout=INSTALL_S,
            check=False,
        )
    if done.returncode != 0:
        said = log.read_text(encoding="utf-8", errors="replace")[-800:]
        _go_without(
            f"npm could not install the packages of {FOLDER.name}/package-lock.json: {said}"
        )
    INSTALLED.write_text(_digest(), encoding="utf-8")


def _stamp() -> str:
    return INSTALLED.read_text(encoding="utf-8") if INSTALLED.exists() else ""


def _digest() -> str:
    return hashlib.sha256(LOCK.read_bytes()).hexdigest()


def _go_without(why: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(why)
    pytest.skip(why)
