"""The load generator with everything of its own: upstream, proxy, and twenty sessions."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from .proxy_process import COMMAND


def start(*options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(COMMAND), "load", "--json", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def report_of(process: subprocess.Popen[str]) -> dict[str, Any]:
    told, errors = process.communicate(timeout=180)
    assert told, errors
    found: dict[str, Any] = json.loads(told)
    return found


@pytest.mark.slow
@pytest.mark.alone
def test_twenty_sessions_for_three_seconds_lose_nothing():
    process = start("--sessions", "20", "--seconds", "3", "--ramp", "1")
    found = report_of(process)
    assert process.returncode == 0, found
    assert found["passed"]
    assert found["sessions"] == {"asked": 20, "ready": 20, "failed": 0, "up": 20}
    chunks = found["chunks"]
    assert chunks["said"] == chunks["back"] >= 20 * 3 * 25
    assert chunks["lost"] == chunks["reordered"] == chunks["changed"] == 0
    assert found["words"]["back"] > 0
    assert set(found["processes"]) == {"load", "proxy", "upstream"}
    for way in ("to_upstream", "to_client", "round_trip"):
        # Nothing is paced: lead_ms would show as tens of milliseconds on the way back.
        assert 0 < found["latency"][way]["p50_ms"] < 30


@pytest.mark.slow
@pytest.mark.alone
def test_questions_are_answered_whole():
    process = start("--mode", "parrot", "--sessions", "3", "--seconds", "2", "--ramp", "0")
    found = report_of(process)
    assert process.returncode == 0, found
    assert found["turns"]["asked"] == found["turns"]["complete"] == 3
    assert 300 < found["first_audio"]["p50_ms"] < 1_500


@pytest.mark.slow
@pytest.mark.alone
def test_interrupted_it_reports_and_leaves_nobody_behind():
    process = start("--sessions", "3", "--seconds", "60", "--ramp", "0")
    children = await_children(process.pid)
    await_line(process, "3 of 3 sessions")
    os.killpg(process.pid, signal.SIGINT)
    found = report_of(process)
    assert process.returncode == 130
    assert found["interrupted"]
    assert found["chunks"]["said"] == found["chunks"]["back"] > 0
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]


@pytest.mark.slow
def test_killed_it_leaves_nobody_behind():
    process = start("--sessions", "3", "--seconds", "60", "--ramp", "0")
    children = await_children(process.pid)
    process.kill()
    process.communicate(timeout=60)
    deadline = time.monotonic() + 60
    while [pid for pid in children if Path(f"/proc/{pid}").exists()]:
        assert time.monotonic() < deadline, "they outlive it"
        time.sleep(0.1)


def await_line(process: subprocess.Popen[str], words: str) -> None:
    """Until it says so while it runs."""
    assert process.stderr is not None
    assert any(words in line for line in process.stderr), "it ended without saying so"


def await_children(pid: int) -> list[str]:
    """The upstream and the proxy, once both run."""
    deadline = time.monotonic() + 60
    found: list[str] = []
    while len(found) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.1)
        tasks = Path(f"/proc/{pid}/task").glob("*/children")
        found = [child for task in tasks for child in task.read_text().split()]
    return found
