"""An upgrade request that waits for its answer.

Owns the one decision of a WebSocket's life before there is a leg: accepted or
refused, once. Must not know by which rules it is decided (that is runtime's), nor
what is spoken afterwards.
"""

from __future__ import annotations

from enum import Enum, auto
from urllib.parse import parse_qsl

import trio

from rtproxy._audio_core import FrameEncoder
from rtproxy.legs.farewell import wind_down
from rtproxy.legs.handshake import UpgradeOffer, switching_headers
from rtproxy.legs.http1 import RequestHead, RequestReader, error_body
from rtproxy.legs.transport import LOST, Address, Connection, Transport
from rtproxy.legs.usual_head import Headers
from rtproxy.model.close import CloseCode
from rtproxy.model.errors import PeerError

SEND_S = 10.0
WIND_DOWN_S = 1.0


class ClientGone(PeerError):
    """Nobody is there any more to be answered."""


class _State(Enum):
    WAITING = auto()
    ACCEPTED = auto()
    REFUSED = auto()


class Upgrade:
    """An upgrade request; whoever is given one accepts or refuses it, once.

    `path` and `raw_query` are still percent-encoded; of a query parameter that comes twice the
    last counts; header names are in lower case; `peer` is host and port.
    """

    def __init__(
        self, head: RequestHead, offer: UpgradeOffer, reader: RequestReader, transport: Transport
    ) -> None:
        self.path = head.path
        self.raw_query = head.query
        self.query = dict(parse_qsl(head.query, keep_blank_values=True))
        self.headers = head.headers
        self.subprotocols = offer.subprotocols
        self._offer = offer
        self._reader = reader
        self._leftover = reader.leftover()
        self._transport = transport
        self._state = _State.WAITING

    @property
    def peer(self) -> Address:
        """Where the client is."""
        return self._transport.addresses()[0]

    def header(self, name: str) -> str | None:
        """The first value of a header (its name in lower case), or None."""
        return next((value for key, value in self.headers if key == name), None)

    async def accept(self, subprotocol: str | None = None, headers: Headers = ()) -> Connection:
        """Answer 101 and hand the connection over: who has it closes it.

        Raises ValueError for a subprotocol that was not offered; ClientGone, which
        may be left to the listener.
        """
        answer = self._reader.switch(switching_headers(self._offer, subprotocol, headers))
        self._decide(_State.ACCEPTED)
        await self._send(answer)
        return Connection(self._transport, self._leftover, subprotocol)

    async def refuse(self, status: int, message: str, headers: Headers = ()) -> None:
        """Answer with an HTTP error that says `message`, and end the connection."""
        await self._refuse(status, *error_body(status, message), headers)

    async def turn_away(self, status: int, headers: Headers, body: bytes) -> None:
        """Answer with an HTTP error of the caller's own words, and end the connection."""
        await self._refuse(status, body, headers)

    async def fail(self, error_id: str) -> None:
        """Our own fault: 500, or 1011 where frames are spoken already."""
        if self._state is _State.WAITING:
            await self._refuse(500, *error_body(500, "Internal error.", error_id=error_id))
        elif not self._transport.closed:
            words = f"internal error {error_id}".encode()
            frame = FrameEncoder(seed=None).encode("close", words, CloseCode.OUR_FAULT)
            await self._send(frame)
            await wind_down(self._transport, within_s=WIND_DOWN_S)

    async def _refuse(
        self, status: int, body: bytes, content_type: Headers, headers: Headers = ()
    ) -> None:
        self._decide(_State.REFUSED)
        await self._send(self._reader.respond(status, body, [*content_type, *headers]))
        await wind_down(self._transport, within_s=WIND_DOWN_S)

    def _decide(self, state: _State) -> None:
        if self._state is not _State.WAITING:
            raise RuntimeError(f"this upgrade is already {self._state.name.lower()}")
        self._state = state

    async def _send(self, data: bytes) -> None:
        try:
            rest = data[self._transport.send_now(data) :]
            if rest:  # hardly ever: nothing was written here before
                with trio.fail_after(SEND_S):
                    await self._transport.send_all(rest)
        except (*LOST, trio.TooSlowError) as error:
            raise ClientGone("the client went before it was answered") from error
