"""One audio message: found in its JSON, and in its frame; beside json and wsproto."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial

from wsproto.connection import Connection, ConnectionType
from wsproto.events import Message, TextMessage

from benches.chunks.base64_cases import TEXT
from benches.chunks.case import Case, Work, expect
from rtproxy._audio_core import FrameDecoder, FrameEncoder, scan_envelope

LIMIT_BYTES = 1_048_576
SEED = bytes(range(32))
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


def client_connection() -> Connection:
    """wsproto as a client: what it sends is masked."""
    return Connection(ConnectionType.CLIENT)


def server_connection() -> Connection:
    """wsproto as a server."""
    return Connection(ConnectionType.SERVER)


def message_of(connection: Connection, data: bytes) -> str:
    """The text that the frame holds, read by wsproto."""
    connection.receive_data(data)
    return "".join(event.data for event in connection.events() if isinstance(event, TextMessage))


def masked(message: bytes) -> bytes:
    """The frame in which a client sends the message."""
    return bytes(client_connection().send(Message(data=message.decode())))


def plain(message: bytes) -> bytes:
    """The frame in which a server sends the message."""
    return bytes(server_connection().send(Message(data=message.decode())))


def cases() -> Iterator[Case]:
    """Envelope, frame in, frame out."""
    yield _envelope()
    yield _decode()
    yield _encode()


def _envelope() -> Case:
    def check() -> None:
        spans = scan_envelope(FROM_UPSTREAM, "delta") or {}
        expect("envelope", json.loads(spans["payload"]), json.loads(FROM_UPSTREAM)["delta"])

    ours = partial(scan_envelope, payload="delta")
    parse = Work(json.loads, FROM_UPSTREAM)
    return Case("envelope scan, spans copied", Work(ours, FROM_UPSTREAM), check, "json", parse, 1.2)


def _decode() -> Case:
    frame = masked(FROM_CLIENT)
    decoder = FrameDecoder(masked=True, max_message_bytes=LIMIT_BYTES)
    theirs = Work(partial(message_of, server_connection()), frame)

    def check() -> None:
        expect("frame decode", decoder.feed(frame), [("text", FROM_CLIENT, 0)])

    return Case("frame decode, masked", Work(decoder.feed, frame), check, "wsproto", theirs, 10)


def _encode() -> Case:
    encoder = FrameEncoder(seed=SEED)
    connection = client_connection()
    message = Message(data=FROM_CLIENT.decode())

    def check() -> None:
        framed = encoder.encode("text", FROM_CLIENT)
        expect("frame encode", message_of(server_connection(), framed), FROM_CLIENT.decode())

    ours = Work(partial(encoder.encode, "text"), FROM_CLIENT)
    return Case("frame encode, masked", ours, check, "wsproto", Work(connection.send, message), 10)
