"""Reading, writing and closing of one connection."""

from __future__ import annotations

import socket
from functools import partial

import pytest
import trio
import trio.testing
from rig import Pair
from stream_pairs import all_of, memory_transport, socket_transport

from rtproxy.legs.farewell import wind_down
from rtproxy.legs.transport import LOST, SocketTransport, StreamTransport

pytestmark = pytest.mark.usefixtures("in_time")


# Both ends of these tests are one task, which cannot shake hands with itself over TLS.
@pytest.fixture(params=[memory_transport, socket_transport], ids=["memory", "socket"])
def pair(request: pytest.FixtureRequest) -> Pair:
    """Each kind of transport that needs no handshake."""
    made: Pair = request.param
    return made


async def test_bytes_pass_both_ways(pair: Pair) -> None:
    transport, peer = pair()
    async with peer:
        await peer.send_all(b"in")
        assert await transport.read() == b"in"
        await transport.send_all(b"out")
        assert await peer.receive_some() == b"out"
        await transport.aclose()


async def test_a_read_takes_no_more_than_asked(pair: Pair) -> None:
    transport, peer = pair()
    async with peer:
        await peer.send_all(b"abcdef")
        assert await transport.read(4) == b"abcd"
        assert await transport.read(4) == b"ef"
        await transport.aclose()


async def test_a_socket_is_written_without_waiting_until_it_is_full() -> None:
    transport, peer = socket_transport()
    transport.limit_send_buffer(32 * 1024)
    async with peer:
        written = 0
        while sent := transport.send_now(b"x" * 65_536):
            written += sent
        assert written > 0
        async with trio.open_nursery() as nursery:

            async def rest() -> None:
                await transport.send_all(b"y" * 500_000)
                await transport.aclose()

            nursery.start_soon(rest)
            data = await all_of(peer)
        assert data == b"x" * written + b"y" * 500_000


async def test_a_stream_takes_nothing_at_once() -> None:
    transport, _peer = memory_transport()
    assert transport.send_now(b"x") == 0
    await transport.aclose()


async def test_a_closed_transport_is_closed(pair: Pair) -> None:
    transport, peer = pair()
    async with peer:
        await transport.aclose()
        await transport.aclose()
        transport.abort()
        assert transport.closed
        with pytest.raises(LOST):
            await transport.read()
        with pytest.raises(LOST):
            transport.send_now(b"x")
        with pytest.raises(LOST):
            await transport.send_all(b"x")


async def test_closing_wakes_who_reads_or_writes() -> None:
    transport, peer = socket_transport()
    transport.limit_send_buffer(4096)
    woken = []

    async def read() -> None:
        with pytest.raises(trio.ClosedResourceError):
            await transport.read()
        woken.append("reader")

    async def write() -> None:
        with pytest.raises(LOST):
            await transport.send_all(b"x" * 10_000_000)
        woken.append("writer")

    async with peer, trio.open_nursery() as nursery:
        nursery.start_soon(read)
        nursery.start_soon(write)
        await trio.testing.wait_all_tasks_blocked(0.01)
        transport.abort()
    assert sorted(woken) == ["reader", "writer"]


async def test_an_abort_is_a_reset() -> None:
    transport, peer = socket_transport()
    async with peer:
        transport.abort()
        with pytest.raises(trio.BrokenResourceError):
            await peer.receive_some()


async def test_writing_to_a_peer_that_is_gone_breaks(pair: Pair) -> None:
    transport, peer = pair()
    await peer.aclose()

    async def write_on() -> None:
        while True:
            await transport.send_all(b"x" * 1000)

    with pytest.raises(trio.BrokenResourceError):
        await write_on()
    await transport.aclose()


async def test_last_words_arrive_though_input_is_unread() -> None:
    transport, peer = socket_transport()
    async with peer, trio.open_nursery() as nursery:
        await peer.send_all(b"x" * 100_000)  # never read, but for winding down
        await transport.send_all(b"last words")
        nursery.start_soon(partial(wind_down, transport, within_s=5))
        assert await all_of(peer) == b"last words"
        await peer.send_eof()
    assert transport.closed


async def test_winding_down_has_a_deadline(autojump_clock: trio.testing.MockClock) -> None:
    transport, _peer = memory_transport()
    await wind_down(transport, within_s=2)
    assert trio.current_time() == pytest.approx(2)
    assert transport.closed


async def test_addresses_are_known_where_there_are_any() -> None:
    transport, peer = socket_transport()
    async with peer:
        theirs, ours = transport.addresses()
        assert theirs == peer.socket.getsockname()
        assert ours == peer.socket.getpeername()
        await transport.aclose()
    assert memory_transport()[0].addresses() == (("", 0), ("", 0))
    one, two = socket.socketpair()
    with one, two:
        stream = trio.SocketStream(trio.socket.from_stdlib_socket(one))
        assert StreamTransport(stream).addresses() == (("", 0), ("", 0))


async def test_nagle_is_off() -> None:
    transport, peer = socket_transport()
    async with peer:
        assert transport._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        await transport.aclose()


async def test_a_detached_socket_is_somebody_elses() -> None:
    transport, peer = socket_transport()
    async with peer:
        await peer.send_all(b"before")
        number = transport.fileno()
        with socket.socket(fileno=transport.detach()) as taken:
            assert taken.fileno() == number  # no second descriptor
            assert transport.closed
            transport.abort()
            await transport.aclose()
            with pytest.raises(trio.ClosedResourceError):
                transport.detach()
            taken.sendall(b"alive")
            assert await peer.receive_some() == b"alive"
            assert taken.recv(10) == b"before"


async def test_whoever_waits_on_a_detached_socket_is_told() -> None:
    transport, peer = socket_transport()
    async with peer, trio.open_nursery() as nursery:

        async def wait() -> None:
            with pytest.raises(trio.ClosedResourceError):
                await transport.read()

        nursery.start_soon(wait)
        await trio.testing.wait_all_tasks_blocked()
        socket.socket(fileno=transport.detach()).close()


async def test_a_stream_cannot_be_detached() -> None:
    transport, _peer = memory_transport()
    with pytest.raises(ValueError, match="more to this transport"):
        transport.detach()
    assert not transport.closed
    await transport.aclose()


@pytest.mark.parametrize("spoken", [True, False])
async def test_a_callers_first_words_are_read_now_or_when_they_come(*, spoken: bool) -> None:
    ours, theirs = socket.socketpair()
    transport = SocketTransport(ours, caller=("192.0.2.1", 7))
    with theirs:
        if spoken:
            theirs.sendall(b"hello")
            reading = transport.read()
            with pytest.raises(StopIteration, match="hello"):  # it has not waited for anything
                reading.send(None)
        else:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_expect, transport, b"hello")
                await trio.testing.wait_all_tasks_blocked()
                theirs.sendall(b"hello")
        assert transport.addresses()[0] == ("192.0.2.1", 7)
        await transport.aclose()


async def _expect(transport: SocketTransport, words: bytes) -> None:
    assert await transport.read() == words
