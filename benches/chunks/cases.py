"""The cases: one piece of work each, done by the extension and by its stand-in.

Owns the input (40 ms of PCM16, its base64, its messages and frames), both ways
of doing the work, and the check that both come to the same result. The stand-in
is what one would write without the extension: the standard library where it has
the thing in C (base64, json), wsproto where it has not (frames).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from wsproto.connection import Connection, ConnectionType
from wsproto.events import Message, TextMessage

from rtproxy._audio_core import (
    FrameDecoder,
    FrameEncoder,
    Kinds,
    Side,
    Splice,
    Wrap,
    check_base64,
    decode_base64,
    encode_base64,
    scan_envelope,
)

CHUNK_S = 0.04
SAMPLES = 960
LIMIT_BYTES = 1_048_576
SEED = bytes(range(32))


class WrongResultError(Exception):
    """The extension and its stand-in disagree."""


@dataclass(frozen=True, slots=True)
class Case:
    """One piece of work; `bar` is how many times faster ours has to be."""

    name: str
    stand_in: str
    ours: Callable[[], object]
    theirs: Callable[[], object]
    check: Callable[[], None]
    bar: float


def expect(case: str, got: object, want: object) -> None:
    """Raise WrongResultError unless the two are equal."""
    if got != want:
        raise WrongResultError(f"{case}: got {str(got)[:120]}, want {str(want)[:120]}")


def _speech() -> bytes:
    noise = np.random.default_rng(3).integers(-3000, 3000, SAMPLES, dtype=np.int16)
    return noise.astype("<i2").tobytes()


PCM = _speech()
TEXT = base64.b64encode(PCM)
FROM_CLIENT = json.dumps({"type": "audio_input", "audio": TEXT.decode()}).encode()
FROM_UPSTREAM = json.dumps(
    {
        "type": "response.output_audio.delta",
        "event_id": "event_benchmark000000000001",
        "response_id": "resp_benchmark0000000000001",
        "item_id": "item_benchmark0000000000001",
        "output_index": 0,
        "content_index": 0,
        "delta": TEXT.decode(),
    }
).encode()


def _client_connection() -> Connection:
    return Connection(ConnectionType.CLIENT)


def _server_connection() -> Connection:
    return Connection(ConnectionType.SERVER)


MASKED = _client_connection().send(Message(data=FROM_CLIENT.decode()))
PLAIN = _server_connection().send(Message(data=FROM_UPSTREAM.decode()))


def message_of(connection: Connection, data: bytes) -> str:
    """The text that the frame holds, read by wsproto."""
    connection.receive_data(data)
    return "".join(event.data for event in connection.events() if isinstance(event, TextMessage))


def base64_cases() -> Iterator[Case]:
    """The payload alone."""
    yield Case(
        "base64 decode, strict",
        "base64",
        lambda: decode_base64(TEXT),
        lambda: base64.b64decode(TEXT, validate=True),
        lambda: expect("decode", decode_base64(TEXT), PCM),
        bar=5,
    )
    yield Case(
        "base64 encode",
        "base64",
        lambda: encode_base64(PCM),
        lambda: base64.b64encode(PCM),
        lambda: expect("encode", encode_base64(PCM), TEXT),
        bar=2.5,
    )
    yield Case(
        "base64 check",
        "base64",
        lambda: check_base64(TEXT),
        lambda: base64.b64decode(TEXT, validate=True),
        lambda: expect("check", (check_base64(TEXT), check_base64(TEXT[:-1])), (True, False)),
        bar=20,
    )


def envelope_case() -> Case:
    """Finding the audio in its message."""

    def check() -> None:
        spans = scan_envelope(FROM_UPSTREAM, "delta")
        expect("scan", (spans or {}).get("payload"), b'"' + TEXT + b'"')

    return Case(
        "envelope scan, spans copied",
        "json",
        lambda: scan_envelope(FROM_UPSTREAM, "delta"),
        lambda: json.loads(FROM_UPSTREAM),
        check,
        bar=1.2,
    )


def codec_cases() -> Iterator[Case]:
    """The message in its frame."""
    decoder = FrameDecoder(masked=True, max_message_bytes=LIMIT_BYTES)
    encoder = FrameEncoder(seed=SEED)
    reading, writing = _server_connection(), _client_connection()

    def check_encode() -> None:
        framed = encoder.encode("text", FROM_CLIENT)
        expect("frame encode", message_of(_server_connection(), framed), FROM_CLIENT.decode())

    yield Case(
        "frame decode, masked",
        "wsproto",
        lambda: decoder.feed(MASKED),
        lambda: message_of(reading, MASKED),
        lambda: expect("frame decode", decoder.feed(MASKED), [("text", FROM_CLIENT, 0)]),
        bar=10,
    )
    yield Case(
        "frame encode, masked",
        "wsproto",
        lambda: encoder.encode("text", FROM_CLIENT),
        lambda: writing.send(Message(data=FROM_CLIENT.decode())),
        check_encode,
        bar=10,
    )


class Spliced:
    """A splice with both legs, dialect `voice` on the client's side, and its own time."""

    def __init__(self) -> None:
        """Attach both legs at time zero."""
        self._now = 0.0
        self._splice = Splice(seed=SEED)
        self._client = self._splice.open_leg(Side.CLIENT, max_message_bytes=LIMIT_BYTES)
        self._upstream = self._splice.open_leg(Side.UPSTREAM, max_message_bytes=LIMIT_BYTES)
        append = '{"type":"input_audio_buffer.append","event_id":"rt_$number","audio":"$audio"}'
        self._splice.attach(
            self._client,
            kinds=Kinds(audio={"audio_input": "audio"}),
            wrap=Wrap.template('{"type":"audio_chunk","audio":"$audio"}'),
            now=0.0,
        )
        self._splice.attach(
            self._upstream,
            kinds=Kinds(audio={"response.output_audio.delta": "delta"}),
            wrap=Wrap.template(append),
            now=0.0,
        )

    def to_upstream(self) -> bytes:
        """40 ms from the client's socket to the upstream's, as bytes."""
        self._now += CHUNK_S
        self._splice.feed(self._client, MASKED, self._now)
        return self._splice.pull(self._upstream, self._now)

    def to_client(self) -> bytes:
        """40 ms the other way, through the lane that paces."""
        self._now += CHUNK_S
        self._splice.feed(self._upstream, PLAIN, self._now)
        return self._splice.pull(self._client, self._now)


