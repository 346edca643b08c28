"""From a URL to an open stream, or to words for why there is none.

Owns the dialling of `talk`: TCP, TLS, their deadlines, and who closes the socket.
Must not know what is said on it.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import trio

CONNECT_S = 10.0


class CannotConnect(Exception):
    """There is no line; `refused` where nothing listens at that address at all."""

    def __init__(self, message: str, *, refused: bool = False) -> None:
        """Keep the words and the distinction."""
        super().__init__(message)
        self.refused = refused


@asynccontextmanager
async def dial(url: str, *, verify: bool = True) -> AsyncIterator[trio.abc.Stream]:
    """A stream to the host of a ws:// or wss:// URL, closed by force at the end.

    By force, because what is to be said at the end was said on the WebSocket.
    SSL_CERT_FILE is honoured; `verify` false takes any certificate.

    Raises CannotConnect.
    """
    stream = await _opened(url, verify=verify)
    try:
        yield stream
    finally:
        await trio.aclose_forcefully(stream)


async def _opened(url: str, *, verify: bool) -> trio.abc.Stream:
    parts = urlsplit(url)
    secure = parts.scheme == "wss"
    host, port = parts.hostname or "", parts.port or (443 if secure else 80)
    try:
        with trio.fail_after(CONNECT_S):
            stream = await trio.open_tcp_stream(host, port)
            return await _encrypted(stream, host, verify=verify) if secure else stream
    except trio.TooSlowError as error:
        raise CannotConnect(f"nothing answers within {CONNECT_S:.0f} s") from error
    except OSError as error:
        raise CannotConnect(_plain_words(_first(error)), refused=True) from error


async def _encrypted(
    stream: trio.SocketStream, host: str, *, verify: bool
) -> trio.SSLStream[trio.SocketStream]:
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    encrypted = trio.SSLStream(stream, context, server_hostname=host, https_compatible=True)
    try:
        await encrypted.do_handshake()
    except BaseException as error:
        # Whatever ends the handshake, cancellation included, must not leave the socket open.
        await trio.aclose_forcefully(stream)
        if isinstance(error, trio.BrokenResourceError):
            raise _not_trusted(error.__cause__ or error) from error
        raise
    return encrypted


def _not_trusted(cause: BaseException) -> CannotConnect:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return CannotConnect(
            f"its certificate is not trusted ({cause.verify_message}); add --insecure to accept "
            "any, or name its authority's certificate in SSL_CERT_FILE"
        )
    return CannotConnect(f"it does not speak TLS ({type(cause).__name__})")


def _first(error: OSError) -> OSError:
    """The reason of the first address that was tried: Trio gathers one for each."""
    inner: BaseException | None = error.__cause__
    while isinstance(inner, BaseExceptionGroup):
        inner = inner.exceptions[0]
    return inner if isinstance(inner, OSError) else error


def _plain_words(error: OSError) -> str:
    """The system's words for it; a name that is not found has words of its own."""
    if error.errno is not None and error.errno > 0:
        return os.strerror(error.errno)
    return error.strerror or str(error)
