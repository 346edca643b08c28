"""What a leg stands on: a two-way stream of bytes, and how it ends.

Owns reading, writing and closing of one connection. Must not know frames, HTTP
or sessions.

Two kinds, and TLS on the first (`tls_transport.py`). `SocketTransport` has the
socket to itself and can write without waiting: the task that read one leg's bytes
writes the other leg's at once, and no second task has to be woken (a wake costs
more than everything else that the proxy does with a chunk). `StreamTransport`
stands on any Trio stream (memory) and can only write by awaiting; for it
`send_now` takes nothing.

A `SocketTransport` can also give its socket away (`detach`). One side owns a socket
at any time, closes it exactly once, and there is never a second descriptor for it.

Failures are Trio's own: BrokenResourceError where the connection is gone,
ClosedResourceError where it was closed on this side. One task reads, one writes.
"""

from __future__ import annotations

import errno
import socket
import struct
from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import dataclass

import trio

READ_BYTES = 64 * 1024
Address = tuple[str, int]

# What reading and writing raise once the connection cannot be used any more.
LOST = (trio.BrokenResourceError, trio.ClosedResourceError)

# What a process or machine that can have no more sockets is told.
EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: on, 0 s


class Transport(ABC):
    """A connected byte stream."""

    @property
    @abstractmethod
    def closed(self) -> bool:
        """Whether it was closed on this side."""

    @abstractmethod
    async def read(self, max_bytes: int = READ_BYTES) -> bytes:
        """The next bytes; b"" at the end of the stream."""

    @abstractmethod
    def send_now(self, data: bytes | memoryview) -> int:
        """Write what can be written without waiting; how many bytes that was."""

    @abstractmethod
    async def send_all(self, data: bytes) -> None:
        """Write everything. If this is cancelled, the stream must be closed by force."""

    @abstractmethod
    async def end_writing(self) -> None:
        """Tell the peer that nothing more will come; it may go on sending."""

    @abstractmethod
    def abort(self) -> None:
        """Close at once, by force: what has not been sent is lost."""

    @abstractmethod
    async def aclose(self) -> None:
        """Close without waiting for the peer; never blocks."""

    @abstractmethod
    def addresses(self) -> tuple[Address, Address]:
        """(the peer's, our own); ("", 0) where the stream has none."""

    @abstractmethod
    def limit_send_buffer(self, size_bytes: int) -> None:
        """Bound what the kernel holds back for a slow reader, where there is a kernel."""

    def detach(self) -> int:
        """Give the socket's descriptor away: the caller closes it, and this is closed.

        Raises ClosedResourceError where it was closed before, and ValueError, with
        nothing changed, where bytes pass through more than a socket.
        """
        raise ValueError("there is more to this transport than a socket")


class SocketTransport(Transport):
    """A TCP socket of our own, driven without Trio's socket object.

    Takes ownership of `connection`, makes it non-blocking and switches Nagle off.
    `caller` is what accept(2) says of where the peer is: one that called speaks first,
    and its first words are mostly there already.
    """

    def __init__(self, connection: socket.socket, *, caller: object = None) -> None:
        connection.setblocking(False)  # noqa: FBT003 - the stdlib's own signature
        with suppress(OSError):  # not TCP: a Unix socket pair in a test
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = connection
        self._closed = False
        self._caller = None if caller is None else _address(caller)
        self._look_first = caller is not None
        self._watched = False  # Trio's epoll knows the socket

    @property
    def closed(self) -> bool:
        """Whether it was closed on this side."""
        return self._closed

    async def read(self, max_bytes: int = READ_BYTES) -> bytes:
        """Wait until there is something, then take it.

        Waiting comes first because nearly always nothing is there: a useless
        system call per chunk costs more than the rare turn it would save. Only a
        caller's first words are looked for at once.
        """
        if self._look_first and not self._closed:
            self._look_first = False
            await trio.lowlevel.checkpoint_if_cancelled()
            if (data := self.receive_now(max_bytes)) is not None:
                return data
        while not self._closed:
            self._watched = True
            await trio.lowlevel.wait_readable(self._socket)
            try:
                return self._socket.recv(max_bytes)
            except BlockingIOError:
                continue  # woken for nothing
            except OSError as error:
                raise _broken(error) from error
        raise _closed_here()

    def fileno(self) -> int:
        """The socket's descriptor, for whoever waits for many at once."""
        self._watched = True
        return self._socket.fileno()

    def receive_now(self, max_bytes: int = READ_BYTES) -> bytes | None:
        """What is there now, b"" at the end of the stream; None where nothing is."""
        try:
            return self._socket.recv(max_bytes)
        except BlockingIOError:
            return None
        except OSError as error:
            raise _broken(error) from error

    def send_now(self, data: bytes | memoryview) -> int:
        """Write what the kernel takes now."""
        try:
            return self._socket.send(data)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise _broken(error) from error

    async def send_all(self, data: bytes) -> None:
        """Write everything as fast as the kernel takes it.

        Writing comes first because nearly always there is room; what went out at once
        is not told as cancelled afterwards.
        """
        await trio.lowlevel.checkpoint_if_cancelled()
        rest = memoryview(data)[self._send_open(data) :]
        if not rest:
            await trio.lowlevel.cancel_shielded_checkpoint()
        while rest:
            await self.wait_writable()
            rest = rest[self._send_open(rest) :]

    def _send_open(self, data: bytes | memoryview) -> int:
        if self._closed:
            raise _closed_here()
        return self.send_now(data)

    async def wait_writable(self) -> None:
        """Return when the kernel takes more."""
        if self._closed:
            raise _closed_here()
        self._watched = True
        await trio.lowlevel.wait_writable(self._socket)

    async def end_writing(self) -> None:
        """Send FIN."""
        await trio.lowlevel.checkpoint()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def abort(self) -> None:
        """Send RST."""
        if not self._closed:
            _reset_on_close(self._socket)
            self._close()

    async def aclose(self) -> None:
        """Close; what is in the kernel's buffer still goes out."""
        self.shut()

    def shut(self) -> None:
        """Close now; what is in the kernel's buffer still goes out."""
        if not self._closed:
            self._close()

    def detach(self) -> int:
        """Give the descriptor away; whoever still waits for it here is told that it is closed."""
        if self._closed:
            raise _closed_here()
        self._end_watch()
        return self._socket.detach()

    def addresses(self) -> tuple[Address, Address]:
        """Where the peer and we are, as long as we are connected; a caller for ever."""
        peer, own = _addresses(self._socket)
        return self._caller or peer, own

    def limit_send_buffer(self, size_bytes: int) -> None:
        """Set SO_SNDBUF (Linux doubles it, to account for its own bookkeeping)."""
        with suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size_bytes)

    def _close(self) -> None:
        self._end_watch()
        self._socket.close()

    def _end_watch(self) -> None:
        self._closed = True
        if self._watched:
            trio.lowlevel.notify_closing(self._socket)


