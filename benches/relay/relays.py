"""The relays that are compared: how each is started, and whether it is here.

Owns the list. Each gets a port and the upstream's URL, and relays between the two.
What peers stand on is fetched into `target/relay-peers` (see `fetch`), never into the
project; a peer that is not here is left out with a word.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benches.relay.load import ROOT
from benches.relay.processes import await_up, free_port, running

HERE = Path(__file__).parent / "peers"
FETCHED = ROOT / "target" / "relay-peers"
PICOWS = FETCHED / "venv" / "bin" / "python"
NODE = FETCHED / "node"
OURS = ("RTPROXY_", "OPENAI_", "PORT", "WS_PORT", "DATABASE_URL")
VOICE = ("voice", "/ws/voice")
CONVERSATION = ("conversation", "/ws/conversation")
COMPANION = ("companion", "/ws")
BUSY = "rtproxy-busy"  # latencies only: what it costs is mostly its busy thread
OPENAI = ("openai", "/v1/realtime?model=gpt-realtime")
BETA = ("beta", "/v1/realtime?model=gpt-realtime")
TWILIO = ("twilio", "/twilio/media-stream")


@dataclass(frozen=True, slots=True)
class Relay:
    """One of them; `speaks` is the dialect and the path of its clients.

    `guess` is where the search for what it carries begins; of more sessions than `most`
    its cost is not asked: with those it would be busy with what it owes. One that is `restless`
    has always something to do, so no other may be measured while it is up.
    """

    name: str
    what: str
    command: tuple[str, ...]
    speaks: tuple[str, str] = VOICE
    guess: int = 300
    most: int = 10_000
    environment: dict[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    tls: bool = False  # to the upstream
    restless: bool = False

    def missing(self) -> str | None:
        """Why it cannot run here, in words."""
        program = self.command[0]
        if shutil.which(program) is None:
            return f"{self.name} is left out: {program} is not here"
        if self.cwd is not None and not self.cwd.is_dir():
            return f"{self.name} is left out: --fetch brings what it stands on"
        return None


def _ours(
    name: str,
    what: str,
    speaks: tuple[str, str],
    driver: str = "auto",
    *,
    tls: bool = False,
    module: str = "rtproxy",
    most: int = 10_000,
    restless: bool = False,
) -> Relay:
    command = (sys.executable, "-m", module, "serve", "--log-level", "warning")
    command += ("--port", "{port}", "--upstream", "{url}")
    command += ("--upstream-ca", "{authority}") if tls else ()
    environment = {"RTPROXY_SERVER__DRIVER": driver}
    return Relay(name, what, command, speaks, 500, most, environment, tls=tls, restless=restless)


RELAYS = {
    relay.name: relay
    for relay in (
        Relay(
            "naive",
            "Quart on hypercorn, trio-websocket, json",
            (
                sys.executable,
                "-m",
                "benches.relay.naive",
                "--port",
                "{port}",
                "--upstream",
                "{url}",
            ),
            guess=70,
            most=100,
        ),
        Relay(
            "node",
            "Node, ws",
            ("node", str(HERE / "relay.js"), "{port}", "{url}"),
            guess=300,
            cwd=NODE,
        ),
        Relay(
            "picows",
            "picows on uvloop, msgspec",
            (str(PICOWS), str(HERE / "picows_relay.py"), "{port}", "{url}"),
            guess=500,
        ),
        Relay(
            "nginx",
            "nginx, which reads no frame",
            ("nginx", "-p", "{folder}", "-e", "{folder}/error.log", "-c", "{folder}/nginx.conf"),
            OPENAI,
            guess=700,
        ),
        _ours("rtproxy", "the proxy, dialect voice", VOICE),
        _ours("rtproxy-conversation", "the proxy, dialect conversation", CONVERSATION),
        _ours("rtproxy-companion", "the proxy, dialect companion", COMPANION),
        _ours("rtproxy-openai", "the proxy, dialect openai", OPENAI),
        _ours("rtproxy-beta", "the proxy, dialect openai in the beta shape", BETA),
        _ours("rtproxy-twilio", "the proxy, dialect twilio, mu-law both ways", TWILIO),
        _ours("rtproxy-tls", "the same with its upstream by TLS, dialect voice", VOICE, tls=True),
        _ours("rtproxy-openai-tls", "the same, dialect openai", OPENAI, tls=True),
        _ours("rtproxy-stream", "the proxy without its reactor, dialect voice", VOICE, "stream"),
        _ours(
            BUSY,
            "the proxy beside a busy thread of its own, dialect voice",
            VOICE,
            module="benches.relay.beside_thread",
            most=200,
            restless=True,
        ),
    )
}


def _environment(relay: Relay) -> dict[str, str]:
    """Ours without what configures a proxy: what is measured is the default."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return {**kept, **relay.environment}


@contextmanager
def relay_running(
    relay: Relay, core: int, upstream_port: int, authority: str = ""
) -> Iterator[tuple[int, int]]:
    """A relay on a core of its own, as its process and its port.

    `authority` is the file of who vouches for the upstream, where it speaks TLS.
    """
    port = free_port()
    scheme = "wss" if relay.tls else "ws"
    url = f"{scheme}://127.0.0.1:{upstream_port}/v1/realtime?model=gpt-realtime"
    with tempfile.TemporaryDirectory() as folder:
        config = (HERE / "nginx.conf").read_text(encoding="utf-8")
        filled = config.format(folder=folder, port=port, upstream=upstream_port)
        (Path(folder) / "nginx.conf").write_text(filled, encoding="utf-8")
        names = {"port": port, "url": url, "folder": folder, "authority": authority}
        command = [word.format(**names) for word in relay.command]
        cwd = relay.cwd or ROOT
        with running(command, core, cwd=cwd, env=_environment(relay)) as process:
            await_up(process, port)
            yield process.pid, port


def fetch() -> None:
    """Bring what Node's and picows' relays stand on, at the versions in `peers/`."""
    NODE.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, NODE / name)
    if shutil.which("npm") is not None:
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=NODE, check=True)
    subprocess.run([sys.executable, "-m", "venv", str(FETCHED / "venv")], check=True)
    pip = [str(PICOWS), "-m", "pip", "install", "--quiet", "-r", str(HERE / "requirements.txt")]
    subprocess.run(pip, check=True)
