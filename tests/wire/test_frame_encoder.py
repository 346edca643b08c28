"""The encoder read by wsproto, and what it refuses to write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtproxy._audio_core import FrameEncoder
from tests.wire.frames import decode_by_wsproto

SEED = bytes(range(32))

sendable = st.one_of(
    st.tuples(st.just("text"), st.text().map(str.encode)),
    st.tuples(st.just("binary"), st.binary(max_size=300)),
    st.tuples(st.just("binary"), st.sampled_from([125, 126, 65_535, 65_536]).map(bytes)),
    st.tuples(st.sampled_from(["ping", "pong"]), st.binary(max_size=125)),
)


@given(st.lists(sendable, max_size=6), st.none() | st.binary(min_size=32, max_size=32))
def test_wsproto_reads_what_we_write(sent: list[tuple[str, bytes]], seed: bytes | None) -> None:
    encoder = FrameEncoder(seed=seed)
    wire = b"".join(encoder.encode(opcode, payload) for opcode, payload in sent)
    expected = [(opcode, payload, 0) for opcode, payload in sent]
    assert decode_by_wsproto(wire, masked=seed is not None) == expected


@given(st.sampled_from([1000, 1001, 1011, 1013, 3000, 4401]), st.text(max_size=200))
def test_a_close_reason_is_cut_to_whole_characters(code: int, reason: str) -> None:
    wire = FrameEncoder(seed=SEED).encode("close", reason.encode(), code)
    [(name, words, received)] = decode_by_wsproto(wire, masked=True)
    assert (name, received) == ("close", code)
    assert words == reason.encode()[:123].decode(errors="ignore").encode()


def test_a_close_may_say_nothing() -> None:
    assert FrameEncoder(seed=None).encode("close", b"") == b"\x88\x00"


def test_each_frame_has_a_key_of_its_own_from_the_seed() -> None:
    encoder, again = FrameEncoder(seed=SEED), FrameEncoder(seed=SEED)
    frames = [encoder.encode("binary", bytes(4)) for _ in range(100)]
    assert frames == [again.encode("binary", bytes(4)) for _ in range(100)]
    assert len({frame[2:6] for frame in frames}) == 100


@pytest.mark.parametrize(
    ("opcode", "payload", "code", "words"),
    [
        ("continuation", b"", 0, "opcode must be"),
        ("ping", bytes(126), 0, "at most 125 bytes"),
        ("pong", bytes(126), 0, "at most 125 bytes"),
        ("text", b"", 1000, "only a close frame has a code"),
        ("close", b"", 1006, "must not be sent"),
        ("close", b"", 5000, "must not be sent"),
        ("close", b"\xff", 1000, "not UTF-8"),
    ],
)
def test_refuses_what_no_peer_may_get(opcode: str, payload: bytes, code: int, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        FrameEncoder(seed=None).encode(opcode, payload, code)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_seed_is_32_bytes(size: int) -> None:
    with pytest.raises(ValueError, match="seed must be 32 bytes"):
        FrameEncoder(seed=bytes(size))
