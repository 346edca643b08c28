"""The simulator on our own legs: how an echo is served.

Owns the connections of an echo and the filling in of stamps. An echo is there to be
loaded: a thousand sessions come back through it, and trio-websocket would cost more
for each message than the proxy under test. What a client sees is decided by
`connection`, as everywhere. Must not decide any of it.

A chunk that `rtproxy load` has stamped goes back with the times at which it was read
here and at which it left; everything else goes back as it came.
"""

from __future__ import annotations

import math
import socket
import time
from collections.abc import Iterable

import msgspec
import structlog
import trio

from rtproxy.audio.stamp import answer_stamp
from rtproxy.legs.farewell import wind_down
from rtproxy.legs.handshake import read_offer
from rtproxy.legs.http1 import RequestHead, RequestReader, RequestRefused, error_body
from rtproxy.legs.lean_leg import LeanLeg, LeanLegs
from rtproxy.legs.transport import LOST, SocketTransport
from rtproxy.legs.upgrade import ClientGone, Upgrade
from rtproxy.model.close import CloseCode, CloseReason
from rtproxy.simulator.commands import Close, Command, Drop, Send, Strike
from rtproxy.simulator.connection import Connection
from rtproxy.simulator.handshake import Turned, UpgradeRequest
from rtproxy.simulator.reception import Reception, Visit, refusal
from rtproxy.simulator.settings import Settings

_HANDSHAKE_S = 5.0
_CLOSE_S = 3.0
_WIND_DOWN_S = 1.0
_MESSAGE_MAX_BYTES = 16 * 1024 * 1024
_AUDIO = "response.output_audio.delta"
_GONE = (*LOST, ClientGone, trio.TooSlowError)

_encode = msgspec.json.Encoder().encode


async def serve_lean(settings: Settings, listeners: list[trio.SocketListener]) -> None:
    """Serve until cancelled."""
    server = _LeanServer(Reception(settings))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(server.legs.run)
        await trio.serve_listeners(server.welcome, listeners)


class _LeanServer:
    """Takes connections and keeps each one's failures to itself."""

    def __init__(self, reception: Reception) -> None:
        self.legs = LeanLegs()
        self._reception = reception
        self._log = structlog.get_logger("rtproxy.simulator")

    async def welcome(self, stream: trio.SocketStream) -> None:
        """One TCP connection, from its first byte to its last."""
        visit = self._reception.visit()
        transport = SocketTransport(socket.socket(fileno=stream.socket.detach()))
        try:
            await self._serve(transport, visit)
        except _GONE:
            pass  # before it was answered; there is nobody to tell
        except Exception:  # noqa: BLE001 - a bug in one connection must not end the others
            self._log.exception("simulator_connection_failed", connection=visit.number)
        finally:
            transport.abort()

    async def _serve(self, transport: SocketTransport, visit: Visit) -> None:
        upgrade = await _read_upgrade(transport)
        if upgrade is None:
            return
        target = f"{upgrade.path}?{upgrade.raw_query}"
        headers = [(name.encode(), value.encode("latin-1")) for name, value in upgrade.headers]
        request = UpgradeRequest(target, headers, upgrade.subprotocols)
        answer = self._reception.answer(visit, request)
        if isinstance(answer, Turned):
            await upgrade.turn_away(answer.status, *refusal(answer))
            return
        accepted = await upgrade.accept(answer.subprotocol)
        core = self._reception.connect(visit, answer, trio.current_time())
        leg = LeanLeg(self.legs, transport, seed=None, max_message_bytes=_MESSAGE_MAX_BYTES)
        await _Echo(core, leg, self._reception.settings).run(accepted.leftover)


async def _read_upgrade(transport: SocketTransport) -> Upgrade | None:
    """The upgrade request; None where none comes in time, or one that is none."""
    reader = RequestReader()
    try:
        with trio.move_on_after(_HANDSHAKE_S):
            head = await _read_head(transport, reader)
            return None if head is None else Upgrade(head, read_offer(head), reader, transport)
    except RequestRefused as refused:
        body, headers = error_body(refused.status, str(refused))
        with trio.fail_after(_HANDSHAKE_S):
            answer = reader.respond(refused.status, body, [*refused.headers, *headers])
            await transport.send_all(answer)
        await wind_down(transport, within_s=_WIND_DOWN_S)
    return None


async def _read_head(transport: SocketTransport, reader: RequestReader) -> RequestHead | None:
    while data := await transport.read(reader.room_bytes):
        if (head := reader.feed(data)) is not None:
            return head
    return None


class _Echo:
    """One session: what comes is answered at once; one task keeps its time."""

    def __init__(self, core: Connection, leg: LeanLeg, settings: Settings) -> None:
        self._core = core
        self._leg = leg
        self._ping_s = settings.ping_s
        self._alarm = trio.CancelScope()
        self._over = trio.Event()
        self._closing: CloseReason | None = None

    async def run(self, leftover: bytes) -> None:
        """Until either side ends it."""
        self._perform(self._core.open(trio.current_time()))
        self._leg.start(self, leftover)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._keep_time)
            nursery.start_soon(self._ping)
            await self._over.wait()
            nursery.cancel_scope.cancel()
        if self._closing is not None:
            await self._leg.aclose(self._closing, within_s=_CLOSE_S)

    def receive(self, payload: bytes, *, text: bool, at_ns: int) -> None:
        """A message came."""
        now = trio.current_time()
        raw = payload.decode() if text else payload
        self._perform(self._core.receive(raw, now), at_ns)
        due = self._core.next_due()
        if due is not None and due < self._alarm.deadline:
            self._alarm.deadline = due

    def ended(self, reason: CloseReason) -> None:
        """The client has gone."""
        self._over.set()

    async def _keep_time(self) -> None:
        while True:
            self._perform(self._core.tick(trio.current_time()))
            due = self._core.next_due()
            self._alarm = trio.CancelScope(deadline=math.inf if due is None else due)
            with self._alarm:
                await trio.sleep_forever()

    async def _ping(self) -> None:
        while True:
            await trio.sleep(self._ping_s)
            self._leg.ping()

    def _perform(self, commands: Iterable[Command], at_ns: int = 0) -> None:
        for command in commands:
            match command:
                case Send(event):
                    if event["type"] == _AUDIO:
                        event["delta"] = answer_stamp(event["delta"], at_ns, time.monotonic_ns())
                    self._leg.send(_encode(event))
                case Close(code, reason):
                    self._closing = CloseReason(code or CloseCode.DONE, reason)
                    self._over.set()
                case Drop():
                    self._leg.abort()
                    self._over.set()
                case Strike():
                    raise AssertionError("the connection strikes, not the shell")
