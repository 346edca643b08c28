"""Frames written by hand, and wsproto as the second opinion on reading them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle

from hypothesis import strategies as st
from wsproto.frame_protocol import FrameProtocol, Opcode, ParseFailed

from rtproxy._audio_core import FrameDecoder

Received = tuple[str, bytes, int]

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
NO_LIMIT = 2**63 - 1


def frame(
    opcode: int, payload: bytes = b"", *, fin: bool = True, key: bytes | None = None
) -> bytes:
    """One frame, by RFC 6455 section 5.2; masked if there is a key."""
    size = len(payload)
    if size < 126:
        length, rest = size, b""
    elif size < 1 << 16:
        length, rest = 126, size.to_bytes(2)
    else:
        length, rest = 127, size.to_bytes(8)
    head = bytes([fin << 7 | opcode, (key is not None) << 7 | length]) + rest
    if key is None:
        return head + payload
    return head + key + bytes(byte ^ mask for byte, mask in zip(payload, cycle(key), strict=False))


@dataclass(frozen=True)
class Sent:
    """What a peer sends: one message in fragments, or one control frame."""

    opcode: int
    parts: tuple[bytes, ...]

    def received(self) -> Received:
        name = {TEXT: "text", BINARY: "binary", PING: "ping", PONG: "pong"}[self.opcode]
        return name, b"".join(self.parts), 0

    def frames(self, key: bytes | None) -> Iterator[bytes]:
        for index, part in enumerate(self.parts):
            opcode = CONTINUATION if index else self.opcode
            yield frame(opcode, part, fin=index == len(self.parts) - 1, key=key)


def _cut(data: bytes, places: Iterable[int]) -> tuple[bytes, ...]:
    """The data in parts; characters are cut like anything else."""
    ends = sorted(place % (len(data) + 1) for place in places)
    return tuple(data[a:b] for a, b in zip([0, *ends], [*ends, len(data)], strict=True))


_places = st.lists(st.integers(0, 1 << 17), max_size=4)
_sizes = st.sampled_from([0, 1, 125, 126, 127, 200, 65_535, 65_536])
_control = st.binary(max_size=125).map(lambda payload: (payload,))

messages = st.one_of(
    st.builds(Sent, st.just(TEXT), st.builds(_cut, st.text().map(str.encode), _places)),
    st.builds(Sent, st.just(BINARY), st.builds(_cut, st.binary(max_size=300), _places)),
    st.builds(Sent, st.just(BINARY), st.builds(_cut, _sizes.map(bytes), _places)),
)
controls = st.builds(Sent, st.sampled_from([PING, PONG]), _control)
keys = st.binary(min_size=4, max_size=4) | st.sampled_from([bytes(4)])
steps = st.lists(st.integers(1, 400), min_size=1, max_size=10)


@st.composite
def conversations(draw: st.DrawFn, key: bytes | None) -> tuple[bytes, list[Received]]:
    """The bytes of some messages with control frames anywhere between frames, and
    what they are to whoever receives them."""
    wire = bytearray()
    received: list[Received] = []
    for sent in draw(st.lists(messages, max_size=5)):
        for one in sent.frames(key):
            for control in draw(st.lists(controls, max_size=1)):
                wire += b"".join(control.frames(key))
                received.append(control.received())
            wire += one
        received.append(sent.received())
    return bytes(wire), received


def decode(
    data: bytes, sizes: Sequence[int] = (1 << 20,), *, masked: bool = False
) -> list[Received]:
    """Everything our decoder makes of the bytes, fed in pieces of these sizes."""
    decoder = FrameDecoder(masked=masked, max_message_bytes=NO_LIMIT)
    received: list[Received] = []
    at = 0
    for size in cycle(sizes):
        if at >= len(data):
            return received
        received += decoder.feed(data[at : at + size])
        at += size
    raise AssertionError("pieces have sizes")


def decode_by_wsproto(data: bytes, *, masked: bool) -> list[Received]:
    """The same by wsproto; a violation has no reason, for the words are its own."""
    protocol = FrameProtocol(client=not masked, extensions=[])
    protocol.receive_bytes(data)
    received: list[Received] = []
    message = b""
    try:
        for one in protocol.received_frames():
            payload = one.payload
            if isinstance(payload, tuple):
                return [*received, ("close", payload[1].encode(), int(payload[0]))]
            part = payload.encode() if isinstance(payload, str) else bytes(payload)
            if one.opcode.iscontrol():
                received.append((one.opcode.name.lower(), part, 0))
                continue
            message += part
            if one.message_finished:
                received.append(("text" if one.opcode is Opcode.TEXT else "binary", message, 0))
                message = b""
    except ParseFailed as error:
        received.append(("violation", b"", int(error.code)))
    return received
