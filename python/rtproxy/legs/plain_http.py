"""Everything that is not a WebSocket goes to the ASGI application, one request a connection.

Owns the hand-over to hypercorn's per-connection server and the application's
life around it. Must not know which routes there are.

What hypercorn is given is not the client's bytes but a request written anew
(`one_request.py`), so it never sees an upgrade, an HTTP/2 preface, a second
request or a malformed chunk, whether they come first, later or pipelined. What
still escapes it is caught here and ends this connection alone. hypercorn shields
its writes from cancellation: a server that stops closes the socket under them.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import structlog
import trio
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.config import Config
from hypercorn.trio.lifespan import Lifespan
from hypercorn.trio.tcp_server import TCPServer
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import ASGIFramework, ConnectionState

from rtproxy.legs.containment import report, report_group
from rtproxy.legs.farewell import wind_down
from rtproxy.legs.http1 import RequestHead, RequestReader, RequestRefused, error_body
from rtproxy.legs.one_request import OneRequestStream, OneTlsRequestStream, Pace
from rtproxy.legs.transport import LOST, Transport

_WIND_DOWN_S = 1.0
_FORWARDED_HEAD_BYTES = 64 * 1024  # our own limit was applied before; this one must not bite
_log = structlog.get_logger("rtproxy.http")


class PlainHttp:
    """Serves requests of connections that stay HTTP."""

    def __init__(self, app: ASGIWrapper, state: dict[str, Any], pace: Pace) -> None:
        self._app = app
        self._state = state
        self._pace = pace
        self._config = _config()

    async def serve(
        self, transport: Transport, reader: RequestReader, head: RequestHead, *, tls: bool
    ) -> None:
        """Have the application answer one request, and end the connection."""
        kind = OneTlsRequestStream if tls else OneRequestStream
        stream = kind(transport, reader, head, self._pace)
        refused = await self._contained(stream) or stream.refused
        if refused is not None and not stream.answered:
            body, headers = error_body(refused.status, str(refused))
            with suppress(*LOST):  # nobody is there to be told
                await stream.send_all(reader.respond(refused.status, body, headers))
        await wind_down(transport, within_s=_WIND_DOWN_S)

    async def _contained(self, stream: OneRequestStream) -> RequestRefused | None:
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_abort_if_unfinished, stream)
                await self._hypercorn(stream)
                stream.closed = True
                nursery.cancel_scope.cancel()
        except BaseExceptionGroup as group:
            error_id = report_group(group, "an HTTP request")
        else:
            return None
        return RequestRefused(500, f"Internal error {error_id}; the server's log says more.")

    async def _hypercorn(self, stream: OneRequestStream) -> None:
        context = WorkerContext(None)
        state = ConnectionState(self._state)
        # It asks of a stream only what OneRequestStream has.
        await TCPServer(self._app, self._config, context, state, stream)  # type: ignore[arg-type] # any stream does


@asynccontextmanager
async def open_plain_http(app: ASGIFramework, pace: Pace | None = None) -> AsyncIterator[PlainHttp]:
    """Start an ASGI application (its lifespan) and stop it at the end.

    Connections that use it must have ended before. An application that fails to start
    raises hypercorn's LifespanFailureError.
    """
    wrapped = ASGIWrapper(app)
    state: dict[str, Any] = {}
    lifespan = Lifespan(wrapped, _config(), state)
    async with trio.open_nursery() as nursery:
        await nursery.start(lifespan.handle_lifespan)
        await lifespan.wait_for_startup()
        yield PlainHttp(wrapped, state, pace or Pace())
        await lifespan.wait_for_shutdown()
        nursery.cancel_scope.cancel()


async def _abort_if_unfinished(stream: OneRequestStream) -> None:
    """Cancelled before the response is complete: take the socket from under the shield."""
    try:
        await trio.sleep_forever()
    finally:
        if not stream.closed:
            stream.abort()


def _config() -> Config:
    config = Config()
    config.logger_class = _HypercornLog  # type: ignore[assignment] # duck-typed: it calls the methods below
    config.keep_alive_max_requests = 1
    config.include_server_header = False
    config.h11_max_incomplete_size = _FORWARDED_HEAD_BYTES
    return config


class _HypercornLog:
    """hypercorn's messages in our log; what it caught itself gets an error id like the rest."""

    def __init__(self, _config: Config) -> None:
        pass

    async def access(self, request: Any, response: Any, request_time: float) -> None:
        """One line per request."""
        status = None if response is None else response["status"]
        took_ms = round(request_time * 1000, 1)
        _log.debug(
            "request",
            method=request["method"],
            path=request["path"],
            status=status,
            took_ms=took_ms,
        )

    async def exception(self, message: str, *_args: Any) -> None:
        """Called while the exception is being handled."""
        report(sys.exception() or RuntimeError(message), "the application")

    async def warning(self, message: str, *_args: Any) -> None:
        """Something odd."""
        _log.warning("hypercorn", message=message)

    async def info(self, message: str, *_args: Any) -> None:
        """Something usual."""
        _log.debug("hypercorn", message=message)