class StreamTransport(Transport):
    """Any Trio stream."""

    def __init__(self, stream: trio.abc.Stream) -> None:
        self._stream = stream
        self._closed = False
        self._inner = _inner_socket(stream)

    @property
    def closed(self) -> bool:
        """Whether it was closed on this side."""
        return self._closed

    async def read(self, max_bytes: int = READ_BYTES) -> bytes:
        """The stream's next bytes."""
        self._check_open()
        return bytes(await self._stream.receive_some(max_bytes))

    def send_now(self, data: bytes | memoryview) -> int:
        """Nothing: a stream can only be written by awaiting."""
        self._check_open()
        return 0

    async def send_all(self, data: bytes) -> None:
        """Write everything."""
        self._check_open()
        await self._stream.send_all(data)

    async def end_writing(self) -> None:
        """Half-close, where the stream can."""
        await trio.lowlevel.checkpoint()
        if isinstance(self._stream, trio.abc.HalfCloseableStream):
            with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
                await self._stream.send_eof()

    def abort(self) -> None:
        """Close the socket below, if there is one; the stream itself goes at `aclose`."""
        self._closed = True
        if self._inner is not None:
            _reset_on_close(self._inner)
            self._inner.close()

    async def aclose(self) -> None:
        """Close without a farewell: WebSocket and HTTP have said theirs above."""
        self._closed = True
        await trio.aclose_forcefully(self._stream)

    def addresses(self) -> tuple[Address, Address]:
        """Of the socket below, if there is one."""
        return (("", 0), ("", 0)) if self._inner is None else _addresses(self._inner)

    def limit_send_buffer(self, size_bytes: int) -> None:
        """Set SO_SNDBUF of the socket below, if there is one."""
        if self._inner is not None:
            with suppress(OSError):
                self._inner.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size_bytes)

    def _check_open(self) -> None:
        if self._closed:
            raise _closed_here()


@dataclass(frozen=True, slots=True)
class Connection:
    """A transport on which the WebSocket handshake is done.

    `leftover` are bytes of frames that came with the handshake. Who has the
    connection closes it.
    """

    transport: Transport
    leftover: bytes = b""
    subprotocol: str | None = None


def _broken(error: OSError) -> trio.BrokenResourceError:
    return trio.BrokenResourceError(f"the connection broke: {error}")


def _closed_here() -> trio.ClosedResourceError:
    return trio.ClosedResourceError("the connection was closed on this side")


def _reset_on_close(connection: socket.socket | trio.socket.SocketType) -> None:
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)


def _inner_socket(stream: trio.abc.Stream) -> trio.socket.SocketType | None:
    return stream.socket if isinstance(stream, trio.SocketStream) else None


def _addresses(connection: socket.socket | trio.socket.SocketType) -> tuple[Address, Address]:
    try:
        peer, own = connection.getpeername(), connection.getsockname()
    except OSError:  # already gone
        return ("", 0), ("", 0)
    return _address(peer), _address(own)


def _address(name: object) -> Address:
    match name:
        case (str() as host, int() as port, *_):
            return host, port
        case _:
            return "", 0
