"""Base64 against the standard library, made strict by writing it back."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtproxy._audio_core import check_base64, decode_base64, encode_base64

ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def strictly(text: bytes) -> bytes | None:
    """What the text stands for, if it is the one way to write that."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return data if base64.b64encode(data) == text else None


near_misses = st.lists(
    st.sampled_from([ALPHABET[index : index + 1] for index in range(64)])
    | st.sampled_from([b"=", b"=", b"-", b"_", b"\n", b" ", b"\x00", b"\xff"]),
    max_size=12,
).map(b"".join)


@given(st.binary(max_size=400))
def test_writes_what_the_standard_library_writes(data: bytes) -> None:
    text = encode_base64(data)
    assert text == base64.b64encode(data)
    assert check_base64(text)
    assert decode_base64(text) == data


@given(near_misses | st.binary(max_size=80).map(base64.b64encode))
def test_takes_exactly_the_strict_form(text: bytes) -> None:
    expected = strictly(text)
    assert check_base64(text) == (expected is not None)
    if expected is None:
        with pytest.raises(ValueError, match="bad base64 at byte"):
            decode_base64(text)
    else:
        assert decode_base64(text) == expected


@given(st.binary(min_size=1, max_size=400), st.integers(0), st.sampled_from(b"-_ \n\x00\xff!"))
def test_an_error_names_its_place(data: bytes, place: int, byte: int) -> None:
    text = bytearray(base64.b64encode(data))
    place %= len(text.rstrip(b"="))
    text[place] = byte
    with pytest.raises(ValueError, match=f"at byte {place}: not a character"):
        decode_base64(bytes(text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"QUJ", "at byte 3: length is not a multiple of 4"),
        (b"QQ==QUJD", "at byte 2: padding in the wrong place"),
        (b"QR==", "at byte 1: bits set behind the last byte"),
    ],
)
def test_an_error_names_its_cause(text: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        decode_base64(text)


@pytest.mark.parametrize("lend", [bytes, bytearray, memoryview])
def test_encodes_whatever_lends_bytes(lend: type[bytes]) -> None:
    assert encode_base64(lend(b"abc")) == b"YWJj"
