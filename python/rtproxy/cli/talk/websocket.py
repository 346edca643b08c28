"""From an open stream to a WebSocket, or to words for why there is none.

Owns the handshake and the farewell, by trio-websocket, which shares no code with the
proxy's own legs. Must not know what is said on it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import h11
import trio
from trio_websocket import (
    ConnectionClosed,
    ConnectionRejected,
    HandshakeError,
    WebSocketConnection,
    wrap_client_stream,
)

from rtproxy.cli.talk.dial import CONNECT_S, CannotConnect
from rtproxy.cli.talk.transcript import printable
from rtproxy.model.close import CloseCode

CLOSE_S = 3.0
_LARGEST_MESSAGE_BYTES = 16 * 1024 * 1024
_LONGEST_WORDS = 200


@asynccontextmanager
async def websocket_over(stream: trio.abc.Stream, url: str) -> AsyncIterator[WebSocketConnection]:
    """A WebSocket on a stream, which is the caller's to close; closed politely at the end.

    What ends the block comes out in an exception group: there is a nursery around it.

    Raises CannotConnect.
    """
    refusals: tuple[Exception, ...] = ()
    try:
        async with trio.open_nursery() as nursery:
            socket = await _upgraded(nursery, stream, url)
            yield socket
            with trio.move_on_after(CLOSE_S):
                await socket.aclose()
            nursery.cancel_scope.cancel()
    except* (HandshakeError, CannotConnect, h11.ProtocolError) as group:
        # trio-websocket's reader raises what ends the handshake, beside whoever waits for it;
        # h11's error escapes where it would refuse, as servers do, what came in place of HTTP.
        refusals = group.exceptions
    if refusals:
        raise _refusal(refusals[0])


def words_of(closed: ConnectionClosed) -> str:
    """How it ended, for the person who sees it."""
    if closed.reason is None:
        return "the connection broke"
    words = f"{closed.reason.code} {closed.reason.reason or closed.reason.name}"
    return f"the proxy closed the connection ({words})"


async def _upgraded(
    nursery: trio.Nursery, stream: trio.abc.Stream, url: str
) -> WebSocketConnection:
    parts = urlsplit(url)
    resource = f"{parts.path}?{parts.query}" if parts.query else parts.path
    with trio.move_on_after(CONNECT_S):
        socket = await wrap_client_stream(
            nursery,
            stream,  # type: ignore[arg-type]  # any stream does, says its documentation
            parts.netloc.rpartition("@")[2],
            resource,
            max_message_size=_LARGEST_MESSAGE_BYTES,
        )
        if socket.closed is not None and socket.closed.code == CloseCode.ABNORMAL:
            # With a close frame it has said why; that is read as of any other conversation.
            raise CannotConnect("it ends the connection without an answer")
        return socket
    raise CannotConnect(f"it takes the connection and says nothing for {CONNECT_S:.0f} s")


def _refusal(error: Exception) -> CannotConnect:
    match error:
        case CannotConnect():
            return error
        case ConnectionRejected(status_code=status, body=body):
            return CannotConnect(f"it answers with HTTP {status} {_plain(body or b'')}".strip())
        case HandshakeError():
            return CannotConnect(f"it answers, but not as a WebSocket ({error})")
        case _:
            return CannotConnect(
                "it answers, but not as a WebSocket; perhaps it is another program"
            )


def _plain(body: bytes) -> str:
    """The words of an HTTP body; a page for browsers has none that help here."""
    text = body.decode("utf-8", "replace").strip()
    return "" if text.startswith("<") else printable(text[:_LONGEST_WORDS])
