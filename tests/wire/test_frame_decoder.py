"""The decoder against wsproto: the same messages for any way of cutting the bytes."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rtproxy._audio_core import FrameDecoder
from tests.wire.frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    TEXT,
    Received,
    conversations,
    decode,
    decode_by_wsproto,
    frame,
    keys,
    steps,
)

KEY = b"\x01\x80\xff\x7e"


@given(st.data(), st.none() | keys, steps)
def test_any_cut_gives_what_was_sent(
    data: st.DataObject, key: bytes | None, sizes: list[int]
) -> None:
    wire, sent = data.draw(conversations(key))
    masked = key is not None
    assert decode(wire, sizes, masked=masked) == sent
    assert decode_by_wsproto(wire, masked=masked) == sent


def without_reasons(received: list[Received]) -> list[Received]:
    return [(name, b"" if name == "violation" else data, code) for name, data, code in received]


def both_agree(wire: bytes, sizes: list[int], *, masked: bool) -> None:
    """Padded, because a header that is cut and already wrong may be told at its end."""
    wire += bytes(14)
    ours = decode(wire, sizes, masked=masked)
    assert ours == decode(wire, masked=masked), "another cut, another meaning"
    last = ours[-1] if ours else ("", b"", 0)
    assume(last[2] != 1009)  # a length that we do not even count to
    assume(last[0] != "close" or last[2] != 1014)  # registered since wsproto's table
    assert without_reasons(ours) == decode_by_wsproto(wire, masked=masked)


@given(
    st.data(),
    st.none() | keys,
    st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=4),
    steps,
)
def test_damaged_bytes_mean_the_same_to_wsproto(
    data: st.DataObject,
    key: bytes | None,
    damage: list[tuple[int, int]],
    sizes: list[int],
) -> None:
    wire, _ = data.draw(conversations(key))
    damaged = bytearray(wire or b"\x00")
    for place, byte in damage:
        damaged[place % len(damaged)] = byte
    both_agree(bytes(damaged), sizes, masked=key is not None)


@given(
    st.lists(st.binary(max_size=6) | st.sampled_from([b"\x01", b"\x81\x84", b"\x88\x02"])),
    steps,
    st.booleans(),
)
def test_any_bytes_mean_the_same_to_wsproto(
    pieces: list[bytes], sizes: list[int], masked: bool
) -> None:
    both_agree(b"".join(pieces), sizes, masked=masked)


@given(st.integers(0, 65_535), st.binary(max_size=20) | st.text(max_size=20).map(str.encode))
def test_close_frames_mean_the_same_to_wsproto(code: int, reason: bytes) -> None:
    both_agree(frame(CLOSE, code.to_bytes(2) + reason), [1], masked=False)


@given(st.sampled_from([1004, 1005, 1006, 1012, 1013, 1015, 2999, 3000, 4999, 5000]))
def test_close_codes_at_the_borders_mean_the_same_to_wsproto(code: int) -> None:
    both_agree(frame(CLOSE, code.to_bytes(2)), [1], masked=False)


VIOLATIONS = {
    "reserved bit 1": (b"\xc1\x00", 1002),
    "reserved bit 2": (b"\xa1\x00", 1002),
    "reserved bit 3": (b"\x91\x00", 1002),
    "reserved data opcode": (frame(0x3), 1002),
    "reserved control opcode": (frame(0xB), 1002),
    "fragmented ping": (frame(PING, fin=False), 1002),
    "fragmented close": (frame(CLOSE, fin=False), 1002),
    "ping of 126 bytes": (frame(PING, bytes(126)), 1002),
    "ping of 65536 bytes": (frame(PING, bytes(65_536)), 1002),
    "masked by an upstream": (frame(TEXT, b"a", key=KEY), 1002),
    "continuation of nothing": (frame(CONTINUATION, b"a"), 1002),
    "continuation after the end": (frame(TEXT, b"a") + frame(CONTINUATION, b"a"), 1002),
    "text inside a message": (frame(BINARY, fin=False) + frame(TEXT, b"a"), 1002),
    "125 in two bytes": (b"\x82\x7e\x00\x7d" + bytes(125), 1002),
    "65535 in eight bytes": (b"\x82\x7f" + (65_535).to_bytes(8) + bytes(65_535), 1002),
    "length with the top bit": (b"\x82\x7f" + (1 << 63).to_bytes(8), 1002),
    "close with half a code": (frame(CLOSE, b"\x03"), 1002),
    "close with a local code": (frame(CLOSE, (1006).to_bytes(2)), 1002),
    "close reason no UTF-8": (frame(CLOSE, b"\x03\xe8\xc3"), 1007),
    "bad text": (frame(TEXT, b"a\xff"), 1007),
    "overlong text": (frame(TEXT, b"\xc0\xaf"), 1007),
    "surrogate in text": (frame(TEXT, b"\xed\xa0\x80"), 1007),
    "text cut inside a character": (frame(TEXT, b"\xe2\x82"), 1007),
    "bad text over fragments": (frame(TEXT, b"\xe2", fin=False) + frame(CONTINUATION, b"a"), 1007),
}


@pytest.mark.parametrize(("wire", "code"), VIOLATIONS.values(), ids=VIOLATIONS.keys())
def test_violations_have_the_code_of_the_rfc(wire: bytes, code: int) -> None:
    (*_, last) = decode(wire, [1])
    assert (last[0], last[2]) == ("violation", code)
    assert last[1], "it says what was wrong"
    assert decode_by_wsproto(wire, masked=False)[-1] == ("violation", b"", code)


def test_a_client_must_mask() -> None:
    assert decode(frame(TEXT, b"a"), masked=True) == [("violation", b"unmasked frame", 1002)]


def test_text_fails_before_its_frame_has_come() -> None:
    whole = frame(TEXT, b"a\xff" + bytes(1_000))
    assert decode(whole[:6]) == [("violation", b"text is not UTF-8 at byte 1", 1007)]


def test_the_limit_holds_at_the_header() -> None:
    decoder = FrameDecoder(masked=False, max_message_bytes=1_000)
    assert decoder.feed(frame(BINARY, bytes(1_000))) == [("binary", bytes(1_000), 0)]
    header = frame(BINARY, bytes(1_001))[:4]
    assert decoder.feed(header) == [("violation", b"message longer than 1000 bytes", 1009)]


def test_the_limit_holds_over_fragments() -> None:
    decoder = FrameDecoder(masked=False, max_message_bytes=100)
    assert decoder.feed(frame(BINARY, bytes(60), fin=False)) == []
    assert decoder.feed(frame(CONTINUATION, bytes(41))[:2])[0][2] == 1009


@given(st.integers(0, 30), st.integers(0, 15))
def test_tiny_fragments_are_counted(most: int, size: int) -> None:
    decoder = FrameDecoder(masked=False, max_message_bytes=10_000, max_tiny_fragments=most)
    large = frame(CONTINUATION, bytes(16), fin=False)
    tiny = frame(CONTINUATION, bytes(size), fin=False)
    assert decoder.feed(frame(BINARY, fin=False) + 100 * large + most * tiny) == []
    assert [code for _, _, code in decoder.feed(tiny)] == [1008]


def test_nothing_comes_after_the_end() -> None:
    decoder = FrameDecoder(masked=False, max_message_bytes=100)
    assert decoder.feed(frame(CLOSE) + frame(PING)) == [("close", b"", 1005)]
    assert decoder.feed(frame(PING)) == []


@pytest.mark.parametrize(
    "lend", [bytes, bytearray, memoryview, lambda data: memoryview(data + b"!")[:-1]]
)
def test_takes_whatever_lends_bytes(lend: type[bytes]) -> None:
    decoder = FrameDecoder(masked=False, max_message_bytes=100)
    assert decoder.feed(lend(frame(TEXT, b"hi"))) == [("text", b"hi", 0)]
