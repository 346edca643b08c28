"""The first request of a connection: an upgrade for the simulator's WebSocket, or REST.

Owns the reading of that request, and the answer where it is REST. What was read of an
upgrade is read once more by the WebSocket's own implementation. Must not know what is
answered (`desk.py`).
"""

from __future__ import annotations

import time

import trio

from rtproxy.legs.farewell import wind_down
from rtproxy.legs.handshake import wants_websocket
from rtproxy.legs.http1 import RequestHead, RequestReader, RequestRefused, error_body
from rtproxy.legs.transport import StreamTransport
from rtproxy.simulator.desk import Desk, RestRequest

_BODY_MAX_BYTES = 1024 * 1024
_WIND_DOWN_S = 1.0


class ReplayedStream(trio.abc.Stream):
    """A stream of which a part was read before: that part comes first."""

    def __init__(self, stream: trio.SocketStream, seen: bytes) -> None:
        self.socket = stream.socket  # who the peer is, for whoever looks
        self._stream = stream
        self._seen = seen

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """What was seen, then what comes."""
        if not self._seen:
            return await self._stream.receive_some(max_bytes)
        await trio.lowlevel.checkpoint()
        end = len(self._seen) if max_bytes is None else max_bytes
        data, self._seen = self._seen[:end], self._seen[end:]
        return data

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Write everything."""
        await self._stream.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        """Wait until a write may go on."""
        await self._stream.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        """Close the stream below."""
        await self._stream.aclose()


async def open_door(stream: trio.SocketStream, desk: Desk) -> ReplayedStream | None:
    """The stream of an upgrade; None where it was something else, which is answered."""
    reader, seen = RequestReader(), b""
    transport = StreamTransport(stream)
    try:
        head = None
        while head is None:
            data = await stream.receive_some(reader.room_bytes)
            if not data:
                return None
            seen += data
            head = reader.feed(data)
        if wants_websocket(head):
            return ReplayedStream(stream, seen)
        await transport.send_all(await _answer(transport, reader, head, desk))
    except RequestRefused as refused:
        body, headers = error_body(refused.status, str(refused))
        await transport.send_all(reader.respond(refused.status, body, headers))
    await wind_down(transport, within_s=_WIND_DOWN_S)
    return None


async def _answer(
    transport: StreamTransport, reader: RequestReader, head: RequestHead, desk: Desk
) -> bytes:
    body = await _body(transport, reader)
    request = RestRequest(head.method, head.path, dict(head.headers), body)
    answer = desk.answer(request, time.time())
    return reader.respond(answer.status, answer.body, answer.headers)


async def _body(transport: StreamTransport, reader: RequestReader) -> bytes:
    body = b""
    while (piece := reader.next_body()) != b"":
        if piece is None:
            reader.feed_body(await transport.read())
            continue
        body += piece
        if len(body) > _BODY_MAX_BYTES:
            raise RequestRefused(413, f"The body is too large: {_BODY_MAX_BYTES} bytes at most.")
    return body
