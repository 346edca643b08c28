"""The simulator on a socket: trio-websocket in, the pure core behind it.

Owns connections and their tasks, and what a command means to a socket. Must not
decide anything that a client could see; `connection` does.

trio-websocket is here because it is not ours: two implementations of the protocol
meet in every end-to-end test. What it needs from us: its handler must not raise
(one exception would end the server), messages are always read (a full queue stops
pings and closes from being seen), and a send that was cut off leaves half a frame,
so the socket is then closed by force. An echo is served by `lean_server` instead.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec
import structlog
import trio
import trio_websocket
from trio_websocket import ConnectionClosed, WebSocketConnection, WebSocketRequest

from rtproxy.simulator.commands import Close, Command, Drop, Send, Strike
from rtproxy.simulator.connection import Connection
from rtproxy.simulator.desk import Desk
from rtproxy.simulator.doorstep import open_door
from rtproxy.simulator.handshake import PATH, Turned, UpgradeRequest
from rtproxy.simulator.lean_server import serve_lean
from rtproxy.simulator.reception import Reception, Visit, refusal
from rtproxy.simulator.settings import Settings, VoiceName

_HANDSHAKE_S = 5.0
_CLOSE_S = 3.0
_MESSAGE_MAX_BYTES = 16 * 1024 * 1024  # above the 15 MiB that an append may have
_READ_BYTES = 65_536
_QUEUE_MESSAGES = 64

_encode = msgspec.json.Encoder().encode


async def open_simulator(
    nursery: trio.Nursery,
    settings: Settings | None = None,
    *,
    port: int = 0,
    host: str = "127.0.0.1",
) -> str:
    """Serve in `nursery` until it is cancelled; returns the URL to connect to.

    Raises OSError where the port cannot be had.
    """
    settings = settings or Settings()
    listeners = await trio.open_tcp_listeners(port, host=host)
    serve = serve_lean if settings.voice is VoiceName.ECHO else _serve
    nursery.start_soon(serve, settings, listeners, name="simulator")
    bound = listeners[0].socket.getsockname()[1]
    return f"ws://{host}:{bound}{PATH}"


async def _serve(settings: Settings, listeners: list[trio.SocketListener]) -> None:
    await trio.serve_listeners(_Server(Reception(settings)).welcome, listeners)


class _Server:
    """Counts connections and keeps each one's failures to itself."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._log = structlog.get_logger("rtproxy.simulator")

    async def welcome(self, stream: trio.SocketStream) -> None:
        """One TCP connection, from its first byte to its last."""
        visit = self._reception.visit()
        try:
            async with trio.open_nursery() as nursery:
                await self._serve(nursery, stream, visit)
                nursery.cancel_scope.cancel()
        except Exception:  # noqa: BLE001 - a bug in one connection must not end the others
            self._log.exception("simulator_connection_failed", connection=visit.number)
        finally:
            await trio.aclose_forcefully(stream)

    async def _serve(self, nursery: trio.Nursery, stream: trio.SocketStream, visit: Visit) -> None:
        request = await _read_request(nursery, stream, self._reception.desk)
        if request is None:
            return
        head = UpgradeRequest(request.path, request.headers, request.proposed_subprotocols)
        answer = self._reception.answer(visit, head)
        try:
            if isinstance(answer, Turned):
                await _turn_away(request, answer)
                return
            socket = await request.accept(subprotocol=answer.subprotocol)
        except ConnectionClosed:
            return  # the client has gone before it was answered
        core = self._reception.connect(visit, answer, trio.current_time())
        await _Session(core, socket, stream, self._reception.settings).run()


async def _read_request(
    nursery: trio.Nursery, stream: trio.SocketStream, desk: Desk
) -> WebSocketRequest | None:
    """The upgrade request; None where none comes in time, or where REST was asked."""
    with trio.move_on_after(_HANDSHAKE_S):
        upgrade = await open_door(stream, desk)
        if upgrade is None:
            return None
        return await trio_websocket.wrap_server_stream(
            nursery,
            upgrade,
            message_queue_size=_QUEUE_MESSAGES,
            max_message_size=_MESSAGE_MAX_BYTES,
            receive_buffer_size=_READ_BYTES,
        )
    return None


async def _turn_away(request: WebSocketRequest, answer: Turned) -> None:
    headers, body = refusal(answer)
    encoded = [(name.encode(), value.encode()) for name, value in headers]
    await request.reject(answer.status, extra_headers=encoded, body=body)


@dataclass
class _Session:
    """One WebSocket: a reader, a writer that also keeps time, and a ping."""

    connection: Connection
    socket: WebSocketConnection
    stream: trio.SocketStream
    settings: Settings
    waiting: deque[Command] = field(default_factory=deque)
    news: trio.Event = field(default_factory=trio.Event)

    async def run(self) -> None:
        """Until either side ends it."""
        self._add(self.connection.open(trio.current_time()))
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._read)
                nursery.start_soon(self._ping)
                await self._write()
                nursery.cancel_scope.cancel()
        except* ConnectionClosed:
            pass  # the client has gone; there is nothing to tell it

    async def _read(self) -> None:
        while True:
            raw = await self.socket.get_message()
            self._add(self.connection.receive(raw, trio.current_time()))

    async def _ping(self) -> None:
        while True:
            await trio.sleep(self.settings.ping_s)
            with trio.move_on_after(self.settings.ping_s) as scope:
                await self.socket.ping()
            if scope.cancelled_caught:  # no pong: the client is no longer there
                await trio.aclose_forcefully(self.stream)

    async def _write(self) -> None:
        """Send what waits; sleep until something is due or comes. Returns after a close."""
        while True:
            self._add(self.connection.tick(trio.current_time()))
            while self.waiting:
                if await self._perform(self.waiting.popleft()):
                    return
            await self._wait()

    async def _wait(self) -> None:
        due = self.connection.next_due()
        self.news = trio.Event()
        with trio.move_on_at(math.inf if due is None else due):
            await self.news.wait()

    def _add(self, commands: Iterable[Command]) -> None:
        self.waiting.extend(commands)
        self.news.set()

    async def _perform(self, command: Command) -> bool:
        """Do it; True where the connection is over."""
        match command:
            case Send(event):
                return await self._send(_encode(event).decode())
            case Close(code, reason):
                with trio.move_on_after(_CLOSE_S):
                    await self.socket.aclose(code, reason)
                return True
            case Drop():
                await trio.aclose_forcefully(self.stream)
                return True
            case Strike():
                raise AssertionError("the connection strikes, not the shell")

    async def _send(self, text: str) -> bool:
        """Send in time; True where the client did not read and was cut off."""
        with trio.move_on_after(self.settings.send_deadline_s) as scope:
            await self.socket.send_message(text)
        if scope.cancelled_caught:
            await trio.aclose_forcefully(self.stream)
        return scope.cancelled_caught
