"""What becomes of one accepted connection.

Owns the first seconds: the request head within its deadline, the Origin rule,
and the fork between an upgrade (runtime's) and everything else (HTTP's). It is
also where an error stops: whatever happens in here ends this connection alone.
Must not know addresses to listen on, frames, or what a session is.

A connection is closed when `admit` returns, whoever had it in between.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection

import structlog
import trio

from rtproxy.legs import origins
from rtproxy.legs.containment import report, report_group
from rtproxy.legs.farewell import wind_down
from rtproxy.legs.handshake import read_offer, wants_websocket
from rtproxy.legs.http1 import (
    HEAD_LIMIT_BYTES,
    RequestHead,
    RequestReader,
    RequestRefused,
    error_body,
)
from rtproxy.legs.plain_http import PlainHttp
from rtproxy.legs.transport import LOST, Transport
from rtproxy.legs.upgrade import SEND_S, WIND_DOWN_S, ClientGone, Upgrade

HEAD_S = 5.0
OnUpgrade = Callable[[Upgrade], Awaitable[None]]

_log = structlog.get_logger("rtproxy.legs")
_GONE = (*LOST, trio.TooSlowError, ClientGone)

# RFC 9110 section 9.2.1: these change nothing, and a page cannot read their answers.
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Entrance:
    """Admits connections.

    Args:
        on_upgrade: gets every valid upgrade; the connection is its own until it
            returns. What escapes it is answered with 500 or 1011.
        plain_http: gets everything else.
        tls: whether connections are encrypted.
        ports: where we listen, for our own origins: a page from one may call another.
        allowed_origins: origins of other pages that may connect.
        head_s: how long a client may take to say what it wants.
        head_bytes: how long what it says may be.
    """

    def __init__(
        self,
        *,
        on_upgrade: OnUpgrade,
        plain_http: PlainHttp,
        tls: bool,
        ports: Collection[int],
        allowed_origins: Collection[str] = (),
        head_s: float = HEAD_S,
        head_bytes: int = HEAD_LIMIT_BYTES,
    ) -> None:
        self._on_upgrade = on_upgrade
        self._plain_http = plain_http
        self._tls = tls
        ours = (origins.own_origins(tls=tls, port=port) for port in ports)
        self._own_origins = frozenset[str]().union(*ours)
        self._allowed_origins = tuple(allowed_origins)
        self._head_s = head_s
        self._head_bytes = head_bytes

    async def admit(self, opening: Callable[[], Awaitable[Transport]]) -> None:
        """Serve one connection to its end; `opening` makes it (a TLS handshake, or nothing)."""
        transport = None
        reader = RequestReader(self._head_bytes)
        try:
            head: RequestHead | RequestRefused | None = None
            with trio.move_on_after(self._head_s) as in_time:
                transport = await opening()
                head = await _read_head(transport, reader)
            if transport is not None:
                await self._go_on(transport, reader, head, late=in_time.cancelled_caught)
        except _GONE as error:
            _log.debug("connection gone", why=str(error))
        except BaseExceptionGroup as group:
            report_group(group, "a connection")
        except Exception as error:  # noqa: BLE001 - the last line of defence: one connection's bug ends that one
            report(error, "a connection")
        finally:
            if transport is not None and not transport.closed:
                transport.abort()
                with trio.CancelScope(shield=True):
                    await transport.aclose()

    async def _go_on(
        self,
        transport: Transport,
        reader: RequestReader,
        head: RequestHead | RequestRefused | None,
        *,
        late: bool,
    ) -> None:
        try:
            if isinstance(head, RequestRefused):
                raise head
            if head is not None:
                await self._serve(transport, reader, head)
            elif late and not reader.is_silent:
                self._refuse_late()
        except RequestRefused as refused:
            await _refuse(transport, reader, refused)

    async def _serve(self, transport: Transport, reader: RequestReader, head: RequestHead) -> None:
        if not wants_websocket(head):
            if head.method not in _SAFE_METHODS:
                self._check_origin(head)
            await self._plain_http.serve(transport, reader, head, tls=self._tls)
            return
        self._check_origin(head)
        await self._upgrade(Upgrade(head, read_offer(head), reader, transport))

    def _refuse_late(self) -> None:
        raise RequestRefused(408, f"The request head did not arrive within {self._head_s:g} s.")

    def _check_origin(self, head: RequestHead) -> None:
        found = head.values("origin")
        if not origins.is_allowed(found, own=self._own_origins, allowed=self._allowed_origins):
            raise RequestRefused(
                403,
                f"Pages from {', '.join(found)} may not connect here. To allow them, add the "
                "origin to server.allowed_origins.",
            )

    async def _upgrade(self, upgrade: Upgrade) -> None:
        try:
            await self._on_upgrade(upgrade)
        except ClientGone:
            raise
        except BaseExceptionGroup as group:
            await upgrade.fail(report_group(group, "a session"))
        except Exception as error:  # noqa: BLE001 - a session's bug ends that session, with an id in the log
            await upgrade.fail(report(error, "a session"))


async def _read_head(
    transport: Transport, reader: RequestReader
) -> RequestHead | RequestRefused | None:
    """The head, or why it is none, or None if the client went before it was complete."""
    try:
        while data := await transport.read(reader.room_bytes):
            if (head := reader.feed(data)) is not None:
                return head
    except RequestRefused as refused:
        return refused
    return None


async def _refuse(transport: Transport, reader: RequestReader, refused: RequestRefused) -> None:
    body, headers = error_body(refused.status, str(refused))
    answer = reader.respond(refused.status, body, [*refused.headers, *headers])
    with trio.fail_after(SEND_S):
        await transport.send_all(answer)
    await wind_down(transport, within_s=WIND_DOWN_S)
