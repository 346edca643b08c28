"""The commands as they are typed: what they print, and how they end."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from rtproxy import __version__
from rtproxy._audio_core import HAS_OPUS
from rtproxy.cli import main
from rtproxy.cli.talk.command import _report
from rtproxy.cli.talk.exchange import Exchange
from rtproxy.dialects.registry import DIALECTS

OPUS = (
    "built in"
    if HAS_OPUS
    else "not built in (it needs cmake and a C compiler when rtproxy is built)"
)


@pytest.fixture
def run(monkeypatch, tmp_path: Path):
    """Run a command line in an empty folder, without anything of this machine's environment."""
    for name in ("OPENAI_API_KEY", "PORT", "WS_PORT", "DATABASE_URL", "RTPROXY_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)

    def run(*words: str, env: dict[str, str] | None = None) -> Result:
        return CliRunner().invoke(main, words, env=env)

    return run


@pytest.fixture
def nobody() -> Iterator[str]:
    """The URL of a port at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        yield f"ws://127.0.0.1:{taken.getsockname()[1]}"


def test_the_version_is_said(run):
    assert run("--version").output == f"rtproxy {__version__}\n"


def test_alone_it_says_what_it_can(run):
    result = run()
    for command in ("serve", "talk", "simulate", "load", "check"):
        assert command in result.output


@pytest.mark.parametrize("command", ["serve", "talk", "simulate", "load", "check"])
def test_each_command_explains_itself(run, command: str):
    result = run(command, "--help")
    assert result.exit_code == 0
    assert "Usage" in result.output


def test_an_unknown_command_is_refused(run):
    result = run("converse")
    assert result.exit_code == 2
    assert "converse" in result.output


def test_check_says_what_would_run(run):
    assert run("check").output.splitlines() == [
        "The configuration is complete. It would run:",
        "  listening on 127.0.0.1, port 8000, no TLS",
        (
            "  upstream 1: No OPENAI_API_KEY is set: the simulator answers inside this process:"
            " it says back what it hears."
        ),
        *(f"  {one.name} is answered by {one.persona}" for one in DIALECTS if one.persona),
        "  broadcast is answered by interpreter",
        f"  Opus for clients: {OPUS}",
        "  log: info, auto",
    ]


@pytest.mark.parametrize(("count", "words"), [(1, "a key"), (2, "one of 2 keys")])
def test_check_tells_that_keys_are_asked_for(run, count: int, words: str):
    keys = ",".join(f"canary-key-number-{number}" for number in range(count))
    said = run("check", env={"RTPROXY_AUTH__KEYS": keys}).output
    assert f"\n  clients show {words}\n" in said
    assert "canary" not in said


def test_check_tells_what_differs_and_never_a_key(run, tmp_path: Path):
    file = tmp_path / "rtproxy.toml"
    file.write_text(
        """
        [server]
        port = 0
        tls = "self-signed"
        allowed_origins = ["https://a.example"]
        [limits]
        lead_ms = 100
        [rooms]
        history = 5
        [tools]
        use = ["time"]
        [dialect.voice]
        voice = "marin"
        [upstream.openai]
        [upstream.spare]
        kind = "compatible"
        url = "wss://spare.example/v1/realtime"
        """
    )
    env = {"OPENAI_API_KEY": "sk-canary-0123456789", "DATABASE_URL": "a.db", "WS_PORT": "1"}
    result = run("check", "--config", str(file), env=env)
    assert "canary" not in result.output
    for line in (
        "any free port, TLS, self-signed",
        "companion at / of another port, too: port 1",
        "web pages that may connect: https://a.example",
        "upstream 1: openai answers: gpt-realtime-2.1 at wss://api.openai.com/v1/realtime",
        "key from OPENAI_API_KEY.",
        "upstream 2: spare answers: gpt-realtime-2.1 at wss://spare.example/v1/realtime, no key.",
        "limits.lead_ms: 100 (usually 400)",
        "rooms.history: 5 (usually 20)",
        "tools that sessions are offered: time",
        "dialect.voice.voice: marin",
        "note: DATABASE_URL is set and not used",
    ):
        assert line in result.output


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--port", "99999"], "rtproxy: server.port is 99999 (command line); it must be"),
        (["--tls", "maybe"], "rtproxy: server.tls is 'maybe' (command line); it must be one of"),
        (["--upstream", "openai"], "OPENAI_API_KEY is not set"),
        (["--upstream", "nobody"], 'rtproxy: the upstream "nobody" is not known'),
        (["--config", "no.toml"], "rtproxy: no.toml cannot be read: No such file or directory"),
        (["--certfile", "a.pem"], "rtproxy: server.keyfile is missing"),
        (["--host", "0.0.0.0"], "it must be a loopback address"),
    ],
)
def test_serve_does_not_start_half_configured(run, words: list[str], line: str):
    result = run("serve", *words)
    assert result.exit_code == 2
    assert line in result.stderr
    assert result.stderr.count("\n") == 1


def test_serve_says_that_its_port_is_taken(run):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("serve", "--port", str(port))
    assert result.exit_code == 1
    assert f"127.0.0.1:{port}" in result.stderr
    assert "Traceback" not in result.stderr


def test_talk_says_how_to_start_a_proxy(run, nobody: str):
    result = run("talk", "--url", nobody)
    assert result.exit_code == 1
    assert (
        f"no proxy answers at {nobody.removeprefix('ws://')} (Connection refused)" in result.stderr
    )
    assert "Start one in another terminal:  rtproxy serve" in result.stderr


def test_talk_says_why_it_cannot_save(tmp_path: Path, capsys):
    exchange = Exchange(1.0, 1.0, answer=bytearray(2))
    with pytest.raises(typer.Exit):
        _report(exchange, tmp_path)
    assert f"cannot be saved as {tmp_path}: Is a directory" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["no.wav"], "no.wav cannot be read"),
        (["--save", "nowhere/a.wav"], "there is no folder nowhere"),
        (["--mic-format", "f31"], '--mic-format is "f31": the encoding is "f31"; it may be pcm16'),
        (["--speaker-format", "f32/1"], '--speaker-format is "f32/1": the rate in Hz is "1"'),
        (
            ["--dialect", "openai", "--mic-format", "f32"],
            "--mic-format is f32, 24000 Hz, mono; openai takes pcm16/24000, g711_ulaw",
        ),
        (["--dialect", "openai", "--binary"], "--binary is for voice and conversation"),
        (["--url", "ws://127.0.0.1/?rate=8000"], "--url names rate"),
        (["--url", "127.0.0.1:8000"], '--url is "127.0.0.1:8000"; it must be like ws://'),
        (["--url", "http://127.0.0.1"], "it must be like ws://127.0.0.1:8000 (or wss://…)"),
    ],
)
def test_talk_refuses_what_cannot_be_done(run, words: list[str], line: str):
    result = run("talk", *words)
    assert result.exit_code == 2
    assert line in result.stderr
