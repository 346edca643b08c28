"""What the tests of legs share: transports in memory and on loopback, and an application."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio
import trio.testing
from quart import request
from quart_trio import QuartTrio

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


@pytest.fixture
def application() -> QuartTrio:
    """Routes that show what a request looked like, and some that misbehave."""
    app = QuartTrio("tests")

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/echo")
    async def echo() -> bytes:
        body: bytes = await request.get_data()
        return body

    @app.route("/headers", methods=["GET", "POST"])
    async def headers() -> dict[str, str]:
        return {name.lower(): value for name, value in request.headers.items()}

    @app.get("/scheme")
    async def scheme() -> dict[str, str]:
        return {"scheme": request.scheme, "peer": request.remote_addr or ""}

    @app.get("/large")
    async def large() -> bytes:
        return b"x" * 32_000_000

    @app.get("/never")
    async def never() -> str:
        await trio.sleep_forever()

    return app
