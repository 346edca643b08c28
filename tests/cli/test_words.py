"""How a command is named depends on how the program was started."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from rtproxy.cli.words import this_command


@pytest.fixture
def installed(tmp_path: Path, monkeypatch) -> Path:
    """A program in a folder of its own, which is the one we are in."""
    program = tmp_path / "env" / "bin" / "rtproxy"
    program.parent.mkdir(parents=True)
    program.touch(mode=0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/nowhere")
    return program


def test_on_the_path_its_name_is_enough(installed: Path, monkeypatch):
    monkeypatch.setenv("PATH", str(installed.parent))
    monkeypatch.setattr(sys, "argv", [str(installed)])
    assert this_command("serve") == "rtproxy serve"


def test_elsewhere_it_is_named_from_here(installed: Path, monkeypatch):
    monkeypatch.setattr(sys, "argv", [str(installed)])
    assert this_command("serve") == "env/bin/rtproxy serve"


def test_far_away_it_is_named_in_full(installed: Path, monkeypatch):
    monkeypatch.chdir("/")
    monkeypatch.setattr(sys, "argv", [str(installed)])
    assert this_command("serve").endswith("env/bin/rtproxy serve")


def test_as_a_module_it_stays_one(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/lib/rtproxy/__main__.py"])
    assert this_command("talk --fast") == "python -m rtproxy talk --fast"


def test_inside_another_program_it_has_its_own_name(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/usr/bin/pytest"])
    assert this_command("serve") == "rtproxy serve"


def test_a_reader_that_goes_does_not_stop_the_work():
    script = "from rtproxy.cli.words import say; import sys; [say('x' * 99) for _ in range(9999)]"
    script += "; say('more'); sys.exit(7)"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
        assert process.wait(10) == 7


def test_what_cannot_be_written_is_told_once_and_does_not_stop_the_work():
    script = "from rtproxy.cli.words import say; import sys; say('x'); say('y'); sys.exit(7)"
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-c", script], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 7
    assert done.stderr.count(b"No space left on device") == 1
    assert len(done.stderr.splitlines()) == 1
