"""A process that may open no more descriptors sheds the new and keeps the old (row 43)."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count, islice
from pathlib import Path

import pytest
import trio

from .conftest import StartProxy
from .dialect import CONVERSATION, OPENAI, VOICE
from .peer import Peer
from .proxy_process import ProxyProcess, running_simulator
from .witness import assert_works, witnessed


@contextmanager
def descriptors_left(proxy: ProxyProcess, left: int) -> Iterator[None]:
    """Let the proxy open only so many more while the block runs."""
    taken = {int(entry.name) for entry in Path(f"/proc/{proxy.pid}/fd").iterdir()}
    free = (number for number in count() if number not in taken)
    first_forbidden = next(islice(free, left, None))
    before = resource.prlimit(proxy.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(proxy.pid, resource.RLIMIT_NOFILE, (first_forbidden, before[1]))
    try:
        yield
    finally:
        resource.prlimit(proxy.pid, resource.RLIMIT_NOFILE, before)


@pytest.mark.parametrize("driver", ["stream", "reactor"])
async def test_row_43_a_session_without_a_descriptor_for_its_upstream(
    start_proxy: StartProxy, driver: str
) -> None:
    with running_simulator() as url:
        proxy = start_proxy("--upstream", url, env={"RTPROXY_SERVER__DRIVER": driver})
        async with witnessed(proxy) as nursery:
            old = await CONVERSATION.open(nursery, proxy.port)
            with descriptors_left(proxy, 1):
                for dialect in (VOICE, OPENAI, CONVERSATION):
                    peer = await Peer.connect(nursery, proxy.port, dialect.path)
                    told = await peer.next("error")
                    assert "Too many open files" in str(told)
                    assert (await peer.closed()).code == 1013
                await assert_works(old)
            newcomer = await CONVERSATION.open(nursery, proxy.port)
            await assert_works(newcomer)
            await newcomer.aclose()
            await old.aclose()
        assert "Traceback" not in proxy.log


async def test_row_43_who_cannot_be_accepted_waits(start_proxy: StartProxy) -> None:
    with running_simulator() as url:
        proxy = start_proxy("--upstream", url)
        async with witnessed(proxy) as nursery:
            old = await CONVERSATION.open(nursery, proxy.port)
            opened: list[Peer] = []

            async def enter() -> None:
                opened.append(await CONVERSATION.open(nursery, proxy.port))

            with descriptors_left(proxy, 0):
                nursery.start_soon(enter)
                await assert_works(old)
                assert not opened
            while not opened:  # noqa: ASYNC110 - another process has no event to wait for
                await trio.sleep(0.05)
            await assert_works(opened[0])
            await opened[0].aclose()
            await old.aclose()
