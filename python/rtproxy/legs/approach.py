"""The way to an upstream: from a URL to a transport, TLS done.

Owns names, TCP and TLS with verified certificates, and the words for what can go wrong
with them. Must not know what is said there, nor keep a deadline: whoever calls does.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from rtproxy._audio_core import TlsCertificateError, TlsError, TlsSession, TlsUntrustedError
from rtproxy.legs.reach import reach
from rtproxy.legs.tls import tls_client
from rtproxy.legs.tls_transport import secure
from rtproxy.legs.transport import EXHAUSTED, LOST, SocketTransport, Transport
from rtproxy.model.errors import ConfigError, DialFailed

# The schemes that are spoken, whether they mean TLS, and their own ports.
Schemes = Mapping[str, tuple[bool, int]]
WEBSOCKET: Schemes = {"ws": (False, 80), "wss": (True, 443)}
HTTP: Schemes = {"http": (False, 80), "https": (True, 443)}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a URL points; `host_header` is without the scheme's own port (RFC 9110, 7.2)."""

    tls: bool
    host: str
    port: int
    target: str
    host_header: str


def read_url(url: str, schemes: Schemes) -> Place:
    """Take a URL of one of the schemes apart; ConfigError, without its query, if it is none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ConfigError(f"{url}: not a URL: {error}") from None
    if parts.scheme not in schemes or not parts.hostname or parts.username is not None:
        forms = " or ".join(f"{scheme}://HOST[:PORT]/PATH" for scheme in schemes)
        raise ConfigError(
            f"{parts.scheme or '?'}://{parts.hostname or '?'}: an upstream's URL must be "
            f"{forms}, without user and password"
        )
    tls, usual_port = schemes[parts.scheme]
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    shown = host if (port or usual_port) == usual_port else f"{host}:{port}"
    return Place(tls, parts.hostname, port or usual_port, target, shown)


def tls_to(place: Place, ca: str | None) -> TlsSession | None:
    """A TLS session for a place that wants one, trusting the file `ca` or the system.

    Raises ConfigError. Not part of `connect`, for reading certificates is not the
    other end's time.
    """
    if not place.tls:
        return None
    try:
        return tls_client(ca).open(place.host)
    except ValueError as error:
        raise ConfigError(f"{place.host_header} cannot be dialled: {error}") from None


async def connect(place: Place, tls: TlsSession | None) -> Transport:
    """A connection to the place; raises DialFailed."""
    try:
        connection = await reach(place.host, place.port)
    except OSError as error:
        last = _last(error)
        words = f"{place.host_header} cannot be reached: {_why(last)}"
        raise DialFailed(words, exhausted=last.errno in EXHAUSTED) from error
    below = SocketTransport(connection)
    return below if tls is None else await _secure(place, below, tls)


async def _secure(place: Place, below: SocketTransport, tls: TlsSession) -> Transport:
    try:
        return await secure(below, tls)
    except TlsError as error:
        raise _tls_failed(place, error) from error
    except LOST as error:
        raise broken(place, error) from error


def broken(place: Place, error: BaseException) -> DialFailed:
    """The connection was lost before there was an answer."""
    return DialFailed(f"{place.host_header} broke the connection: {error}")


def _last(error: OSError) -> OSError:
    """What really happened; where several addresses were tried, to the last."""
    cause = error.__cause__
    if isinstance(cause, BaseExceptionGroup) and isinstance(cause.exceptions[-1], OSError):
        return cause.exceptions[-1]
    return cause if isinstance(cause, OSError) else error


def _why(error: OSError) -> str:
    """The system's own words."""
    if isinstance(error, socket.gaierror) or not error.errno:
        return error.strerror or str(error)
    return os.strerror(error.errno)


def _tls_failed(place: Place, error: TlsError) -> DialFailed:
    advice = (
        "; if it has an authority of its own, name that one's certificate in the upstream's `ca` "
        "(--upstream-ca) or in SSL_CERT_FILE"
        if isinstance(error, TlsUntrustedError)
        else ""
    )
    return DialFailed(
        f"TLS with {place.host_header} failed: {error}{advice}",
        final=isinstance(error, TlsCertificateError),
    )
