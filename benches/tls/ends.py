"""The two kinds of TLS under one shape, in memory and on sockets.

Owns how each is driven: ours by `TlsSession`, the peer's by `ssl` with its BIOs, as
trio.SSLStream drives it. Must not know what is measured.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol

import trio
import trustme

from rtproxy._audio_core import TlsClient, TlsServer, TlsSession
from rtproxy.legs.tls_transport import TlsTransport, secure
from rtproxy.legs.transport import SocketTransport

HOST = "localhost"


class End(Protocol):
    """One end of a connection, without a socket."""

    def shake(self, ciphertext: bytes) -> bytes:
        """A step of the handshake: what came, and what is to be sent."""

    def seal(self, plaintext: bytes) -> bytes:
        """A message as it is sent."""

    def open(self, ciphertext: bytes) -> bytes:
        """A message as it was said."""


class OurEnd:
    """rustls, by our face."""

    def __init__(self, session: TlsSession) -> None:
        self._session = session

    def shake(self, ciphertext: bytes) -> bytes:
        """A step of the handshake."""
        if ciphertext:
            self._session.feed(ciphertext)
        return self._unsent()

    def seal(self, plaintext: bytes) -> bytes:
        """Encrypt."""
        self._session.write(plaintext)
        return self._unsent()

    def open(self, ciphertext: bytes) -> bytes:
        """Decrypt."""
        self._session.feed(ciphertext)
        return self._session.read(65_536)

    def _unsent(self) -> bytes:
        data = self._session.unsent()
        self._session.sent(len(data))
        return data


class TheirEnd:
    """OpenSSL, by the standard library's."""

    def __init__(self, context: ssl.SSLContext, *, serving: bool) -> None:
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._end = context.wrap_bio(
            self._in, self._out, server_side=serving, server_hostname=None if serving else HOST
        )

    def shake(self, ciphertext: bytes) -> bytes:
        """A step of the handshake."""
        self._in.write(ciphertext)
        with suppress(ssl.SSLWantReadError):
            self._end.do_handshake()
        return self._out.read()

    def seal(self, plaintext: bytes) -> bytes:
        """Encrypt."""
        self._end.write(plaintext)
        return self._out.read()

    def open(self, ciphertext: bytes) -> bytes:
        """Decrypt."""
        self._in.write(ciphertext)
        return self._end.read(65_536)


def shake_hands(client: End, server: End) -> tuple[float, float]:
    """Do the handshake whole; seconds that the client's end and the server's end took."""
    spent = [0.0, 0.0]
    flight, ends = b"", (client, server)
    for turn in range(6):
        start = time.perf_counter()
        flight = ends[turn % 2].shake(flight)
        spent[turn % 2] += time.perf_counter() - start
    return spent[0], spent[1]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of TLS: how each end is made, and two streams that are joined."""

    name: str
    server: Callable[[], End]
    client: Callable[[], End]
    joined: Callable[[], AbstractAsyncContextManager[tuple[Any, Any]]]


class Credentials:
    """One certificate (ECDSA, P-256) by one authority, for both kinds."""

    def __init__(self) -> None:
        authority = trustme.CA()
        issued = authority.issue_cert(HOST)
        chain = b"".join(pem.bytes() for pem in issued.cert_chain_pems)
        self.serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.dialling = ssl.create_default_context()
        issued.configure_cert(self.serving)
        authority.configure_trust(self.dialling)
        self.server = TlsServer(chain=chain, key=issued.private_key_pem.bytes())
        self.authority_pem = authority.cert_pem.bytes()

    @property
    def client(self) -> TlsClient:
        """A new one each time: it would remember, and the handshake not be whole."""
        return TlsClient(authorities=self.authority_pem)


def kinds(credentials: Credentials) -> tuple[Kind, Kind]:
    """Ours and the peer's."""
    server, serving, dialling = credentials.server, credentials.serving, credentials.dialling
    return (
        Kind(
            "rustls",
            lambda: OurEnd(server.accept()),
            lambda: OurEnd(credentials.client.open(HOST)),
            lambda: _our_streams(server, credentials.client),
        ),
        Kind(
            "OpenSSL",
            lambda: TheirEnd(serving, serving=True),
            lambda: TheirEnd(dialling, serving=False),
            lambda: _their_streams(serving, dialling),
        ),
    )


def sockets() -> tuple[socket.socket, socket.socket]:
    """Both ends of a connection over loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        near = socket.create_connection(listening.getsockname())
        far, _ = listening.accept()
    for end in (near, far):
        end.setblocking(False)
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return near, far


@asynccontextmanager
async def _our_streams(
    server: TlsServer, client: TlsClient
) -> AsyncIterator[tuple[TlsTransport, TlsTransport]]:
    near, far = (SocketTransport(end) for end in sockets())
    made: list[TlsTransport] = []

    async def accept() -> None:
        made.append(await secure(far, server.accept()))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(accept)
        transport = await secure(near, client.open(HOST))
    yield transport, made[0]
    for each in (transport, *made):
        each.abort()


@asynccontextmanager
async def _their_streams(
    serving: ssl.SSLContext, dialling: ssl.SSLContext
) -> AsyncIterator[tuple[trio.SSLStream, trio.SSLStream]]:
    near, far = (trio.SocketStream(trio.socket.from_stdlib_socket(end)) for end in sockets())
    client = trio.SSLStream(near, dialling, server_hostname=HOST, https_compatible=True)
    server = trio.SSLStream(far, serving, server_side=True, https_compatible=True)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(server.do_handshake)
        await client.do_handshake()
    yield client, server
    for each in (client, server):
        await trio.aclose_forcefully(each)
