"""Those who are in the room: one who speaks, many who read, some who never do.

Owns their connections. All stand behind one descriptor, for a thousand tasks would cost
more than what is measured. Must not know what is said.
"""

from __future__ import annotations

import base64
import json
import secrets
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import trio

from benches.rooms.tally import Tally
from rtproxy.legs.connector import dial
from rtproxy.legs.lean_leg import LeanLeg, LeanLegs
from rtproxy.legs.transport import SocketTransport
from rtproxy.model.close import DONE, CloseReason

CHUNK_S = 0.04
_CHUNK = json.dumps({"type": "audio", "audio": base64.b64encode(bytes(1_280)).decode()}).encode()
_DIALS_AT_ONCE = 16
# A message that is answered with as much: what never reads its answers is soon full.
_PING = json.dumps({"type": "ping", "event_id": "x" * 8_000}).encode()
_PINGS = 8
_LEAST_BUFFER = 1  # the kernel makes the least of it that it knows


class Reader:
    """One who reads along; `first` is set by the first message."""

    def __init__(self, tally: Tally) -> None:
        self.first = trio.Event()
        self.ended_by: CloseReason | None = None
        self._tally = tally

    def receive(self, payload: bytes, *, text: bool, at_ns: int) -> None:
        """Something was told."""
        del text
        self.first.set()
        self._tally.hear(payload, at_ns)

    def ended(self, reason: CloseReason) -> None:
        """The connection is over."""
        self.ended_by = reason
        self.first.set()


class Room:
    """One room of a proxy on this machine, as its members see it."""

    def __init__(self, port: int, legs: LeanLegs, tally: Tally) -> None:
        """`legs` are served by whoever made them."""
        self._url = f"ws://127.0.0.1:{port}/ws/rooms/hall"
        self._legs = legs
        self._tally = tally
        self.readers: list[Reader] = []

    async def _dial(self, query: str) -> tuple[SocketTransport, bytes]:
        connection = await dial(f"{self._url}?{query}", dial_s=30)
        assert isinstance(connection.transport, SocketTransport)
        return connection.transport, connection.leftover

    async def _join(self, query: str) -> tuple[LeanLeg, Reader]:
        transport, leftover = await self._dial(query)
        leg = LeanLeg(
            self._legs, transport, seed=secrets.token_bytes(32), max_message_bytes=1 << 20
        )
        reader = Reader(self._tally)
        leg.start(reader, leftover)
        await reader.first.wait()
        return leg, reader

    async def read_along(self, languages: Sequence[str]) -> None:
        """So many listeners come in; return when each was told that it is here."""
        gate = trio.CapacityLimiter(_DIALS_AT_ONCE)

        async def come(language: str) -> None:
            async with gate:
                _, reader = await self._join(f"role=listener&language={language}")
            self.readers.append(reader)
            self._tally.readers[language] += 1

        async with trio.open_nursery() as nursery:
            for language in languages:
                nursery.start_soon(come, language)

    async def speak(self, language: str) -> None:
        """Say something 25 times a second, until cancelled."""
        leg, _ = await self._join(f"role=speaker&language={language}")
        self._tally.readers[language] += 1  # it reads what it says
        began, said = trio.current_time(), 0
        try:
            while True:
                leg.send(_CHUNK)
                said += 1
                await trio.sleep_until(began + said * CHUNK_S)
        finally:
            leg.close(DONE)

    @asynccontextmanager
    async def never_reading(self, languages: Sequence[str]) -> AsyncIterator[None]:
        """So many more for the time of the block: they ask much, and read nothing."""
        sockets: list[socket.socket] = []
        try:
            for language in languages:
                transport, _ = await self._dial(f"role=listener&language={language}")
                deaf = socket.socket(fileno=transport.detach())
                sockets.append(deaf)
                deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _LEAST_BUFFER)
                deaf.sendall(_masked(_PING) * _PINGS)
                await trio.lowlevel.checkpoint()
            yield
        finally:
            for deaf in sockets:
                deaf.close()


def _masked(payload: bytes) -> bytes:
    """A text frame of a client; the mask is 0."""
    return b"\x81\xfe" + len(payload).to_bytes(2, "big") + bytes(4) + payload
