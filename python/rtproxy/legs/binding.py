"""The addresses to listen on.

Owns the words for what can go wrong with them. Must not know who is served there, nor
which addresses are wise: the configuration refuses those that strangers can reach
where nobody would be asked for a key.
"""

from __future__ import annotations

import errno
import ipaddress
import socket

from rtproxy.model.errors import ConfigError

_BACKLOG = 1024


def open_sockets(host: str, port: int, *, key: str = "server.port") -> list[socket.socket]:
    """Listening, non-blocking sockets, all on one port; port 0 is any free one.

    `key` is what the port is called in the configuration. Raises ConfigError, in one
    line, if the address may not or cannot be used.
    """
    sockets: list[socket.socket] = []
    try:
        for address in _addresses(host):
            sockets.append(_open_socket(address, port))
            port = sockets[0].getsockname()[1]
    except OSError as error:
        for sock in sockets:
            sock.close()
        raise ConfigError(_cannot_listen(host, port, key, error)) from None
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


def _addresses(host: str) -> list[str]:
    if host == "localhost":
        return ["127.0.0.1", "::1"] if _has_ipv6_loopback() else ["127.0.0.1"]
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        raise ConfigError(
            f"server.host: {host!r} is not an address; use 127.0.0.1, ::1, localhost, or an "
            "address of this machine"
        ) from None
    return [str(address)]


def _has_ipv6_loopback() -> bool:
    try:
        _open_socket("::1", 0).close()
    except OSError:
        return False
    return True


def _cannot_listen(host: str, port: int, key: str, error: OSError) -> str:
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    if error.errno == errno.EADDRINUSE:
        return f"{key}: {where} is in use by another program; stop that or choose another port"
    if error.errno == errno.EACCES:
        return f"{key}: {where} needs privileges; choose a port above 1023"
    return f"server.host: cannot listen on {where}: {error.strerror or error}"
