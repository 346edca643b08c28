"""The whole way of a chunk through the process, without sockets: frame in, frame out.

Beside the same relay in Python: wsproto, json, wsproto. Lanes that convert are in
`lane_cases.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from wsproto.events import Message

from benches.chunks.base64_cases import TEXT
from benches.chunks.case import CHUNK_S, Case, Work, expect
from benches.chunks.wire_cases import (
    FROM_CLIENT,
    FROM_UPSTREAM,
    LIMIT_BYTES,
    SEED,
    client_connection,
    masked,
    message_of,
    plain,
    server_connection,
)
from rtproxy._audio_core import Kinds, Side, Splice, Wrap
from rtproxy.model.audio_format import PCM16_24K, AudioFormat

APPEND = '{"type":"input_audio_buffer.append","event_id":"rt_$number","audio":"$audio"}'
CHUNK = '{"type":"audio_chunk","audio":"$audio"}'
RING_MS = 10_000  # fits the caches: else what others do to them would be half of the figure


class Spliced:
    """A splice with both legs, dialect `voice` on the client's side, and its own time.

    The client speaks and hears `client`, in binary frames where it is `bare`.
    """

    def __init__(self, client: AudioFormat = PCM16_24K, *, bare: bool = False) -> None:
        """Attach both legs at time zero."""
        self._now = 0.0
        self._splice = Splice(seed=SEED, ring_ms=RING_MS)
        self._client = self._open(Side.CLIENT)
        self._upstream = self._open(Side.UPSTREAM)
        said = Kinds(audio={"audio_input": "audio"}, binary="audio" if bare else "hold")
        chunk = Wrap.binary() if bare else Wrap.template(CHUNK)
        self._attach(self._client, said, chunk, client)
        answered = Kinds(audio={"response.output_audio.delta": "delta"})
        self._attach(self._upstream, answered, Wrap.template(APPEND), PCM16_24K)

    def _open(self, side: Side) -> int:
        return self._splice.open_leg(side, max_message_bytes=LIMIT_BYTES)

    def _attach(self, leg: int, kinds: Kinds, wrap: Wrap, audio: AudioFormat) -> None:
        own = audio.as_tuple()
        self._splice.attach(leg, kinds=kinds, wrap=wrap, now=0.0, speaks=own, hears=own)

    def to_upstream(self, frame: bytes) -> bytes:
        """40 ms from the client's socket to the upstream's, as bytes."""
        self._now += CHUNK_S
        self._splice.feed(self._client, frame, self._now)
        return self._splice.pull(self._upstream, self._now)

    def to_client(self, frame: bytes) -> bytes:
        """40 ms the other way, through the lane that paces."""
        self._now += CHUNK_S
        self._splice.feed(self._upstream, frame, self._now)
        return self._splice.pull(self._client, self._now)


class Plain:
    """The same relay in Python: wsproto, json, wsproto, and what is done to the base64."""

    def __init__(
        self, outward: Callable[[str], str] = str, inward: Callable[[str], str] = str
    ) -> None:
        """The two ends that are ours."""
        self._client = server_connection()
        self._upstream = client_connection()
        self._outward, self._inward = outward, inward

    def to_upstream(self, frame: bytes) -> bytes:
        """Unmask, parse, build, mask."""
        message = json.loads(message_of(self._client, frame))
        audio = self._outward(message["audio"])
        append = {"type": "input_audio_buffer.append", "audio": audio}
        return self._upstream.send(Message(data=json.dumps(append)))

    def to_client(self, frame: bytes) -> bytes:
        """Parse and build; servers do not mask."""
        event = json.loads(message_of(self._upstream, frame))
        chunk = {"type": "audio_chunk", "audio": self._inward(event["delta"])}
        return self._client.send(Message(data=json.dumps(chunk)))


def cases() -> Iterator[Case]:
    """Both directions."""
    spliced, relay = Spliced(), Plain()
    up, down = masked(FROM_CLIENT), plain(FROM_UPSTREAM)

    def check_upstream() -> None:
        message = json.loads(message_of(server_connection(), spliced.to_upstream(up)))
        expect("to upstream", message["audio"], TEXT.decode())

    def check_client() -> None:
        message = json.loads(message_of(client_connection(), spliced.to_client(down)))
        expect("to client", message, {"type": "audio_chunk", "audio": TEXT.decode()})

    yield Case(
        "splice, client to upstream",
        Work(spliced.to_upstream, up),
        check_upstream,
        "wsproto, json",
        Work(relay.to_upstream, up),
        10,
    )
    yield Case(
        "splice, upstream to client",
        Work(spliced.to_client, down),
        check_client,
        "wsproto, json",
        Work(relay.to_client, down),
        10,
    )
