"""A frontend for the tests, on wsproto and a Trio stream: all that RFC 6455 allows, and more.

Owns one client WebSocket. It reads in a task of its own, so that pings are
answered and arrival times are true, and keeps what came until a test asks.
"""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import trio
from wsproto import ConnectionType, WSConnection
from wsproto.connection import ConnectionState
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Message,
    Ping,
    RejectConnection,
    RejectData,
    Request,
    TextMessage,
)
from wsproto.utilities import RemoteProtocolError

WAIT_S = 30.0
CLOSE_S = 2.0
Headers = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message, when it came, and whether it was text.

    `envelope`: the key under which it has its fields, where not at its top.
    """

    at: float
    data: str | bytes
    envelope: str | None = None

    @property
    def event(self) -> dict[str, Any]:
        """The message as JSON, its fields at the top."""
        parsed: dict[str, Any] = json.loads(self.data)
        if self.envelope is None:
            return parsed
        assert set(parsed) == {"type", self.envelope}, parsed
        return {"type": parsed["type"], **parsed[self.envelope]}


class Closed(Exception):
    """No more messages will come: the close code (1006 if the socket just went)."""

    def __init__(self, code: int, reason: str) -> None:
        """Keep what the close frame said."""
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason


class Refused(Exception):
    """The upgrade was answered by a plain HTTP response."""

    def __init__(self, status: int, body: bytes) -> None:
        """Keep what it said."""
        super().__init__(f"{status} {body[:200]!r}")
        self.status = status
        self.body = body


class Peer:
    """One WebSocket to the proxy."""

    def __init__(self, stream: trio.abc.Stream, wire: WSConnection) -> None:
        """On an open stream with the handshake under way; use `connect`."""
        self.stream = stream
        self._wire = wire
        self._send, self._arrivals = trio.open_memory_channel[Arrival](math.inf)
        self._sending = trio.Lock()
        self._closed = Closed(1006, "")
        self._parts: list[str] | list[bytes] = []
        self.envelope: str | None = None
        self.extensions: list[Any] = []

    @classmethod
    async def connect(
        cls,
        nursery: trio.Nursery,
        port: int,
        path: str,
        headers: Headers = (),
        subprotocols: Sequence[str] = (),
    ) -> Peer:
        """Open a WebSocket; Refused where the answer is not 101."""
        stream = await trio.open_tcp_stream("127.0.0.1", port)
        wire = WSConnection(ConnectionType.CLIENT)
        peer = cls(stream, wire)
        request = Request(
            host=f"127.0.0.1:{port}",
            target=path,
            extra_headers=list(headers),
            subprotocols=list(subprotocols),
        )
        try:
            await stream.send_all(wire.send(request))
            with trio.fail_after(WAIT_S):
                rest = await peer._handshake()
        except BaseException:
            await trio.aclose_forcefully(stream)
            raise
        nursery.start_soon(peer._read, rest)
        return peer

    async def _handshake(self) -> deque[Event]:
        refusal: RejectConnection | None = None
        body = b""
        while True:
            self._wire.receive_data(bytes(await self.stream.receive_some()) or None)
            events = deque(self._wire.events())
            while events:
                event = events.popleft()
                if isinstance(event, AcceptConnection):
                    self.extensions = list(event.extensions)
                    return events
                if isinstance(event, RejectConnection):
                    refusal = event
                elif isinstance(event, RejectData):
                    body += event.data
                if refusal and (not refusal.has_body or getattr(event, "body_finished", False)):
                    raise Refused(refusal.status_code, body)

    async def _read(self, events: deque[Event]) -> None:
        try:
            with suppress(trio.BrokenResourceError, trio.ClosedResourceError, RemoteProtocolError):
                await self._read_messages(events)
        finally:
            self._send.close()
            await trio.aclose_forcefully(self.stream)

    async def _read_messages(self, events: deque[Event]) -> None:
        while True:
            for event in events:
                if not await self._take(event):
                    return
            data = bytes(await self.stream.receive_some())
            self._wire.receive_data(data or None)
            events = deque(self._wire.events())

    async def _take(self, event: Event) -> bool:
        if isinstance(event, TextMessage | BytesMessage):
            self._parts.append(event.data)  # type: ignore[arg-type] # one kind within a message
            if event.message_finished:
                whole = (b"" if isinstance(event, BytesMessage) else "").join(self._parts)  # type: ignore[arg-type] # as above
                self._parts = []
                self._send.send_nowait(Arrival(trio.current_time(), whole, self.envelope))
        elif isinstance(event, Ping) and self._wire.state is ConnectionState.OPEN:
            await self.send_raw(self._wire.send(event.response()))
        elif isinstance(event, CloseConnection):
            self._closed = Closed(event.code, event.reason or "")
            await self._return_close(event)
            return False
        return True

    async def _return_close(self, event: CloseConnection) -> None:
        """Answer a close frame unless ours came first, and let the server end the TCP side."""
        if self._wire.state is ConnectionState.REMOTE_CLOSING:
            await self.send_raw(self._wire.send(event.response()))
        with trio.move_on_after(CLOSE_S):
            while await self.stream.receive_some():
                pass

    async def send(self, message: dict[str, Any] | str | bytes) -> None:
        """Send one message; a dict as JSON."""
        data = json.dumps(self._enclosed(message)) if isinstance(message, dict) else message
        framed = Message[bytes](data) if isinstance(data, bytes) else Message[str](data)
        await self.send_raw(self._wire.send(framed))

    def _enclosed(self, message: dict[str, Any]) -> dict[str, Any]:
        if self.envelope is None:
            return message
        fields = {key: value for key, value in message.items() if key != "type"}
        return {"type": message["type"], self.envelope: fields}

    async def send_raw(self, data: bytes) -> None:
        """Send bytes that may be no WebSocket at all."""
        async with self._sending:  # the reader answers pings meanwhile
            await self.stream.send_all(data)

    async def arrival(self, wait_s: float = WAIT_S) -> Arrival:
        """The next message; raises Closed when there will be none."""
        with trio.fail_after(wait_s):
            try:
                return await self._arrivals.receive()
            except trio.EndOfChannel:
                raise self._closed from None

    async def receive(self, wait_s: float = WAIT_S) -> dict[str, Any]:
        """The next message as JSON."""
        return (await self.arrival(wait_s)).event

    async def until(self, *types: str, wait_s: float = WAIT_S) -> list[dict[str, Any]]:
        """All messages up to and with the first of one of these types."""
        seen = []
        with trio.fail_after(wait_s):
            while True:
                event = await self.receive(wait_s)
                seen.append(event)
                if event["type"] in types:
                    return seen

    async def next(self, type_name: str, wait_s: float = WAIT_S) -> dict[str, Any]:
        """The next message of this type; those before it are passed over."""
        return (await self.until(type_name, wait_s=wait_s))[-1]

    async def closed(self, wait_s: float = WAIT_S) -> Closed:
        """How it ends; messages before that are passed over."""
        with trio.fail_after(wait_s):
            while True:
                try:
                    await self.arrival(wait_s)
                except Closed as closed:
                    return closed

    async def quiet(self, for_s: float) -> list[dict[str, Any]]:
        """What comes within `for_s`, or until the end."""
        seen = []
        with trio.move_on_after(for_s), suppress(trio.EndOfChannel):
            while True:
                seen.append((await self._arrivals.receive()).event)
        return seen

    async def aclose(self, code: int = 1000) -> None:
        """Close with a handshake, and wait for the proxy's part of it."""
        await self.send_raw(self._wire.send(CloseConnection(code=code)))
        await self.closed()

    def reset(self) -> None:
        """Go away by RST, as a crashed machine's peer sees it."""
        assert isinstance(self.stream, trio.SocketStream)
        sock = self.stream.socket
        sock.setsockopt(trio.socket.SOL_SOCKET, trio.socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        sock.close()
