"""Proxies for the tests: one with a fast simulator, one with short deadlines, or any other."""

from __future__ import annotations

import itertools
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .node_ground import Node, open_node
from .proxy_process import ProxyProcess

# The simulator answers as fast as it can, so that pacing is the proxy's alone.
FAST_SIMULATOR = {
    "RTPROXY_SIMULATOR__SPEED": "1000",
    "RTPROXY_SIMULATOR__FIRST_AUDIO_DELAY_MS": "0",
}
# Every deadline of limits.md that a test waits for, made short.
SHORT_DEADLINES = {
    f"RTPROXY_LIMITS__{name}": "0.5"
    for name in (
        "HEAD_S",
        "FRAME_STALL_S",
        "PING_EVERY_S",
        "SEND_S",
        "CLOSE_S",
        "DIAL_S",
        "FIRST_EVENT_S",
    )
} | {
    "RTPROXY_LIMITS__PONG_WITHIN_S": "1",  # later than a stalled frame is found
    "RTPROXY_LIMITS__DIAL_BACKOFF_S": "0.05",
}

StartProxy = Callable[..., ProxyProcess]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests in this folder are end-to-end tests."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProxyProcess]:
    """The proxy that most tests share: the simulator inside, as fast as it can."""
    log_path = tmp_path_factory.mktemp("proxy") / "log"
    process = ProxyProcess(log_path, env=FAST_SIMULATOR)
    yield process
    process.stop()


@pytest.fixture(scope="session")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProxyProcess]:
    """The same with every deadline at half a second."""
    log_path = tmp_path_factory.mktemp("impatient") / "log"
    process = ProxyProcess(log_path, env=FAST_SIMULATOR | SHORT_DEADLINES)
    yield process
    process.stop()


@pytest.fixture(scope="session")
def unhurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProxyProcess]:
    """A proxy whose upstream answers no faster than the audio plays."""
    log_path = tmp_path_factory.mktemp("unhurried") / "log"
    process = ProxyProcess(log_path, env=FAST_SIMULATOR | {"RTPROXY_SIMULATOR__SPEED": "1"})
    yield process
    process.stop()


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Node:
    """Node with the packages of `node/`; without it tests are skipped, but never in CI."""
    return open_node(tmp_path_factory.mktemp("npm") / "log")


@pytest.fixture
def start_proxy(tmp_path: Path) -> Iterator[StartProxy]:
    """Start a proxy with these arguments and this environment; it ends with the test."""
    started: list[ProxyProcess] = []
    numbers = itertools.count()

    def start(
        *arguments: str,
        env: dict[str, str] | None = None,
        trusting: ssl.SSLContext | None = None,
    ) -> ProxyProcess:
        log_path = tmp_path / f"log{next(numbers)}"
        env = FAST_SIMULATOR | (env or {})
        started.append(ProxyProcess(log_path, *arguments, env=env, trusting=trusting))
        return started[-1]

    yield start
    for process in started:
        process.stop()
