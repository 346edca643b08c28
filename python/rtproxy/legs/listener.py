"""The port that frontends connect to.

Owns the listening sockets and the accept loop. Must not know what becomes of a
connection (`entrance.py`). Connections live in a nursery that is given, not in
the accept loop's scope: when that is cancelled no new ones come, while those that
are there end by their own sessions.

Loopback addresses only for now: nothing yet asks a client for credentials.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

import structlog
import trio

from rtproxy.legs.entrance import HEAD_S, Entrance, OnUpgrade
from rtproxy.legs.plain_http import PlainHttp
from rtproxy.legs.transport import Address, SocketTransport, StreamTransport, Transport
from rtproxy.model.errors import ConfigError

_BACKLOG = 1024
_BACK_OFF_S = 0.1
_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_NOT_LISTENING = frozenset({errno.EBADF, errno.EINVAL, errno.ENOTSOCK})
_log = structlog.get_logger("rtproxy.legs")


@dataclass(frozen=True, slots=True)
class ListenOptions:
    """Where to listen, and who may come. Port 0: any free one."""

    host: str = "127.0.0.1"
    port: int = 8000
    tls: ssl.SSLContext | None = None
    allowed_origins: Collection[str] = ()
    head_s: float = HEAD_S


@dataclass(frozen=True, slots=True)
class Listening:
    """What a listener reports once it can be reached."""

    port: int
    addresses: tuple[Address, ...]


async def serve_listener(
    options: ListenOptions,
    *,
    on_upgrade: OnUpgrade,
    plain_http: PlainHttp,
    connections: trio.Nursery,
    task_status: trio.TaskStatus[Listening] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Accept connections until cancelled; each is served in `connections`.

    Raises ConfigError if the address may not or cannot be listened on.
    """
    sockets = _open_sockets(options.host, options.port)
    try:
        addresses = tuple(sock.getsockname()[:2] for sock in sockets)
        entrance = Entrance(
            on_upgrade=on_upgrade,
            plain_http=plain_http,
            tls=options.tls is not None,
            port=addresses[0][1],
            allowed_origins=options.allowed_origins,
            head_s=options.head_s,
        )
        async with trio.open_nursery() as nursery:
            for sock in sockets:
                nursery.start_soon(_accept, sock, options.tls, entrance, connections)
            task_status.started(Listening(addresses[0][1], addresses))
    finally:
        for sock in sockets:
            sock.close()


async def _accept(
    listening: socket.socket,
    tls: ssl.SSLContext | None,
    entrance: Entrance,
    connections: trio.Nursery,
) -> None:
    while True:
        await trio.lowlevel.wait_readable(listening)
        try:
            connection, _ = listening.accept()
        except OSError as error:
            await _survive(error)
        else:
            connections.start_soon(entrance.admit, _opening(connection, tls))


async def _survive(error: OSError) -> None:
    """accept(2) also reports what befell a connection that has already gone."""
    if error.errno in _NOT_LISTENING:
        raise error
    if error.errno in _EXHAUSTED:
        _log.error("cannot accept: the process is out of a resource", why=error.strerror)
        await trio.sleep(_BACK_OFF_S)


def _opening(
    connection: socket.socket, tls: ssl.SSLContext | None
) -> Callable[[], Awaitable[Transport]]:
    async def plain() -> Transport:
        return SocketTransport(connection)

    if tls is None:
        return plain

    async def encrypted() -> Transport:
        connection.setblocking(False)  # noqa: FBT003 - the stdlib's own signature
        stream = trio.SocketStream(trio.socket.from_stdlib_socket(connection))
        secured = trio.SSLStream(stream, tls, server_side=True, https_compatible=True)
        try:
            await secured.do_handshake()
        except BaseException:  # cancellation included: nobody else will close it
            connection.close()
            raise
        return StreamTransport(secured)

    return encrypted


def _open_sockets(host: str, port: int) -> list[socket.socket]:
    sockets: list[socket.socket] = []
    try:
        for address in _loopback_addresses(host):
            sockets.append(_open_socket(address, port))
            port = sockets[0].getsockname()[1]
    except OSError as error:
        for sock in sockets:
            sock.close()
        raise ConfigError(_cannot_listen(host, port, error)) from None
    return sockets


def _open_socket(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((address, port))
        sock.listen(_BACKLOG)
        sock.setblocking(False)  # noqa: FBT003 - the stdlib's own signature
    except BaseException:
        sock.close()
        raise
    return sock


def _loopback_addresses(host: str) -> list[str]:
    if host == "localhost":
        return ["127.0.0.1", "::1"] if _has_ipv6_loopback() else ["127.0.0.1"]
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        raise ConfigError(
            f"server.host: {host!r} is not an address; use 127.0.0.1, ::1 or localhost"
        ) from None
    if not address.is_loopback:
        raise ConfigError(
            f"server.host: {host} can be reached from other machines, and rtproxy does not ask "
            "for credentials yet; use 127.0.0.1, ::1 or localhost"
        )
    return [str(address)]


def _has_ipv6_loopback() -> bool:
    try:
        _open_socket("::1", 0).close()
    except OSError:
        return False
    return True


def _cannot_listen(host: str, port: int, error: OSError) -> str:
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    if error.errno == errno.EADDRINUSE:
        return (
            f"server.port: {where} is in use by another program; stop that or choose another port"
        )
    if error.errno == errno.EACCES:
        return f"server.port: {where} needs privileges; choose a port above 1023"
    return f"server.host: cannot listen on {where}: {error.strerror or error}"