class Plain:
    """The same relay in Python: wsproto, json, wsproto."""

    def __init__(self) -> None:
        """The four ends of two connections."""
        self._client = _server_connection()
        self._upstream = _client_connection()

    def to_upstream(self) -> bytes:
        """Unmask, parse, build, mask."""
        message = json.loads(message_of(self._client, MASKED))
        append = {"type": "input_audio_buffer.append", "audio": message["audio"]}
        return self._upstream.send(Message(data=json.dumps(append)))

    def to_client(self) -> bytes:
        """Parse and build; servers do not mask."""
        event = json.loads(message_of(self._upstream, PLAIN))
        chunk = {"type": "audio_chunk", "audio": event["delta"]}
        return self._client.send(Message(data=json.dumps(chunk)))


def splice_cases() -> Iterator[Case]:
    """The whole way through the process, without sockets."""
    spliced, plain = Spliced(), Plain()

    def check_upstream() -> None:
        message = json.loads(message_of(_server_connection(), spliced.to_upstream()))
        expect("to upstream", message["audio"], TEXT.decode())

    def check_client() -> None:
        message = json.loads(message_of(_client_connection(), spliced.to_client()))
        expect("to client", message, {"type": "audio_chunk", "audio": TEXT.decode()})

    yield Case(
        "client to upstream",
        "wsproto, json",
        spliced.to_upstream,
        plain.to_upstream,
        check_upstream,
        bar=10,
    )
    yield Case(
        "upstream to client",
        "wsproto, json",
        spliced.to_client,
        plain.to_client,
        check_client,
        bar=10,
    )


def all_cases() -> list[Case]:
    """From the smallest to the whole."""
    return [*base64_cases(), envelope_case(), *codec_cases(), *splice_cases()]
