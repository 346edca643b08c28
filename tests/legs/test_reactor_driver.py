"""What is the reactor's alone: hand-over, the one task, its end."""

from __future__ import annotations

import os
import socket
import tempfile
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest
import structlog
import trio
import trio.testing
from rig import MAX_MESSAGE_BYTES, Ground, Rig, closed_by, open_rig
from stream_pairs import all_of, memory_transport, socket_transport
from ws_peer import Close, WsPeer

from rtproxy.legs.driver import HAS_REACTOR, start_driver
from rtproxy.legs.leg import LegsOptions, Side
from rtproxy.legs.reactor_driver import open_legs
from rtproxy.legs.reactor_pump import ReactorPump
from rtproxy.legs.transport import Connection, SocketTransport
from rtproxy.model.close import CloseCode
from rtproxy.model.errors import ConfigError, LegClosed

pytestmark = [
    pytest.mark.usefixtures("in_time"),
    pytest.mark.skipif(not HAS_REACTOR, reason="there is no reactor on this platform"),
]


def descriptors() -> int:
    """How many this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture
async def pump(nursery: trio.Nursery) -> ReactorPump:
    started = ReactorPump()
    await nursery.start(started.run)
    return started


async def test_a_socket_has_one_owner_and_one_descriptor(pump: ReactorPump) -> None:
    transport, peer = socket_transport()
    number = transport.fileno()
    async with peer, open_legs(pump) as legs:
        before = descriptors()
        leg = legs.add(Side.CLIENT, Connection(transport), max_message_bytes=1000)
        assert transport.closed
        transport.abort()  # whatever the transport is still asked for, it is not its socket
        assert descriptors() == before
        leg.send(b"alive")
        assert await WsPeer(peer, client=True).hear() == "alive"
        leg.abort()
        with pytest.raises(OSError):  # noqa: PT011 - the number is the system's
            os.fstat(number)


async def test_what_came_with_the_handshake_is_heard_first(pump: ReactorPump) -> None:
    near, stream = socket_transport()
    browser = WsPeer(stream, client=True)
    async with stream, open_legs(pump) as legs:
        early = browser.frames('{"n":1}', '{"n":2}')
        await stream.send_all(early[-5:])
        connection = Connection(near, leftover=early[:-5])
        leg = legs.add(Side.CLIENT, connection, max_message_bytes=1000)
        for n in (1, 2):
            message = await leg.receive()
            assert message.raw == b'{"n":%d}' % n
            leg.release(message)
        leg.abort()


class Unwatchable(SocketTransport):
    """A transport whose descriptor epoll refuses: a plain file's."""

    def detach(self) -> int:
        os.close(super().detach())
        self.file = os.open(tempfile.mkdtemp(), os.O_RDONLY)
        return self.file


async def test_a_socket_that_cannot_be_watched_is_closed_and_told(pump: ReactorPump) -> None:
    _transport, peer = socket_transport()
    near, far = socket_transport()
    unwatchable = Unwatchable(_transport._socket)
    async with peer, far, open_legs(pump) as legs:
        with pytest.raises(LegClosed, match="cannot watch one more") as closed:
            legs.add(Side.UPSTREAM, Connection(unwatchable), max_message_bytes=1000)
        assert closed.value.reason.code == CloseCode.TRY_LATER
        with pytest.raises(OSError):  # noqa: PT011 - the number is the system's
            os.fstat(unwatchable.file)
        leg = legs.add(Side.CLIENT, Connection(near), max_message_bytes=1000)
        leg.send(b"alive")
        assert await WsPeer(far, client=True).hear() == "alive"
        leg.abort()


async def test_sessions_say_goodbye_when_their_server_is_cancelled() -> None:
    heard: list[object] = []

    async def listen(rig: Rig) -> None:
        heard.append(await rig.browser.hear())
        await rig.browser.stream.aclose()

    async def session(pump: ReactorPump) -> None:
        ground = Ground(socket_transport, partial(open_legs, pump))
        async with open_rig(ground=ground) as rig:
            rig.upstream.abort()
            peers.start_soon(listen, rig)
            await trio.sleep_forever()

    async with trio.open_nursery() as peers:
        async with trio.open_nursery() as server:
            pump = ReactorPump()
            await server.start(pump.run)
            for _ in range(5):
                server.start_soon(session, pump)
            await trio.testing.wait_all_tasks_blocked()
            server.cancel_scope.cancel()
        with pytest.raises(RuntimeError, match="has stopped"):
            pump.open_session(None)  # type: ignore[arg-type] # not looked at
    assert heard == [Close(1001, "the session is over")] * 5


