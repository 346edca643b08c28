"""Processes under measurement: started on one core, timed by the kernel, ended for sure.

Owns pinning, and when a process is up. Its clock is read by `rtproxy.load.gauges`.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

READY_S = 40.0
STOP_S = 8.0


class RelayError(Exception):
    """The relay under test broke a rule, so there is nothing to measure."""


class NotCarriedError(RelayError):
    """It did not take so many sessions: here and now that is too much for it."""


@dataclass(frozen=True, slots=True)
class Cores:
    """Where the relay runs, and where all else does."""

    relay: int
    load: int

    @property
    def apart(self) -> bool:
        """Whether the two have a core each."""
        return self.relay != self.load


def pick_cores() -> Cores:
    """The last and the first core we may use; one and the same on a single core."""
    allowed = sorted(os.sched_getaffinity(0))
    return Cores(relay=allowed[-1], load=allowed[0])


def free_port() -> int:
    """A loopback port that nobody listens on just now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def _stop(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def running(
    command: Sequence[str],
    core: int,
    *,
    stdin: int = subprocess.DEVNULL,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Iterator[subprocess.Popen[str]]:
    """Run a command pinned to a core; it is gone when the block ends."""
    process = subprocess.Popen(
        command,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=cwd,
        env=env,
    )
    try:
        os.sched_setaffinity(process.pid, {core})
        yield process
    finally:
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):  # an order that it did not live to read
                    pipe.close()
        _stop(process)


def _is_up(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def await_up(process: subprocess.Popen[str], port: int) -> None:
    """Return when somebody listens; RelayError when the process ends or takes too long."""
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RelayError(f"{process.args} ended at once with code {process.returncode}")
        if _is_up(port):
            return
        time.sleep(0.05)
    raise RelayError(f"{process.args} did not listen within {READY_S:.0f} s")
