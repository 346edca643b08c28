"""A session's two legs with a peer at the other end of each."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import trio
from stream_pairs import memory_transport, socket_transport, tls_transport
from ws_peer import WsPeer

from rtproxy._audio_core import Kinds, Wrap
from rtproxy.legs.driver import HAS_REACTOR
from rtproxy.legs.leg import Attachment, Leg, LegsOptions, OpenLegs, SessionLegs, Side, ToSide
from rtproxy.legs.stream_driver import open_legs
from rtproxy.legs.transport import Connection, Transport
from rtproxy.model.close import CloseReason
from rtproxy.model.errors import LegClosed

DRIVERS = ["stream", "reactor"] if HAS_REACTOR else ["stream"]  # those that are here
Pair = Callable[[], tuple[Transport, trio.abc.Stream]]
PAIRS: dict[str, Pair] = {
    "memory": memory_transport,
    "socket": socket_transport,
    "tls": tls_transport,
}


@dataclass(frozen=True)
class Ground:
    """What a session stands on: its connections, and the driver that moves their bytes."""

    pair: Pair = memory_transport
    open_legs: OpenLegs = open_legs


IN_MEMORY = Ground()

MAX_MESSAGE_BYTES = 1 << 20

CLIENT = Attachment(
    Kinds(audio={"audio_input": "audio"}),
    Wrap.template('{"type":"audio_chunk","item":$item_id,"audio":"$audio"}'),
)
UPSTREAM = Attachment(
    Kinds(audio={"response.output_audio.delta": "delta"}),
    Wrap.template('{"type":"input_audio_buffer.append","event_id":"rt_$number","audio":"$audio"}'),
)


@dataclass
class Rig:
    """What a test plays on."""

    legs: SessionLegs
    client: Leg
    upstream: Leg
    browser: WsPeer
    model: WsPeer

    def attach(self) -> None:
        """Join the legs."""
        self.legs.attach(self.upstream, UPSTREAM)
        self.legs.attach(self.client, CLIENT)


@asynccontextmanager
async def open_rig(
    options: LegsOptions | None = None,
    *,
    ground: Ground = IN_MEMORY,
    polite: bool = True,
    pongs: bool = True,
) -> AsyncIterator[Rig]:
    """A session whose legs are joined; without ceremony at the end, unless an error ends it."""
    options = options or LegsOptions(lead_ms=None)
    near, browser = ground.pair()
    far, model = ground.pair()
    opened = ground.open_legs(options, seed=bytes(32))
    async with _closing(browser), _closing(model), opened as legs:
        rig = Rig(
            legs,
            legs.add(Side.CLIENT, Connection(near), max_message_bytes=MAX_MESSAGE_BYTES),
            legs.add(Side.UPSTREAM, Connection(far), max_message_bytes=MAX_MESSAGE_BYTES),
            WsPeer(browser, client=True, polite=polite, pongs=pongs),
            WsPeer(model, client=False, polite=polite, pongs=pongs),
        )
        rig.attach()
        yield rig
        rig.client.abort()  # nobody would answer a close
        rig.upstream.abort()


@asynccontextmanager
async def _closing(stream: trio.abc.Stream) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await trio.aclose_forcefully(stream)


def pcm(ms: int, value: int = 7) -> bytes:
    """That much audio, all of one value."""
    return value.to_bytes(2, "little", signed=True) * (24 * ms)


def said(ms: int = 40, value: int = 7) -> str:
    """A chunk from the client."""
    return json.dumps({"type": "audio_input", "audio": base64.b64encode(pcm(ms, value)).decode()})


def answered(ms: int = 40, value: int = 7, *, response: str = "r1", item: str = "i1") -> str:
    """A chunk from the upstream."""
    return json.dumps(
        {
            "type": "response.output_audio.delta",
            "response_id": response,
            "item_id": item,
            "content_index": 0,
            "delta": base64.b64encode(pcm(ms, value)).decode(),
        }
    )


def audio_in(message: object) -> bytes:
    """The audio of a message that a peer heard."""
    assert isinstance(message, str)
    audio: str = json.loads(message)["audio"]
    return base64.b64decode(audio)


def tell(side: Side, **fields: object) -> ToSide:
    """A small message."""
    return ToSide(side, json.dumps(fields).encode())


async def closed_by(leg: Leg) -> CloseReason:
    """Why the leg ends, past whatever is still delivered."""
    try:
        while True:
            await leg.receive()
    except LegClosed as closed:
        return closed.reason