async def test_a_bug_around_one_leg_ends_its_session_alone(
    pump: ReactorPump, monkeypatch: pytest.MonkeyPatch
) -> None:
    ground = Ground(socket_transport, partial(open_legs, pump))
    async with open_rig(ground=ground) as rig, open_rig(ground=ground) as other:

        def look() -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(rig.client, "look", look)
        with structlog.testing.capture_logs() as logs:
            await rig.browser.say('{"n":1}')
            for peer in (rig.browser, rig.model):
                close = await peer.hear()
                assert isinstance(close, Close)
                assert close.code == 1011
                await peer.stream.aclose()
        assert [entry["event"] for entry in logs] == ["contained"]
        assert (await closed_by(rig.upstream)).code == CloseCode.OUR_FAULT
        other.client.send(b"alive")
        assert await other.browser.hear() == "alive"


async def test_many_sessions_wake_one_task(pump: ReactorPump) -> None:
    ground = Ground(socket_transport, partial(open_legs, pump))
    async with AsyncExitStack() as stack:
        rigs = [await stack.enter_async_context(open_rig(ground=ground)) for _ in range(20)]
        tasks = trio.lowlevel.current_statistics().tasks_living
        async with open_rig(ground=ground):
            assert trio.lowlevel.current_statistics().tasks_living == tasks
        for rig in rigs:
            rig.client.send(b"x" * 1000)
            rig.upstream.send(b"y" * 1000)
        for rig in rigs:
            assert await rig.browser.hear() == "x" * 1000
            assert await rig.model.hear() == "y" * 1000
    assert pump.stats.written_bytes > 40 * 1000


async def test_a_client_that_does_not_read_is_cut_off(pump: ReactorPump) -> None:
    near, far = socket_transport()  # faults.md rows 13 and 50
    near.limit_send_buffer(4096)
    options = LegsOptions(lead_ms=None, send_s=0.2, close_s=0.2)
    async with far, open_legs(pump, options) as legs:
        leg = legs.add(Side.CLIENT, Connection(near), max_message_bytes=MAX_MESSAGE_BYTES)
        for _ in range(10):
            leg.send(b"x" * 1_000_000)
        with trio.fail_after(3):
            assert (await closed_by(leg)).code in {CloseCode.ABNORMAL, CloseCode.TRY_LATER}
            assert len(await all_of(far)) < 10_000_000


async def test_only_sockets_can_be_handed_over(pump: ReactorPump) -> None:
    near, _far = memory_transport()
    async with open_legs(pump) as legs:
        with pytest.raises(ValueError, match="more to this transport"):
            legs.add(Side.CLIENT, Connection(near), max_message_bytes=1000)
        assert not near.closed
    await near.aclose()


async def test_a_reactor_that_cannot_be_had_is_told(
    nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rtproxy.legs.driver.HAS_REACTOR", False)
    with pytest.raises(ConfigError, match=r"server\.driver"):
        await start_driver(nursery, "reactor")
    assert (await start_driver(nursery, "auto")).name == "stream"
    monkeypatch.undo()
    assert (await start_driver(nursery, "auto")).name == "reactor"
    assert (await start_driver(nursery, "stream")).pump is None


async def test_a_socket_is_watched_while_somebody_waits_for_it(nursery: trio.Nursery) -> None:
    driver = await start_driver(nursery, "reactor")
    assert driver.pump is not None
    near, far = socket.socketpair()
    with near, far:
        with driver.watching(near), pytest.raises(FileExistsError):
            driver.pump.reactor.watch(near.fileno())
        with pytest.raises(FileNotFoundError):
            driver.pump.reactor.unwatch(near.fileno())
