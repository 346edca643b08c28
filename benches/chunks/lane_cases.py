"""The whole way of a chunk through lanes that convert: frame in, frame out.

Beside the same relay in Python: wsproto, json, and between them what `peers.py` has
of numpy, soxr and pybase64. And what it costs to open such a splice.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import numpy as np
import pybase64
from wsproto.connection import Connection
from wsproto.events import BytesMessage, Message

from benches.chunks import peers, sound
from benches.chunks.audio_cases import (
    G711_DB,
    PCM16_DB,
    UPSTREAM,
    Samples,
    expect_steady,
    of_base64,
    of_floats,
    ulaw,
)
from benches.chunks.case import CHUNK_S, Case, Work, expect
from benches.chunks.splice_cases import Plain, Spliced
from benches.chunks.wire_cases import (
    FROM_UPSTREAM,
    client_connection,
    masked,
    message_of,
    plain,
    server_connection,
)
from rtproxy import AudioFormat, AudioPath, Encoding

STUDIO = AudioFormat(Encoding.F32, 48_000, 2)
PHONE = AudioFormat(Encoding.G711_ULAW, 8_000)
CD = AudioFormat(Encoding.PCM16, 44_100, 2)
PEER = "wsproto, json, soxr"
ANSWER = plain(FROM_UPSTREAM)

Relay = Callable[[bytes], bytes]


class BinaryRelay:
    """The relay in Python for a client of `STUDIO` in binary frames."""

    def __init__(self) -> None:
        """The two ends that are ours, and a resampler each way."""
        self._client, self._upstream = server_connection(), client_connection()
        self._outward = peers.ToUpstream(STUDIO.rate_hz, STUDIO.channels)
        self._inward = peers.FromUpstream(STUDIO.rate_hz, STUDIO.channels)

    def to_upstream(self, frame: bytes) -> bytes:
        """Unmask, convert, build, mask."""
        samples = np.frombuffer(bytes_of(self._client, frame), np.float32)
        audio = self._outward(samples.reshape(-1, STUDIO.channels))
        append = {"type": "input_audio_buffer.append", "audio": audio}
        return self._upstream.send(Message(data=json.dumps(append)))

    def to_client(self, frame: bytes) -> bytes:
        """Parse, convert; servers do not mask."""
        event = json.loads(message_of(self._upstream, frame))
        return self._client.send(Message(data=self._inward(event["delta"]).tobytes()))


def phone_relay() -> Plain:
    """The relay in Python for a client of `PHONE` in JSON."""
    to_pcm16 = peers.UlawToUpstream()
    return Plain(
        lambda text: to_pcm16(pybase64.b64decode(text, validate=True)), peers.UlawFromUpstream()
    )


def bytes_of(connection: Connection, data: bytes) -> bytes:
    """The payload of a binary frame, read by wsproto."""
    connection.receive_data(data)
    events = connection.events()
    return b"".join(bytes(event.data) for event in events if isinstance(event, BytesMessage))


def said(audio: bytes, *, bare: bool) -> bytes:
    """The frame in which a client says it."""
    if bare:
        return bytes(client_connection().send(Message(data=audio)))
    message = {"type": "audio_input", "audio": pybase64.b64encode_as_string(audio)}
    return masked(json.dumps(message).encode())


def appended(frames: list[bytes]) -> Samples:
    """What an upstream hears."""
    far_end = server_connection()
    return of_base64([json.loads(message_of(far_end, frame))["audio"] for frame in frames])


def studio_heard(frames: list[bytes]) -> Samples:
    """What a client of `STUDIO` hears in binary frames."""
    far_end = client_connection()
    return of_floats(STUDIO.channels)([bytes_of(far_end, frame) for frame in frames])


def phone_heard(frames: list[bytes]) -> Samples:
    """What a client of `PHONE` hears in JSON."""
    far_end = client_connection()
    pieces = [json.loads(message_of(far_end, frame))["audio"] for frame in frames]
    codes = np.frombuffer(b"".join(map(pybase64.b64decode, pieces)), np.uint8)
    return peers.ulaw_table()[codes] / 32768


def relayed(
    name: str,
    makers: tuple[Callable[[], Relay], Callable[[], Relay]],
    frame: bytes,
    read: Callable[[list[bytes]], Samples],
    formats: tuple[AudioFormat, AudioFormat],
) -> Case:
    """One direction; for a check both sides begin a stream of their own."""
    db = G711_DB if PHONE in formats else PCM16_DB
    late_ms = AudioPath(*formats).latency_ms
    ours, theirs = (Work(make(), frame) for make in makers)

    def check() -> None:
        ours, theirs = (Work(make(), frame) for make in makers)
        rate_hz = formats[1].rate_hz
        expect_steady(f"{name}, ours", ours, read, rate_hz, db, late_ms)
        expect_steady(f"{name}, peer", theirs, read, rate_hz, db)

    return Case(name, ours, check, PEER, theirs)


def opened() -> Case:
    """A splice from nothing to its first chunk each way, at a rate whose filter is long."""
    first = said(sound.pcm16(sound.chunk(CD.rate_hz, 2)).tobytes(), bare=True)

    def open_one(frame: bytes) -> tuple[bytes, bytes]:
        spliced = Spliced(CD, bare=True)
        return spliced.to_upstream(frame), spliced.to_client(ANSWER)

    def check() -> None:
        to_upstream, to_client = open_one(first)
        lengths = len(appended([to_upstream])), len(bytes_of(client_connection(), to_client))
        chunk_bytes = int(CD.rate_hz * CHUNK_S) * CD.frame_bytes
        expect("a new splice", lengths, (int(UPSTREAM.rate_hz * CHUNK_S), chunk_bytes))

    return Case("splice, new, 44.1 kHz both ways", Work(open_one, first), check)


def cases() -> Iterator[Case]:
    """Both directions of both clients."""
    stereo = said(sound.chunk(STUDIO.rate_hz, STUDIO.channels).tobytes(), bare=True)
    codes = said(ulaw(sound.pcm16(sound.chunk(PHONE.rate_hz))), bare=False)
    yield relayed(
        "splice, 48 kHz stereo f32 to upstream",
        (lambda: Spliced(STUDIO, bare=True).to_upstream, lambda: BinaryRelay().to_upstream),
        stereo,
        appended,
        (STUDIO, UPSTREAM),
    )
    yield relayed(
        "splice, upstream to 48 kHz stereo f32",
        (lambda: Spliced(STUDIO, bare=True).to_client, lambda: BinaryRelay().to_client),
        ANSWER,
        studio_heard,
        (UPSTREAM, STUDIO),
    )
    yield relayed(
        "splice, 8 kHz mu-law to upstream",
        (lambda: Spliced(PHONE).to_upstream, lambda: phone_relay().to_upstream),
        codes,
        appended,
        (PHONE, UPSTREAM),
    )
    yield relayed(
        "splice, upstream to 8 kHz mu-law",
        (lambda: Spliced(PHONE).to_client, lambda: phone_relay().to_client),
        ANSWER,
        phone_heard,
        (UPSTREAM, PHONE),
    )
    yield opened()
