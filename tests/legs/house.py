"""A listener on a free port, with an echo behind its door and paths that misbehave."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import trio
from quart_trio import QuartTrio
from rig import MAX_MESSAGE_BYTES, closed_by
from stream_pairs import all_of
from trio_websocket import open_websocket_url

from rtproxy.config import ServerConfig
from rtproxy.legs.driver import start_driver
from rtproxy.legs.leg import LegsOptions, OpenLegs, Side
from rtproxy.legs.listener import Listener, Upgrade, open_listener
from rtproxy.legs.stream_driver import open_legs

UPGRADE = (
    b"GET %s HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
HEALTH = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"
# HEADERS with :method GET, :scheme http and a :path of "/" and the byte 0xff
H2_NON_ASCII = b"\0\0\7\1\5\0\0\0\1\x82\x86\x44\2/\xff\x84"
OVERSIZE = b"\x81\xff" + (17 << 20).to_bytes(8, "big") + bytes(4) + bytes(100_000)
OTHER_TYPE = b"\x82\x85" + bytes(4) + b"hello"


@dataclass
class Door:
    """What the listener's upgrades meet: an echo, and paths that misbehave."""

    upgrades: list[Upgrade] = field(default_factory=list)
    open_legs: OpenLegs = open_legs

    async def enter(self, upgrade: Upgrade) -> None:
        """Serve one upgrade by its path."""
        self.upgrades.append(upgrade)
        match upgrade.path:
            case "/refuse":
                await upgrade.refuse(429, "Too many.", [("Retry-After", "7")])
            case "/bug":
                raise ZeroDivisionError
            case "/late-bug":
                await upgrade.accept()
                raise ZeroDivisionError
            case "/forget":
                pass
            case "/wrong-subprotocol":
                await upgrade.accept("never-offered")
            case "/realtime":
                await self._echo(upgrade, "realtime")
            case _:
                await self._echo(upgrade, None)

    async def _echo(self, upgrade: Upgrade, subprotocol: str | None) -> None:
        """Say every message back until the client goes."""
        connection = await upgrade.accept(subprotocol)
        async with self.open_legs(LegsOptions(lead_ms=None)) as legs:
            leg = legs.add(Side.CLIENT, connection, max_message_bytes=MAX_MESSAGE_BYTES)

            async def answer() -> None:
                while True:
                    message = await leg.receive()
                    leg.send(message.raw)
                    leg.release(message)

            with suppress(BaseExceptionGroup):
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(answer)
            await leg.aclose(await closed_by(leg))


@dataclass
class House:
    """A listener and its doors."""

    listener: Listener
    door: Door
    extra_door: Door

    async def raw(self, data: bytes, *, first: bytes = b"", port: int | None = None) -> bytes:
        """Send bytes, after the answer to `first` if there is one; all that comes back."""
        port = self.listener.port if port is None else port
        async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
            if first:
                await stream.send_all(first)
                await stream.receive_some()
            with suppress(trio.BrokenResourceError):
                await stream.send_all(data)
                await stream.send_eof()
            return await all_of(stream)

    async def is_well(self) -> bool:
        """Whether a plain request and a WebSocket are both served."""
        if b'{"status":"ok"}' not in await self.raw(HEALTH):
            return False
        async with open_websocket_url(self.listener.ws_url + "/echo") as client:
            await client.send_message("there?")
            return bool(await client.get_message() == "there?")


@asynccontextmanager
async def open_house(
    application: QuartTrio, *, head_s: float = 5.0, **server: object
) -> AsyncIterator[House]:
    """A listener on a free port for the time of the block."""
    config = ServerConfig(**{"port": 0, **server})  # type: ignore[arg-type] # keys by name
    async with trio.open_nursery() as nursery:
        driver = await start_driver(nursery, config.driver)
        door = Door(open_legs=driver.open_legs)
        extra_door = Door(open_legs=driver.open_legs)
        listener = await open_listener(
            nursery,
            config,
            on_upgrade=door.enter,
            on_extra_upgrade=extra_door.enter,
            application=application,
            head_s=head_s,
        )
        yield House(listener, door, extra_door)
        nursery.cancel_scope.cancel()
