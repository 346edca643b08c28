"""An upgrade request that waits for its answer.

Owns the one decision of a WebSocket's life before there is a leg: accepted or
refused, once. Must not know by which rules it is decided (that is runtime's), nor
what is spoken afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

import trio

from rtproxy._audio_core import FrameEncoder
from rtproxy.legs.handshake import UpgradeOffer, switching_headers
from rtproxy.legs.http1 import Headers, RequestHead, RequestReader, error_body
from rtproxy.legs.transport import Address, Transport, wind_down
from rtproxy.model.close import CloseCode

SEND_S = 10.0
WIND_DOWN_S = 1.0


@dataclass(frozen=True, slots=True)
class UpgradeRequest:
    """What the client asked for; `path` is still percent-encoded, header names are lower case."""

    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    subprotocols: tuple[str, ...]
    peer: Address

    def header(self, name: str) -> str | None:
        """The first value of a header (its name in lower case), or None."""
        return next((value for key, value in self.headers if key == name), None)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A connection that speaks frames from now on; `leftover` came with the request."""

    transport: Transport
    leftover: bytes


class _State(Enum):
    WAITING = auto()
    ACCEPTED = auto()
    REFUSED = auto()


class Upgrade:
    """An upgrade request; whoever is given one accepts or refuses it, once."""

    def __init__(
        self, head: RequestHead, offer: UpgradeOffer, reader: RequestReader, transport: Transport
    ) -> None:
        self.request = UpgradeRequest(
            head.path, head.query, head.headers, offer.subprotocols, transport.addresses()[0]
        )
        self._offer = offer
        self._reader = reader
        self._leftover = reader.leftover()
        self._transport = transport
        self._state = _State.WAITING

    async def accept(self, subprotocol: str | None = None, headers: Headers = ()) -> Accepted:
        """Answer 101 and hand the connection over: who has it closes it.

        Raises ValueError for a subprotocol that was not offered; BrokenResourceError,
        ClosedResourceError or TooSlowError if the client has gone meanwhile.
        """
        answer = self._reader.switch(switching_headers(self._offer, subprotocol, headers))
        self._decide(_State.ACCEPTED)
        await self._send(answer)
        return Accepted(self._transport, self._leftover)

    async def refuse(self, status: int, body: bytes, headers: Headers = ()) -> None:
        """Answer with an HTTP error and end the connection."""
        self._decide(_State.REFUSED)
        await self._send(self._reader.respond(status, body, headers))
        await wind_down(self._transport, within_s=WIND_DOWN_S)

    async def fail(self, error_id: str) -> None:
        """Our own fault: 500, or 1011 where frames are spoken already."""
        if self._state is _State.WAITING:
            await self.refuse(500, *error_body(500, "Internal error.", error_id=error_id))
        elif not self._transport.closed:
            words = f"internal error {error_id}".encode()
            frame = FrameEncoder(seed=None).encode("close", words, CloseCode.OUR_FAULT)
            await self._send(frame)
            await wind_down(self._transport, within_s=WIND_DOWN_S)

    def _decide(self, state: _State) -> None:
        if self._state is not _State.WAITING:
            raise RuntimeError(f"this upgrade is already {self._state.name.lower()}")
        self._state = state

    async def _send(self, data: bytes) -> None:
        with trio.fail_after(SEND_S):
            await self._transport.send_all(data)
