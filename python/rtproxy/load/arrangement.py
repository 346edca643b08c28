"""A proxy to load where there is none: `rtproxy simulate` and `rtproxy serve`.

Owns the two processes, from their start to their end. They are in a session of
their own, so that a Ctrl-C in the terminal stops the load, which then stops them;
and tethered to us, so that they end with us even where we are killed. Must not know
what is said to them.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import IO

import trio

from rtproxy.load.plan import Mode
from rtproxy.model.errors import LocalError

UP_S = 60.0
STOP_S = 12.0  # longer than the proxy takes to drain
WORDS_HZ = 4  # transcript deltas a second of an echo, about as many as a real answer has
_ADDRESS = re.compile(rb"\b(?:ws|http)://127\.0\.0\.1:\d+\S*")
_OURS = ("RTPROXY_", "OPENAI_", "PORT", "WS_PORT", "DATABASE_URL")


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What was started; `url` is the proxy's, without a path."""

    url: str
    proxy_pid: int
    upstream_pid: int


@asynccontextmanager
async def arranged(mode: Mode) -> AsyncIterator[Arrangement]:
    """Run an upstream and a proxy in front of it for as long as the block lasts.

    Raises LocalError where one of them does not come up.
    """
    words = ["--echo-transcript-hz", str(WORDS_HZ)] if mode is Mode.ECHO else []
    async with (
        _running("simulate", "--voice", mode.value, *words) as (upstream, upstream_url),
        _running("serve", "--upstream", upstream_url, "--log-level", "warning") as (proxy, url),
    ):
        yield Arrangement(url.replace("http://", "ws://"), proxy.pid, upstream.pid)


@asynccontextmanager
async def _running(*arguments: str) -> AsyncIterator[tuple[trio.Process, str]]:
    command = [sys.executable, "-m", "rtproxy.load.tether", *arguments, "--port", "0"]
    with tempfile.TemporaryFile() as said:
        process = await trio.lowlevel.open_process(
            command,
            stdin=subprocess.PIPE,  # the tether: closed when we are gone
            stdout=said,
            stderr=subprocess.STDOUT,
            env=_environment(),
            start_new_session=True,
        )
        try:
            yield process, await _address(process, said, arguments)
        finally:
            with trio.CancelScope(shield=True):
                await _stop(process)


async def _address(process: trio.Process, said: IO[bytes], arguments: Sequence[str]) -> str:
    """The first address that it says it is up at."""
    with trio.move_on_after(UP_S):
        while process.poll() is None:
            if found := _ADDRESS.search(_read(said)):
                return found[0].decode("ascii")
            await trio.sleep(0.02)
    told = _read(said).decode(errors="replace").strip() or "it said nothing"
    raise LocalError(f"rtproxy {arguments[0]} did not come up: {told}")


def _read(said: IO[bytes]) -> bytes:
    # Not `seek`: the process writes at the position that it shares with us.
    return os.pread(said.fileno(), 64 * 1024, 0)


async def _stop(process: trio.Process) -> None:
    if process.poll() is None:
        process.terminate()
    assert process.stdin is not None  # noqa: S101 - it was asked for
    await process.stdin.aclose()
    with trio.move_on_after(STOP_S):
        await process.wait()
        return
    process.kill()
    await process.wait()


def _environment() -> dict[str, str]:
    """Ours without what configures a proxy: what is measured is the default."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
