"""What a session held is freed as it ends, and not when Python next looks for circles."""

from __future__ import annotations

import gc
from collections.abc import Awaitable, Callable, Iterator

import pytest
import trio

from e2e import speech
from e2e.dialect import ALL, Dialect
from e2e.peer import Peer
from rtproxy._audio_core import Splice
from rtproxy.circles import FULL_AFTER, search_seldom
from rtproxy.legs.driver import HAS_REACTOR
from rtproxy.legs.spliced_leg import SplicedLeg
from rtproxy.model.close import DONE
from rtproxy.runtime.process import Process
from rtproxy.runtime.session_task import SessionTask
from rtproxy.session.relay import RelaySession
from rtproxy.session.session import Session
from runtime.conftest import OpenProxy

OF_A_SESSION = (SessionTask, Session, RelaySession, SplicedLeg, Splice)
End = Callable[[Peer, Process], Awaitable[None]]
DRIVERS = ("stream", "reactor") if HAS_REACTOR else ("stream",)


@pytest.fixture
def uncollected() -> Iterator[None]:
    """Nobody looks for circles meanwhile, and what other tests left is out of sight."""
    gc.collect()
    gc.disable()
    gc.freeze()
    yield
    gc.unfreeze()
    gc.enable()


async def by_the_client(peer: Peer, process: Process) -> None:
    await peer.aclose()


async def by_a_reset(peer: Peer, process: Process) -> None:
    peer.reset()


async def by_the_server(peer: Peer, process: Process) -> None:
    process.live.end_all(DONE)
    await peer.closed()


async def by_nonsense(peer: Peer, process: Process) -> None:
    await peer.send_raw(b"\xff\xff\xff")
    await peer.closed()


ENDS = (by_the_client, by_a_reset, by_the_server, by_nonsense)


async def live_and_end(dialect: Dialect, port: int, process: Process, end: End) -> None:
    async with trio.open_nursery() as nursery:
        peer = await dialect.open(nursery, port)
        await peer.send({"type": "no_audio"})  # only who has said something is served by the pump
        await dialect.speak(peer, speech.utterance(600))
        await peer.next(dialect.started)
        await end(peer, process)
        await peer.stream.aclose()
        nursery.cancel_scope.cancel()
    await process.live.wait_empty()


def left() -> list[str]:
    """What is there of sessions, by the names of types."""
    return sorted(type(one).__name__ for one in gc.get_objects() if isinstance(one, OF_A_SESSION))


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("dialect", ALL, ids=lambda dialect: dialect.name)
@pytest.mark.usefixtures("uncollected")
async def test_a_session_leaves_no_circle(
    open_proxy: OpenProxy, dialect: Dialect, end: End, driver: str
) -> None:
    async with open_proxy(RTPROXY_SERVER__DRIVER=driver) as (process, listener):
        with trio.fail_after(20):
            await live_and_end(dialect, listener.port, process, end)
            for _ in range(100):  # its connection's own task has some steps to go
                if left():
                    await trio.sleep(0.01)
        assert left() == []


def test_full_collections_are_rare_and_short() -> None:
    before = gc.get_threshold()
    try:
        search_seldom()
        assert gc.get_threshold() == (*before[:2], FULL_AFTER)
        assert gc.get_freeze_count() > 0
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
