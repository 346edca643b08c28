"""Both ends of a connection by TLS: ours by rustls, the peer's by OpenSSL under Trio."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio
from certificates import authority
from stream_pairs import socket_transport

from rtproxy._audio_core import TlsSession
from rtproxy.legs.tls_transport import TlsTransport, secure

Peer = trio.SSLStream[trio.SocketStream]


@asynccontextmanager
async def joined(
    ours: TlsSession, theirs: ssl.SSLContext, *, host: str | None = "localhost"
) -> AsyncIterator[tuple[TlsTransport, Peer]]:
    """Both ends after the handshake; the peer is a server where `host` is None.

    The peer insists on `close_notify`.
    """
    below, stream = socket_transport()
    peer = trio.SSLStream(stream, theirs, server_hostname=host, server_side=host is None)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(peer.do_handshake)
        transport = await secure(below, ours)
    try:
        yield transport, peer
    finally:
        transport.abort()
        await trio.aclose_forcefully(peer)


def ends(
    role: str, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
) -> tuple[TlsSession, ssl.SSLContext, str | None]:
    """Our session, the peer's context, and whom the peer wants."""
    known = authority()
    ours = role == "server"
    theirs = known.their_client() if ours else known.their_server()
    theirs.minimum_version = theirs.maximum_version = version
    if ours:
        return known.our_server().accept(), theirs, "localhost"
    return known.our_client().open("localhost"), theirs, None
