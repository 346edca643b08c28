"""Just enough of RFC 6455 for the two ends of the benchmark, written to be lean.

Owns the frame codec, both opening handshakes and a socket that never waits to
write. Both ends are ours and the relays between them send whole messages in one
frame, so a fragmented message is an error here, not a feature.
"""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import struct
from collections.abc import Iterator

import numpy as np
import trio

TEXT = 0x1
CLOSE = 0x8
PING = 0x9
PONG = 0xA

ACCEPT_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3
READ_BYTES = 65_536
HEAD_BYTES = 16_384
BACKLOG_BYTES = 8 * 1024 * 1024


class RelayError(Exception):
    """The relay under test broke a rule, so there is nothing to measure."""


def xor(data: bytes, mask: bytes) -> bytes:
    """`data` under the four bytes of `mask`, whose first byte meets the first."""
    padded = data + bytes(-len(data) % 4)
    masked: bytes = (np.frombuffer(padded, "<u4") ^ np.frombuffer(mask, "<u4")).tobytes()
    return masked[: len(data)]


def header(opcode: int, length: int, mask: bytes = b"") -> bytes:
    """The header of a frame that is a whole message."""
    first = 0x80 | opcode
    masked = 0x80 if mask else 0
    if length < 126:
        return bytes((first, masked | length)) + mask
    if length < 65_536:
        return struct.pack(">BBH", first, masked | 126, length) + mask
    return struct.pack(">BBQ", first, masked | 127, length) + mask


def frame(opcode: int, payload: bytes, mask: bytes = b"") -> bytes:
    """One whole message as one frame."""
    return header(opcode, len(payload), mask) + (xor(payload, mask) if mask else payload)


def _parse(data: bytes, at: int) -> tuple[int, bytes, int] | None:
    """The frame at `at` as (opcode, payload, where the next begins), if it is all there."""
    if len(data) - at < 2:
        return None
    first, second = data[at], data[at + 1]
    length, body = second & 0x7F, at + 2
    if length >= 126:
        wide = ">H" if length == 126 else ">Q"
        body += struct.calcsize(wide)
        if len(data) < body:
            return None
        (length,) = struct.unpack_from(wide, data, at + 2)
    mask = data[body : body + 4] if second & 0x80 else b""
    body += len(mask)
    end = body + length
    if len(data) < end or (second & 0x80 and len(mask) < 4):
        return None
    if not first & 0x80 or not first & 0xF:
        raise RelayError("a message came in fragments; these ends take whole ones only")
    payload = data[body:end]
    return first & 0xF, xor(payload, mask) if mask else payload, end


class Frames:
    """Bytes in, whole frames out."""

    def __init__(self, rest: bytes = b"") -> None:
        """Start with what came behind the handshake."""
        self._rest = rest

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """The frames that are complete now, as (opcode, payload)."""
        if self._rest:
            data = self._rest + data
        at = 0
        while (found := _parse(data, at)) is not None:
            opcode, payload, at = found
            yield opcode, payload
        self._rest = data[at:]


class Socket:
    """A connected socket: reading waits, writing never does.

    What the kernel does not take at once is kept and goes out before the next
    write, so that one slow session cannot hold up the clock of the others.
    """

    def __init__(self, sock: socket.socket) -> None:
        """Take over a connected socket."""
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sock = sock
        self._backlog = b""

    async def read(self) -> bytes:
        """The next bytes; b"" at the end of the stream. Raises RelayError on a reset."""
        while True:
            await trio.lowlevel.wait_readable(self._sock)
            try:
                return self._sock.recv(READ_BYTES)
            except BlockingIOError:
                continue
            except OSError as error:
                raise RelayError(f"the connection broke: {error}") from error

    def write(self, data: bytes | bytearray) -> None:
        """Write now, or keep it. Raises RelayError when the peer does not read or is gone."""
        whole = self._backlog + data if self._backlog else data
        try:
            sent = self._sock.send(whole)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            raise RelayError(f"the connection broke: {error}") from error
        self._backlog = b"" if sent == len(whole) else bytes(whole[sent:])
        if len(self._backlog) > BACKLOG_BYTES:
            raise RelayError("the relay does not read what it is sent")

    async def read_head(self) -> tuple[bytes, bytes]:
        """An HTTP head, and what came behind it."""
        data = b""
        while b"\r\n\r\n" not in data:
            chunk = await self.read()
            data += chunk
            if not chunk or len(data) > HEAD_BYTES:
                raise RelayError(f"no HTTP head came, only {data[:80]!r}")
        head, _, rest = data.partition(b"\r\n\r\n")
        return head, rest

    def close(self) -> None:
        """Let the socket go."""
        self._sock.close()


def _accept_key(key: bytes) -> bytes:
    return base64.b64encode(hashlib.sha1(key + ACCEPT_GUID).digest())


async def connect(host: str, port: int, path: str) -> tuple[Socket, Frames]:
    """Open a WebSocket as a client."""
    sock = socket.socket()
    sock.setblocking(False)
    try:
        sock.connect((host, port))
    except BlockingIOError:
        await trio.lowlevel.wait_writable(sock)
    link = Socket(sock)
    key = base64.b64encode(os.urandom(16))
    link.write(
        b"GET %s HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n\r\n"
        % (path.encode(), host.encode(), port, key)
    )
    head, rest = await link.read_head()
    if b" 101" not in head.split(b"\r\n")[0] or _accept_key(key) not in head:
        raise RelayError(f"the relay refused the WebSocket: {head!r} {rest[:200]!r}")
    return link, Frames(rest)


async def accept(link: Socket) -> Frames:
    """Answer a client's opening handshake."""
    head, rest = await link.read_head()
    fields = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(b":") for line in head.split(b"\r\n")[1:])
    }
    link.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: %s\r\n\r\n" % _accept_key(fields[b"sec-websocket-key"])
    )
    return Frames(rest)
