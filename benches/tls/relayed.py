"""Messages through the reactor, the upstream plain or by TLS: microseconds inside turns.

Owns sessions of one plain client and one upstream on loopback, and the far ends of
both. What the far ends cost is not counted, for the reactor counts its own time.
"""

from __future__ import annotations

import base64
import json
import select
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from benches.tls.ends import HOST, Credentials, OurEnd, shake_hands, sockets
from rtproxy._audio_core import FrameDecoder, FrameEncoder, Kinds, Side, Splice, TlsSession, Wrap

if sys.platform == "linux":
    from rtproxy._audio_core import Reactor

SESSIONS = 50
AUDIO = base64.b64encode(bytes(range(240)) * 8).decode()  # 40 ms of PCM16 at 24 kHz
SAID = json.dumps({"type": "audio_input", "audio": AUDIO}).encode()
ANSWERED = json.dumps(
    {
        "type": "response.output_audio.delta",
        "response_id": "r1",
        "item_id": "i1",
        "content_index": 0,
        "delta": AUDIO,
    }
).encode()
FROM_CLIENT = Kinds(audio={"audio_input": "audio"})
TO_CLIENT = Wrap.template('{"type":"audio_chunk","item":$item_id,"audio":"$audio"}')
FROM_UPSTREAM = Kinds(audio={"response.output_audio.delta": "delta"})
TO_UPSTREAM = Wrap.template(
    '{"type":"input_audio_buffer.append","event_id":"rt_$number","audio":"$audio"}'
)


class Far:
    """The other end of a leg: frames, by TLS or not."""

    def __init__(self, end: socket.socket, *, client: bool, tls: OurEnd | None) -> None:
        self._socket, self._tls = end, tls
        self._encoder = FrameEncoder(seed=bytes(32) if client else None)
        self._decoder = FrameDecoder(masked=not client, max_message_bytes=1 << 20)
        self.heard = 0

    def say(self, payload: bytes) -> None:
        """Send a message whole; the socket has room for it."""
        data = self._encoder.encode("text", payload)
        if self._tls is not None:
            data = self._tls.seal(data)
        if self._socket.send(data) != len(data):
            raise ValueError("the socket is full")

    def hear(self) -> None:
        """Take what has come."""
        try:
            data = self._socket.recv(1 << 20)
        except BlockingIOError:
            return
        if self._tls is not None:
            data = self._tls.open(data)
        self.heard += len(self._decoder.feed(data))


class Relayed:
    """A reactor with its sessions."""

    def __init__(self, credentials: Credentials | None) -> None:
        self._reactor = Reactor(now=0.0)
        self._now = 0.0
        self._poll = select.poll()
        self._poll.register(self._reactor.fileno(), select.POLLIN)
        self.clients: list[Far] = []
        self.upstreams: list[Far] = []
        self._open: list[socket.socket] = []
        for _ in range(SESSIONS):
            self._add_session(credentials)
        self._serve()

    def round_us(self) -> float:
        """One message each way in every session: a message's share of the turns."""
        before = self._reactor.stats.busy_s
        self._now += 0.04
        for client, upstream in zip(self.clients, self.upstreams, strict=True):
            client.say(SAID)
            upstream.say(ANSWERED)
        self._serve()
        for far in (*self.clients, *self.upstreams):
            far.hear()
        return (self._reactor.stats.busy_s - before) / (2 * SESSIONS) * 1e6

    def check(self, rounds: int) -> None:
        """Raise ValueError unless everybody has heard everything."""
        heard = {far.heard for far in (*self.clients, *self.upstreams)}
        if heard != {rounds}:
            raise ValueError(f"of {rounds} messages {sorted(heard)} came")

    def close(self) -> None:
        """Close the far ends; the reactor closes its own."""
        for end in self._open:
            end.close()

    def _add_session(self, credentials: Credentials | None) -> None:
        splice = Splice(seed=bytes(32), lead_ms=None)
        session = self._reactor.open_session(splice)
        ours = theirs = None
        if credentials is not None:
            ours, theirs = credentials.client.open(HOST), OurEnd(credentials.server.accept())
            shake_hands(OurEnd(ours), theirs)
        self.upstreams.append(self._add_leg(splice, session, Side.UPSTREAM, ours, theirs))
        self.clients.append(self._add_leg(splice, session, Side.CLIENT, None, None))

    def _add_leg(
        self,
        splice: Splice,
        session: int,
        side: Side,
        ours: TlsSession | None,
        theirs: OurEnd | None,
    ) -> Far:
        near, far = sockets()
        self._open.append(far)
        leg = splice.open_leg(side, max_message_bytes=1 << 20)
        client = side is Side.CLIENT
        kinds, wrap = (FROM_CLIENT, TO_CLIENT) if client else (FROM_UPSTREAM, TO_UPSTREAM)
        splice.attach(leg, kinds=kinds, wrap=wrap, now=0.0)
        fd = near.detach()
        self._reactor.add(session, leg, side, fd, None, send_ms=10_000, close_ms=3_000, tls=ours)
        return Far(far, client=client, tls=theirs)

    def _serve(self) -> None:
        while self._poll.poll(0):
            self._reactor.turn(self._now)


@contextmanager
def relayed(credentials: Credentials | None) -> Iterator[Relayed]:
    """A reactor that relays; upstreams speak TLS where there are credentials."""
    made = Relayed(credentials)
    try:
        yield made
    finally:
        made.close()


def relayed_us(credentials: Credentials, rounds: int) -> tuple[list[float], list[float]]:
    """A message's share of the turns in each round, by TLS and plain, in turns."""
    with relayed(credentials) as secure, relayed(None) as plain:
        times = [(secure.round_us(), plain.round_us()) for _ in range(rounds)]
        for each in (secure, plain):
            each.check(rounds)
    return [by_tls for by_tls, _ in times], [without for _, without in times]
