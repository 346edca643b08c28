"""A whole server in the test's own process, with the simulator behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio

from rtproxy.config import load_config
from rtproxy.legs.listener import Listener
from rtproxy.runtime.process import Process
from rtproxy.server import open_server

OpenProxy = Callable[..., Any]

FAST = {
    "RTPROXY_SERVER__PORT": "0",
    "RTPROXY_SIMULATOR__SPEED": "1000",
    "RTPROXY_SIMULATOR__FIRST_AUDIO_DELAY_MS": "0",
}


@asynccontextmanager
async def serving(**settings: str) -> AsyncIterator[tuple[Process, Listener]]:
    """Serve while the block runs; settings as in the environment."""
    config = load_config(environ={**FAST, **settings})
    async with trio.open_nursery() as nursery:
        yield await open_server(nursery, config)
        nursery.cancel_scope.cancel()


@pytest.fixture
def open_proxy() -> OpenProxy:
    return serving
