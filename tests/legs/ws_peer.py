"""The other end of a leg, on wsproto: an implementation that is not ours."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import trio
from wsproto import ConnectionType
from wsproto.connection import Connection
from wsproto.events import BytesMessage, CloseConnection, Event, Ping, Pong, TextMessage
from wsproto.utilities import LocalProtocolError


@dataclass(frozen=True)
class Close:
    """A close frame that came; code 1006 where the stream just ended."""

    code: int
    reason: str


class WsPeer:
    """Frames over any Trio stream, from the end of the handshake on.

    `client=True` is the peer of a client leg (it masks), False that of an upstream
    leg. Nothing is answered by itself but pings, and closes where `polite`.
    """

    def __init__(
        self, stream: trio.abc.Stream, *, client: bool, polite: bool = True, pongs: bool = True
    ) -> None:
        self.stream = stream
        self._wire = Connection(ConnectionType.CLIENT if client else ConnectionType.SERVER)
        self._polite = polite
        self._pongs = pongs
        self._ready: list[str | bytes | Close | Pong] = []
        self._part: list[str] | list[bytes] = []

    async def say(self, *messages: str | bytes) -> None:
        """Send text or binary messages."""
        for message in messages:
            event = TextMessage(message) if isinstance(message, str) else BytesMessage(message)
            await self.stream.send_all(self._wire.send(event))

    async def say_event(self, event: Event) -> None:
        """Send anything else."""
        await self.stream.send_all(self._wire.send(event))

    def frames(self, *messages: str) -> bytes:
        """The bytes of text messages, not sent."""
        return b"".join(self._wire.send(TextMessage(message)) for message in messages)

    async def hear(self) -> str | bytes | Close | Pong:
        """The next message, pong or close."""
        while not self._ready:
            try:
                data = await self.stream.receive_some()
            except trio.BrokenResourceError:
                data = b""
            if not data:
                return Close(1006, "")
            self._wire.receive_data(data)
            for event in self._wire.events():
                await self._take(event)
        return self._ready.pop(0)

    async def hear_all(self) -> list[str | bytes | Close | Pong]:
        """Everything up to the close, included; then the stream has ended."""
        heard = []
        while True:
            heard.append(await self.hear())
            if isinstance(heard[-1], Close):
                return heard

    async def hear_end(self) -> None:
        """Wait until the other end has closed its stream."""
        while await self.stream.receive_some():
            pass

    async def _take(self, event: Event) -> None:
        match event:
            case TextMessage() | BytesMessage():
                self._part.append(event.data)  # type: ignore[arg-type] # one kind per message
                if event.message_finished:
                    self._ready.append(type(event.data)().join(self._part))  # type: ignore[arg-type] # as above
                    self._part = []
            case Ping():
                if self._pongs:
                    await self.stream.send_all(self._wire.send(event.response()))
            case Pong():
                self._ready.append(event)
            case CloseConnection():
                self._ready.append(Close(event.code, event.reason or ""))
                if self._polite:
                    await self._answer(event)

    async def _answer(self, event: CloseConnection) -> None:
        # Refused where we had closed first, or nobody reads any more.
        with suppress(LocalProtocolError, trio.BrokenResourceError):
            await self.stream.send_all(self._wire.send(event.response()))
