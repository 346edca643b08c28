"""The port that frontends connect to, and a second one for frontends that expect one.

Owns the accept loops and the order in which a server stops. Must not know what
becomes of a connection (`entrance.py`), nor what is spoken on it.

    nursery of the server
      _serve                        until cancelled, or until the last connection has ended
        the application's lifespan
        connections                 each ends by itself; one's error stays its own
        accept loops                end first: `stop_accepting`
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
from dataclasses import dataclass, field
from functools import partial

import structlog
import trio
from hypercorn.typing import ASGIFramework

from rtproxy._audio_core import TlsError, TlsServer
from rtproxy.config import ServerConfig
from rtproxy.legs.binding import open_sockets
from rtproxy.legs.entrance import HEAD_S, Entrance, OnUpgrade
from rtproxy.legs.http1 import HEAD_LIMIT_BYTES
from rtproxy.legs.plain_http import open_plain_http
from rtproxy.legs.tls import Identity, server_identity
from rtproxy.legs.tls_transport import secure
from rtproxy.legs.transport import EXHAUSTED, SocketTransport, Transport
from rtproxy.legs.upgrade import Upgrade

__all__ = ["Listener", "OnUpgrade", "Upgrade", "open_listener"]

_BACK_OFF_S = 0.1
# So many are accepted at one wake, then everybody else has a turn: each takes a quarter
# of a millisecond before it waits for anything.
_BATCH = 16
_NOT_LISTENING = frozenset({errno.EBADF, errno.EINVAL, errno.ENOTSOCK})
_log = structlog.get_logger("rtproxy.legs")

# What has a socket while callers are waited for on it.
Watching = Callable[[socket.socket], AbstractContextManager[object]]


@dataclass(frozen=True, slots=True)
class Listener:
    """A port that takes connections, or two.

    `http_url` and `ws_url` have no path; `extra_ws_url` is the second port's, where
    there is one; `authority_pem` is what a client must trust where the certificate is
    self-signed.
    """

    port: int
    http_url: str
    ws_url: str
    authority_pem: bytes | None
    extra_ws_url: str | None = None
    accepting: trio.CancelScope = field(default_factory=trio.CancelScope, repr=False)

    def stop_accepting(self) -> None:
        """Take no new connections; those that are there live on."""
        self.accepting.cancel()


async def open_listener(
    nursery: trio.Nursery,
    config: ServerConfig,
    *,
    on_upgrade: OnUpgrade,
    on_extra_upgrade: OnUpgrade | None = None,
    application: ASGIFramework,
    watching: Watching = nullcontext,
    head_s: float = HEAD_S,
    head_bytes: int = HEAD_LIMIT_BYTES,
) -> Listener:
    """Listen, and serve every connection in `nursery` until that is cancelled.

    A WebSocket upgrade goes to `on_upgrade`, one that comes in by `ws_port` to
    `on_extra_upgrade`, anything else to `application`. While callers are waited for on
    a socket, `watching` has it.
    Raises ConfigError if the address may not or cannot be listened on.
    """
    serve = partial(
        _serve,
        config,
        on_upgrade=on_upgrade,
        on_extra_upgrade=on_extra_upgrade,
        application=application,
        watching=watching,
        head_s=head_s,
        head_bytes=head_bytes,
    )
    listener: Listener = await nursery.start(serve)
    return listener


async def _serve(
    config: ServerConfig,
    *,
    on_upgrade: OnUpgrade,
    on_extra_upgrade: OnUpgrade | None,
    application: ASGIFramework,
    watching: Watching,
    head_s: float,
    head_bytes: int,
    task_status: trio.TaskStatus[Listener],
) -> None:
    identity = server_identity(config)
    with ExitStack() as listening:
        doors = [_open_door(listening, config.host, config.port, "server.port", on_upgrade)]
        if config.ws_port is not None and on_extra_upgrade is not None:
            extra = (config.ws_port, "server.ws_port", on_extra_upgrade)
            doors.append(_open_door(listening, config.host, *extra))
        listener = _describe(config, identity, [door.port for door in doors])
        async with open_plain_http(application) as plain_http, trio.open_nursery() as connections:
            task_status.started(listener)
            with listener.accepting:
                async with trio.open_nursery() as nursery:
                    for door in doors:
                        entrance = Entrance(
                            on_upgrade=door.on_upgrade,
                            plain_http=plain_http,
                            tls=identity is not None,
                            ports=[each.port for each in doors],
                            allowed_origins=config.allowed_origins,
                            head_s=head_s,
                            head_bytes=head_bytes,
                        )
                        for sock in door.sockets:
                            nursery.start_soon(
                                _accept, sock, watching(sock), identity, entrance, connections
                            )
            listening.close()


@dataclass(frozen=True, slots=True)
class _Door:
    """A port: the sockets on it, and who gets the upgrades that come in there."""

    port: int
    sockets: list[socket.socket]
    on_upgrade: OnUpgrade


def _open_door(
    listening: ExitStack, host: str, port: int, key: str, on_upgrade: OnUpgrade
) -> _Door:
    sockets = [listening.enter_context(sock) for sock in open_sockets(host, port, key=key)]
    return _Door(sockets[0].getsockname()[1], sockets, on_upgrade)


def _describe(config: ServerConfig, identity: Identity | None, ports: list[int]) -> Listener:
    host = f"[{config.host}]" if ":" in config.host else config.host
    secure = "" if identity is None else "s"
    port, *extra = ports
    return Listener(
        port=port,
        http_url=f"http{secure}://{host}:{port}",
        ws_url=f"ws{secure}://{host}:{port}",
        authority_pem=None if identity is None else identity.authority_pem,
        extra_ws_url=f"ws{secure}://{host}:{extra[0]}" if extra else None,
    )


async def _accept(
    listening: socket.socket,
    watched: AbstractContextManager[object],
    identity: Identity | None,
    entrance: Entrance,
    connections: trio.Nursery,
) -> None:
    with watched:
        while True:
            await trio.lowlevel.wait_readable(listening)
            try:
                for connection, caller in _waiting(listening):
                    opening = _opening(connection, caller, identity)
                    connections.start_soon(entrance.admit, opening)
            except OSError as error:
                await _survive(error)


def _waiting(listening: socket.socket) -> Iterator[tuple[socket.socket, object]]:
    """The connections that wait to be accepted and where they are from, up to a batch."""
    with suppress(BlockingIOError):
        for _ in range(_BATCH):
            yield listening.accept()


async def _survive(error: OSError) -> None:
    """accept(2) also reports what befell a connection that has already gone."""
    if error.errno in _NOT_LISTENING:
        raise error
    if error.errno in EXHAUSTED:
        _log.error("cannot accept: the process is out of a resource", why=error.strerror)
        await trio.sleep(_BACK_OFF_S)


def _opening(
    connection: socket.socket, caller: object, identity: Identity | None
) -> Callable[[], Awaitable[Transport]]:
    async def plain() -> Transport:
        return SocketTransport(connection, caller=caller)

    if identity is None:
        return plain

    async def encrypted() -> Transport:
        return await _secured(SocketTransport(connection, caller=caller), identity.server)

    return encrypted


async def _secured(below: SocketTransport, server: TlsServer) -> Transport:
    try:
        return await secure(below, server.accept())
    except TlsError as error:
        host, port = below.addresses()[0]
        _log.info("no TLS with a client", peer=f"{host}:{port}", why=str(error))
        raise trio.BrokenResourceError(f"no TLS: {error}") from error
