"""Both ends of a connection, in memory or on loopback, for the tests of legs."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio
import trio.testing
from certificates import authority

from rtproxy.legs.tls_transport import TlsTransport
from rtproxy.legs.transport import SocketTransport, StreamTransport, Transport


def memory_transport() -> tuple[Transport, trio.StapledStream]:
    """A transport in memory, and the peer's end of it."""
    ours, theirs = trio.testing.memory_stream_pair()
    return StreamTransport(ours), theirs


def socket_transport() -> tuple[SocketTransport, trio.SocketStream]:
    """A transport on a TCP connection over loopback, and the peer's end of it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        theirs = socket.create_connection(listening.getsockname())
        ours, _ = listening.accept()
    theirs.setblocking(False)
    return SocketTransport(ours), trio.SocketStream(trio.socket.from_stdlib_socket(theirs))


def tls_transport() -> tuple[Transport, trio.SSLStream[trio.SocketStream]]:
    """A transport on TLS over loopback, and the peer's end; they shake hands when first used."""
    ours, stream = socket_transport()
    theirs = trio.SSLStream(
        stream, authority().their_client(), server_hostname="localhost", https_compatible=True
    )
    return TlsTransport(ours, authority().our_server().accept()), theirs


@asynccontextmanager
async def dripping(stream: trio.abc.SendStream, data: bytes, every_s: float) -> AsyncIterator[None]:
    """Send `data` byte by byte as long as the block runs, or until the peer has had enough."""

    async def drip() -> None:
        try:
            for byte in data:
                await stream.send_all(bytes([byte]))
                await trio.sleep(every_s)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass

    async with trio.open_nursery() as nursery:
        nursery.start_soon(drip)
        yield
        nursery.cancel_scope.cancel()


async def all_of(stream: trio.abc.ReceiveStream) -> bytes:
    """What comes until the peer closes; a reset is also an end."""
    data = b""
    try:
        async for piece in stream:
            data += piece
    except trio.BrokenResourceError:
        pass
    return data
