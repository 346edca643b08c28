"""The server is told to stop while somebody listens to an answer."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
import trio

from .conftest import StartProxy
from .peer import Peer
from .proxy_process import ProxyProcess
from .test_faults_frames import error_provoking
from .test_faults_http import upgrade

GOING_AWAY = 1001
MOMENT_S = 0.5
LONG = "Tell me something that takes a while."


async def an_answer_begins(nursery: trio.Nursery, proxy: ProxyProcess) -> Peer:
    peer = await Peer.connect(nursery, proxy.port, "/ws/voice")
    await peer.next("session_ready")
    await peer.send({"type": "text", "text": LONG})
    await peer.next("audio_chunk")
    return peer


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_row_17_whoever_listens_is_told_that_the_server_stops(
    start_proxy: StartProxy, nursery: trio.Nursery, number: signal.Signals
) -> None:
    proxy = start_proxy()
    peer = await an_answer_begins(nursery, proxy)
    proxy.send_signal(number)
    assert (await peer.closed()).code == GOING_AWAY
    assert await trio.to_thread.run_sync(proxy.await_end) == 0


async def test_row_18_a_client_that_does_not_read_holds_nobody(
    start_proxy: StartProxy, nursery: trio.Nursery
) -> None:
    proxy = start_proxy()
    async with await trio.open_tcp_stream("127.0.0.1", proxy.port) as stalled:
        await stalled.send_all(upgrade("/v1/realtime"))
        with trio.move_on_after(MOMENT_S):
            while True:  # an error is due for each, more than the sockets between us hold
                await stalled.send_all(error_provoking(0))
        peer = await an_answer_begins(nursery, proxy)
        proxy.send_signal(signal.SIGTERM)
        assert (await peer.closed()).code == GOING_AWAY
        assert await trio.to_thread.run_sync(proxy.await_end) == 0


@pytest.fixture
def hang_up_ignored() -> Iterator[None]:
    """What `nohup` does: processes that begin now inherit it."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("hang_up_ignored")
async def test_a_server_that_is_to_outlive_its_terminal_does(
    start_proxy: StartProxy, nursery: trio.Nursery
) -> None:
    proxy = start_proxy()
    peer = await an_answer_begins(nursery, proxy)
    proxy.send_signal(signal.SIGHUP)
    await peer.next("response_done")
    assert proxy.alive
