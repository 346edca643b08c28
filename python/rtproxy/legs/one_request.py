"""A connection as hypercorn may see it: one clean request, then nothing.

Owns the rewriting of a request for a server that must be protected from its
clients, and the deadlines of both directions. Must not know the application.

The head is written anew without what could change the protocol; the body is
parsed here and framed anew; behind its end nothing more is delivered, only the
end of the stream. A body that breaks its framing or drips is told by `refused`.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass

import h11
import trio

from rtproxy.legs.http1 import RequestHead, RequestReader, RequestRefused
from rtproxy.legs.transport import Address, Transport

# RFC 9110 section 7.6.1, and whatever asks for another protocol.
_NOT_HANDED_OVER = frozenset(
    {"connection", "upgrade", "http2-settings", "keep-alive", "proxy-connection", "te", "trailer"}
)


@dataclass(frozen=True, slots=True)
class Pace:
    """How slow a client may be.

    A body may take `body_grace_s` and then as long as `body_bytes_per_s` allows;
    only the time that is spent waiting for the client counts. Each write of the
    response must be taken within `send_s`. A client that ends its stream behind
    the request has finished asking, or has gone: the application has
    `half_closed_s` to answer before it is told that nobody is there.
    """

    body_grace_s: float = 5.0
    body_bytes_per_s: float = 1024.0
    send_s: float = 10.0
    half_closed_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Names:
    """Stands where hypercorn expects a socket that knows its addresses."""

    peer: Address
    own: Address
    family: int = socket.AF_INET  # hypercorn then takes the names as they are

    def getpeername(self) -> Address:
        """Where the client is."""
        return self.peer

    def getsockname(self) -> Address:
        """Where we are."""
        return self.own


class OneRequestStream:
    """The stream that hypercorn reads one request from, and writes one response to."""

    def __init__(
        self, transport: Transport, reader: RequestReader, head: RequestHead, pace: Pace
    ) -> None:
        self.socket = Names(*transport.addresses())
        self.refused: RequestRefused | None = None
        self.answered = False
        self.closed = False
        self._transport = transport
        self._reader = reader
        self._pace = pace
        self._forward = h11.Connection(h11.CLIENT)
        self._next_bytes = self._forward.send(_rewritten(head))
        self._body_ended = False
        self._received_bytes = 0
        self._waited_s = 0.0
        self._reading = trio.CancelScope()
        self._sending = trio.CancelScope()

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """The rewritten request piece by piece, then b"" once the client has gone.

        Raises BrokenResourceError where the body is refused (see `refused`).
        """
        self._reading = trio.CancelScope()
        with self._reading:
            return await self._receive()
        raise trio.ClosedResourceError("the response is complete")

    async def send_all(self, data: bytes) -> None:
        """Write a part of the response within its deadline, or close by force."""
        self.answered = self.answered or not data.startswith(b"HTTP/1.1 1")  # 100 is no answer
        sent = False
        try:
            with trio.move_on_after(self._pace.send_s) as self._sending:
                await self._transport.send_all(data)
                sent = True
        finally:
            if not sent:
                self.abort()
        if not sent:
            raise trio.BrokenResourceError("the client does not read the response")

    def abort(self) -> None:
        """Give the connection up, also under a write that is shielded from cancellation."""
        self._transport.abort()
        self._sending.cancel()
        self._reading.cancel()

    async def aclose(self) -> None:
        """The response is complete, or given up; the connection itself is closed above."""
        self.closed = True
        self._reading.cancel()
        await trio.lowlevel.checkpoint()

    async def _receive(self) -> bytes:
        try:
            while not self._next_bytes and not self._body_ended:
                self._next_bytes = await self._more_body()
        except RequestRefused as refused:
            self.refused = refused
            raise trio.BrokenResourceError(str(refused)) from refused
        if self._next_bytes:
            data, self._next_bytes = self._next_bytes, b""
            await trio.lowlevel.checkpoint()
            return data
        while await self._transport.read():
            pass  # whatever is behind the request is not looked at
        await trio.sleep(self._pace.half_closed_s)
        return b""

    async def _more_body(self) -> bytes:
        """The next bytes of the body in its new framing; b"" if there are none yet."""
        piece = self._reader.next_body()
        if piece is None:
            self._reader.feed_body(await self._read_in_time())
            return b""
        if piece:
            return self._forward.send(h11.Data(data=piece))
        self._body_ended = True
        return self._forward.send(h11.EndOfMessage())

    async def _read_in_time(self) -> bytes:
        allowed_s = self._pace.body_grace_s + self._received_bytes / self._pace.body_bytes_per_s
        started = trio.current_time()
        with trio.move_on_after(allowed_s - self._waited_s) as in_time:
            data = await self._transport.read()
        if in_time.cancelled_caught:
            raise RequestRefused(408, "The request body came too slowly. Send it faster.")
        self._waited_s += trio.current_time() - started
        self._received_bytes += len(data)
        return data


class OneTlsRequestStream(OneRequestStream):
    """The same for a connection that was encrypted: what hypercorn asks of an SSLStream."""

    @property
    def transport_stream(self) -> OneTlsRequestStream:
        """Where hypercorn looks for the socket below TLS."""
        return self

    async def do_handshake(self) -> None:
        """Done long ago."""
        await trio.lowlevel.checkpoint()

    def selected_alpn_protocol(self) -> str:
        """Nothing else is ever offered."""
        return "http/1.1"


def _rewritten(head: RequestHead) -> h11.Request:
    dropped = set(_NOT_HANDED_OVER)
    dropped.update(token.lower() for token in head.tokens("connection"))
    dropped -= {"host", "content-length", "transfer-encoding"}  # a client cannot talk these away
    if head.value("transfer-encoding") is not None:
        dropped.add("content-length")  # RFC 9112 section 6.3: the body is chunked
    headers = [(name, value) for name, value in head.headers if name not in dropped]
    if head.value("host") is None:
        headers.insert(0, ("host", ""))  # HTTP/1.0 may go without, HTTP/1.1 may not
    headers.append(("connection", "close"))
    return h11.Request(
        method=head.method,
        target=head.target,
        headers=[(name.encode("ascii"), value.encode("latin-1")) for name, value in headers],
    )
