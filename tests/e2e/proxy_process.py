"""`rtproxy serve` as a process: started, asked how it is, and ended for sure.

Owns ports, environment and log file. Must not know anything of the proxy but
its command line, its environment variables and its HTTP paths.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

COMMAND = Path(sys.executable).with_name("rtproxy")
PORTS = range(20_000, 32_000)
UP_S = 60.0
STOP_S = 20.0
PRIVATE = ("RTPROXY_", "OPENAI_", "AZURE_", "PORT", "WS_PORT", "DATABASE_URL", "NODE_ENV")


def free_port() -> int:
    """A loopback port that nobody listens on just now.

    It is none that the kernel gives away by itself, nor one that a worker beside
    this one may choose: until a process listens there, nobody else takes it.
    """
    for port in _ports():
        with socket.socket() as sock, suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


@cache
def _ports() -> Iterator[int]:
    """This worker's share of the ports below those of the kernel, from anywhere in it on."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    share = len(PORTS) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    mine = PORTS[worker * share : (worker + 1) * share]
    start = os.getpid() % share
    return iter([*mine[start:], *mine[:start]])


@contextmanager
def running_simulator() -> Iterator[str]:
    """`rtproxy simulate` as a process of its own, as fast as it can; its URL."""
    port = free_port()
    arguments = ["--port", str(port), "--speed", "1000", "--first-audio-delay-ms", "0"]
    with subprocess.Popen(
        [str(COMMAND), "simulate", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=_clean_environment({}),
    ) as process:
        try:
            _await_listening(port)
            yield f"ws://127.0.0.1:{port}/v1/realtime"
        finally:
            process.kill()


def _await_listening(port: int) -> None:
    deadline = time.monotonic() + UP_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            assert time.monotonic() < deadline, "rtproxy simulate did not come up"
            time.sleep(0.05)
        else:
            return


def _clean_environment(extra: dict[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PRIVATE)}
    return {**kept, **extra}


class ProxyProcess:
    """One proxy on a loopback port of its own."""

    def __init__(
        self,
        log_path: Path,
        *arguments: str,
        env: dict[str, str] | None = None,
        trusting: ssl.SSLContext | None = None,
    ) -> None:
        """Start it and wait until `/readyz` says yes; with `trusting` it is asked by TLS."""
        self.port = free_port()
        self.log_path = log_path
        self._trusting = trusting
        with log_path.open("wb") as log:
            self._process = subprocess.Popen(
                [str(COMMAND), "serve", "--port", str(self.port), *arguments],
                stdout=log,
                stderr=subprocess.STDOUT,
                env=_clean_environment(env or {}),
            )
        try:
            self._await_up()
        except BaseException:
            self.stop()
            raise

    def _await_up(self) -> None:
        deadline = time.monotonic() + UP_S
        while time.monotonic() < deadline:
            if not self.alive:
                raise AssertionError(f"rtproxy serve ended at once:\n{self.log}")
            try:
                if self.get("/readyz")[0] == 200:
                    return
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)  # a port that nobody has yet may even connect to itself
        raise AssertionError(f"/readyz did not answer 200 within {UP_S:.0f} s:\n{self.log}")

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """Which process it is."""
        return self._process.pid

    @property
    def log(self) -> str:
        """All that it has written so far."""
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body of a plain request."""
        if self._trusting is None:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        else:
            connection = http.client.HTTPSConnection(
                "localhost", self.port, timeout=5, context=self._trusting
            )
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def health(self) -> dict[str, Any]:
        """What `/health` says."""
        status, body = self.get("/health")
        assert status == 200, body
        said: dict[str, Any] = json.loads(body)
        return said

    @property
    def sessions(self) -> int:
        """Sessions that it counts just now."""
        said = self.health()["sessions"]
        return int(said if isinstance(said, int) else said["active"])

    @property
    def rss_bytes(self) -> int:
        """Memory that it holds."""
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    @property
    def descriptors(self) -> int:
        """Files and sockets that it has open."""
        return len(list(Path(f"/proc/{self._process.pid}/fd").iterdir()))

    def send_signal(self, number: signal.Signals) -> None:
        """As `kill` would."""
        self._process.send_signal(number)

    def await_end(self, within_s: float = STOP_S) -> int:
        """Its exit status, once it has ended by itself."""
        return self._process.wait(within_s)

    def stop(self) -> None:
        """End it, by force if it does not listen."""
        if self.alive:
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
