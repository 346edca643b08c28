"""Dialling an upstream.

Owns the way from a URL to a transport on which the WebSocket handshake is done:
names, TCP, TLS with verified certificates, the upgrade, all within one deadline.
Must not know what will be said there, nor decide whether to dial again: every
failure is a DialFailed that says whether trying again can help.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

import trio

from rtproxy._audio_core import TlsCertificateError, TlsError, TlsSession, TlsUntrustedError
from rtproxy.legs.client_handshake import ClientHandshake, Refused, refusal
from rtproxy.legs.reach import reach
from rtproxy.legs.tls import tls_client
from rtproxy.legs.tls_transport import secure
from rtproxy.legs.transport import EXHAUSTED, LOST, Connection, SocketTransport, Transport
from rtproxy.legs.usual_head import Headers
from rtproxy.model.errors import ConfigError, DialFailed

DIAL_S = 10.0
_REFUSAL_BODY_S = 1.0  # how long the body of a refusal is waited for
_PORTS = {"ws": 80, "wss": 443}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a URL points."""

    tls: bool
    host: str
    port: int
    target: str

    @property
    def host_header(self) -> str:
        """RFC 9110 section 7.2: without the scheme's own port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        default = _PORTS["wss" if self.tls else "ws"]
        return host if self.port == default else f"{host}:{self.port}"


async def dial(
    url: str,
    *,
    headers: Headers = (),
    subprotocols: Sequence[str] = (),
    ca: str | None = None,
    dial_s: float = DIAL_S,
) -> Connection:
    """Open a WebSocket to a ws:// or wss:// URL within `dial_s` seconds.

    `ca` names a file of authorities to trust instead of the system's. Raises
    DialFailed, or ConfigError for a URL or file that cannot be used.
    """
    place = _read_url(url)
    tls = _tls_session(place, ca) if place.tls else None
    handshake = ClientHandshake(
        host=place.host_header,
        target=place.target,
        key=secrets.token_bytes(16),
        headers=headers,
        subprotocols=subprotocols,
    )
    try:
        with trio.fail_after(dial_s):
            return await _dial(place, handshake, tls)
    except trio.TooSlowError:
        raise DialFailed(f"{place.host_header} did not answer within {dial_s:g} s") from None


async def _dial(place: _Place, handshake: ClientHandshake, tls: TlsSession | None) -> Connection:
    transport = await _connect(place, tls)
    try:
        return await _shake_hands(place, transport, handshake)
    except BaseException:  # whatever it was, cancellation included, nobody else will close it
        transport.abort()
        with trio.CancelScope(shield=True):
            await transport.aclose()
        raise


async def _connect(place: _Place, tls: TlsSession | None) -> Transport:
    try:
        connection = await reach(place.host, place.port)
    except OSError as error:
        last = _last(error)
        words = f"{place.host_header} cannot be reached: {_why(last)}"
        raise DialFailed(words, exhausted=last.errno in EXHAUSTED) from error
    below = SocketTransport(connection)
    return below if tls is None else await _secure(place, below, tls)


async def _secure(place: _Place, below: SocketTransport, tls: TlsSession) -> Transport:
    try:
        return await secure(below, tls)
    except TlsError as error:
        raise _tls_failed(place, error) from error
    except LOST as error:
        raise DialFailed(f"{place.host_header} broke the connection: {error}") from error


async def _shake_hands(
    place: _Place, transport: Transport, handshake: ClientHandshake
) -> Connection:
    try:
        rest = handshake.request[transport.send_now(handshake.request) :]
        if rest:  # hardly ever: nothing was written here before
            await transport.send_all(rest)
        outcome = None
        while outcome is None:
            outcome = handshake.feed(await transport.read())
        if isinstance(outcome, Refused):
            raise refusal(await _rest_of(outcome, transport, handshake))
    except LOST as error:
        raise DialFailed(f"{place.host_header} broke the connection: {error}") from error
    return Connection(transport, outcome.leftover, outcome.subprotocol)


async def _rest_of(refused: Refused, transport: Transport, handshake: ClientHandshake) -> Refused:
    with trio.move_on_after(_REFUSAL_BODY_S), suppress(*LOST):  # its status has been told
        while not refused.complete:
            outcome = handshake.feed(await transport.read())
            refused = outcome if isinstance(outcome, Refused) else refused
    return refused


def _read_url(url: str) -> _Place:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ConfigError(f"{url}: not a URL: {error}") from None
    if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None:
        raise ConfigError(
            f"{parts.scheme or '?'}://{parts.hostname or '?'}: an upstream's URL must be "
            "ws://HOST[:PORT]/PATH or wss://HOST[:PORT]/PATH, without user and password"
        )
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    tls = parts.scheme == "wss"
    return _Place(tls, parts.hostname, port or _PORTS[parts.scheme], target)


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


def _tls_session(place: _Place, ca: str | None) -> TlsSession:
    try:
        return tls_client(ca).open(place.host)
    except ValueError as error:
        raise ConfigError(f"{place.host_header} cannot be dialled: {error}") from None


def _tls_failed(place: _Place, error: TlsError) -> DialFailed:
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
