"""The far end of one leg, for tests: builds frames by hand, reads them with wsproto.

Owns frames on the wire as the peer of a leg writes and sees them. Must not know
what a splice is. Writing by hand gives fixed masks (failures repeat) and frames
that a well-behaved library would not send; reading with wsproto makes every test
also a test against an independent codec (RFC 6455).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Event, Ping, Pong, TextMessage
from wsproto.utilities import RemoteProtocolError

MASK = b"\x5a\x00\xff\x21"


class Opcode(IntEnum):
    """RFC 6455 section 5.2."""

    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


def frame(opcode: int, payload: bytes, *, masked: bool, fin: bool = True) -> bytes:
    """One frame, with the shortest length form."""
    first = opcode | (0x80 if fin else 0)
    flag = 0x80 if masked else 0
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", first, flag | size)
    elif size < 65_536:
        head = struct.pack("!BBH", first, flag | 126, size)
    else:
        head = struct.pack("!BBQ", first, flag | 127, size)
    return head + (MASK + _mask(payload) if masked else payload)


def _mask(payload: bytes) -> bytes:
    key = int.from_bytes(MASK * (len(payload) // 4 + 1), "big")
    padded = payload + bytes(4 * (len(payload) // 4 + 1) - len(payload))
    return (int.from_bytes(padded, "big") ^ key).to_bytes(len(padded), "big")[: len(payload)]


@dataclass(frozen=True)
class Heard:
    """One thing that came out of a byte stream: a whole message or a control frame."""

    opcode: Opcode
    payload: bytes
    code: int = 0

    def __str__(self) -> str:
        """Short enough for the report of a long schedule."""
        return f"{self.opcode.name} {self.payload[:60]!r} of {len(self.payload)} {self.code}"


@dataclass(frozen=True)
class Broken:
    """The stream broke the protocol; the close code that says so."""

    code: int


class Reader:
    """Bytes of one direction in, whole messages and control frames out."""

    def __init__(self, *, masked: bool, max_message_bytes: int | None = None) -> None:
        role = ConnectionType.SERVER if masked else ConnectionType.CLIENT
        self._connection = Connection(role)
        self._max_message_bytes = max_message_bytes
        self._pieces: list[bytes | bytearray] = []
        self._over = False

    def read(self, data: bytes) -> list[Heard | Broken]:
        """What is whole now; nothing comes after a close or a broken frame."""
        if self._over or not data:
            return []
        heard: list[Heard | Broken] = []
        try:
            self._connection.receive_data(data)
            for event in self._connection.events():
                heard += self._event(event)
        except RemoteProtocolError:
            heard.append(Broken(1002))
        self._over = any(isinstance(one, Broken) or one.opcode is Opcode.CLOSE for one in heard)
        return heard

    def _event(self, event: Event) -> list[Heard | Broken]:
        if isinstance(event, (TextMessage, BytesMessage)):
            return self._piece(event)
        if isinstance(event, Ping):
            return [Heard(Opcode.PING, bytes(event.payload))]
        if isinstance(event, Pong):
            return [Heard(Opcode.PONG, bytes(event.payload))]
        assert isinstance(event, CloseConnection)
        if self._connection.state is ConnectionState.OPEN:
            return [Broken(int(event.code))]  # wsproto's word for a frame it refuses
        return [Heard(Opcode.CLOSE, (event.reason or "").encode(), int(event.code))]

    def _piece(self, event: TextMessage | BytesMessage) -> list[Heard | Broken]:
        text = isinstance(event.data, str)
        self._pieces.append(event.data.encode() if isinstance(event.data, str) else event.data)
        if self._max_message_bytes is not None and sum(map(len, self._pieces)) > (
            self._max_message_bytes
        ):
            return [Broken(1009)]
        if not event.message_finished:
            return []
        payload, self._pieces = b"".join(self._pieces), []
        return [Heard(Opcode.TEXT if text else Opcode.BINARY, payload)]


class Peer:
    """The other end of a leg: a client masks what it sends, an upstream does not."""

    def __init__(self, *, masks: bool) -> None:
        self.masks = masks
        self._reader = Reader(masked=not masks)

    def text(self, payload: bytes) -> bytes:
        return frame(Opcode.TEXT, payload, masked=self.masks)

    def binary(self, payload: bytes) -> bytes:
        return frame(Opcode.BINARY, payload, masked=self.masks)

    def fragments(self, *pieces: bytes, between: bytes = b"") -> bytes:
        """One text message in several frames, with the bytes `between` between them."""
        last = len(pieces) - 1
        return between.join(
            frame(
                Opcode.CONTINUATION if i else Opcode.TEXT, piece, masked=self.masks, fin=i == last
            )
            for i, piece in enumerate(pieces)
        )

    def ping(self, payload: bytes = b"") -> bytes:
        return frame(Opcode.PING, payload, masked=self.masks)

    def pong(self, payload: bytes = b"") -> bytes:
        return frame(Opcode.PONG, payload, masked=self.masks)

    def close(self, code: int = 1000, reason: str = "") -> bytes:
        payload = struct.pack("!H", code) + reason.encode()
        return frame(Opcode.CLOSE, payload, masked=self.masks)

    def read(self, data: bytes) -> list[Heard]:
        """What the leg has sent; a broken frame from the leg fails the test."""
        heard = self._reader.read(data)
        assert not any(isinstance(one, Broken) for one in heard), heard
        return [one for one in heard if isinstance(one, Heard)]
