"""A TCP connection to a host, without a thread where that can be.

Owns names, addresses and the connection attempt. Must not know what is spoken on it.

A session starts with a dial, so the usual case is short: an address, or a name whose
addresses were asked for lately. Several addresses of a name race each other, as Trio
does it; one alone is simply tried.
"""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
from collections import OrderedDict
from typing import Any

import trio

from rtproxy.threads import run_beside

REMEMBERED_S = 30.0  # as long as big services let their names stand, or shorter
_NAMES = 64  # upstreams are few
_UNDER_WAY = frozenset({errno.EINPROGRESS, errno.EALREADY})
_CONNECTED = frozenset({0, errno.EISCONN})


class Resolver(trio.abc.HostnameResolver):
    """Remembers what names stand for; use it by `trio.socket.set_custom_hostname_resolver`.

    Asking the system takes a thread for each question. What it does not know is not
    remembered.
    """

    def __init__(self, remembered_s: float = REMEMBERED_S) -> None:
        self._remembered_s = remembered_s
        self._known: OrderedDict[object, tuple[float, Any]] = OrderedDict()

    async def getaddrinfo(
        self,
        host: bytes | None,
        port: bytes | str | int | None,
        family: int = 0,
        type: int = 0,  # noqa: A002 - the name in Trio's interface
        proto: int = 0,
        flags: int = 0,
    ) -> Any:
        """What the system says, now or lately."""
        question = (host, port, family, type, proto, flags)
        asked_at, answer = self._known.get(question, (-1.0, None))
        if answer is not None and trio.current_time() - asked_at < self._remembered_s:
            await trio.lowlevel.checkpoint()
            return answer
        answer = await run_beside(
            socket.getaddrinfo, host, port, family, type, proto, flags, abandon_on_cancel=True
        )
        self._known[question] = (trio.current_time(), answer)
        self._known.move_to_end(question)
        while len(self._known) > _NAMES:
            self._known.popitem(last=False)
        return answer

    async def getnameinfo(
        self, sockaddr: tuple[str, int] | tuple[str, int, int, int], flags: int
    ) -> tuple[str, str]:
        """What the system says: nothing here asks often."""
        return await run_beside(socket.getnameinfo, sockaddr, flags, abandon_on_cancel=True)


async def reach(host: str, port: int) -> socket.socket:
    """A connected, non-blocking socket; OSError where there is no way."""
    family = _family(host)
    if family is not None:
        return await _connect(family, host, port)
    stream = await trio.open_tcp_stream(host, port)
    connection = socket.socket(fileno=stream.socket.detach())
    connection.setblocking(False)  # noqa: FBT003 - the stdlib's own signature
    return connection


def _family(host: str) -> socket.AddressFamily | None:
    """Of an address; None for a name, and for an address that names an interface."""
    try:
        version = ipaddress.ip_address(host).version
    except ValueError:
        return None
    if version == 4:
        return socket.AF_INET
    return None if "%" in host else socket.AF_INET6


async def _connect(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    connection = socket.socket(family, socket.SOCK_STREAM)
    connection.setblocking(False)  # noqa: FBT003 - the stdlib's own signature
    try:
        await trio.lowlevel.checkpoint_if_cancelled()
        code = connection.connect_ex((host, port))
        if code == errno.EINPROGRESS:  # on this machine it is done by now, so ask once more
            code = connection.connect_ex((host, port))
        if code in _UNDER_WAY:
            await trio.lowlevel.wait_writable(connection)
            code = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    except BaseException:  # cancellation included: nobody else will close it
        connection.close()
        raise
    if code not in _CONNECTED:
        connection.close()
        raise OSError(code, os.strerror(code))
    return connection
