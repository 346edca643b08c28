"""The two commands of the README, as a newcomer meets them."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rtproxy.audio.wav import read_wav
from rtproxy.cli.talk.question import load_question

PROGRAM = (sys.executable, "-m", "rtproxy")


@pytest.fixture
def environment() -> dict[str, str]:
    ours = ("RTPROXY_", "OPENAI_", "PORT", "WS_PORT", "DATABASE_URL")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, "RTPROXY_SIMULATOR__SPEED": "100"}


@pytest.fixture
def serving(environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [*PROGRAM, "serve", "--port", "0"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        if process.poll() is None:
            process.kill()


@pytest.mark.e2e
def test_what_serve_says_to_try_gives_an_answer(
    serving: subprocess.Popen[str], environment: dict[str, str], tmp_path: Path
):
    assert serving.stdout is not None
    said = [serving.stdout.readline()]
    assert said[0].startswith("rtproxy ")
    while not said[-1].startswith("Try"):
        assert said[-1], "it ends before it says what to try"
        said.append(serving.stdout.readline())
    assert any("No OPENAI_API_KEY is set: the simulator answers" in line for line in said)
    words = shlex.split(said[-1].removeprefix("Try, in another terminal:"))
    assert words[:4] == ["python", "-m", "rtproxy", "talk"]

    asked = subprocess.run(
        [*PROGRAM, *words[3:], "--fast"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (asked.returncode, asked.stderr) == (0, "")
    for line in (
        "connected",
        "you: ",
        "answer: ",
        "first audio ",
        "saved the answer as answer.wav",
    ):
        assert line in asked.stdout
    answer = read_wav((tmp_path / "answer.wav").read_bytes())
    question = load_question(None)
    assert answer.data in question.recording.data + bytes(48_000)
    assert answer.duration_ms > question.speech_ms - 500

    serving.send_signal(signal.SIGINT)
    assert serving.wait(10) == 0
