"""WAV files as they are met with, against the standard library's own reader."""

from __future__ import annotations

import io
import struct
import wave
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtproxy.audio.wav import Recording, read_wav, write_wav
from rtproxy.model.audio_format import PCM16_24K, AudioFormat, Encoding

FORMATS = st.builds(
    AudioFormat, st.sampled_from(Encoding), st.integers(8_000, 96_000), st.integers(1, 8)
)


def chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def riff(*chunks: bytes) -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


PLAIN = struct.pack("<HHIIHH", 1, 1, 24_000, 48_000, 2, 16)


@given(FORMATS, st.binary(max_size=200))
def test_what_is_written_is_read(form: AudioFormat, data: bytes):
    whole = len(data) - len(data) % (form.encoding.sample_bytes * form.channels)
    assert read_wav(write_wav(Recording(form, data[:whole]))) == Recording(form, data[:whole])


@given(st.binary(max_size=200).map(lambda data: data[: len(data) // 2 * 2]))
def test_the_standard_library_agrees(data: bytes):
    with wave.open(io.BytesIO(write_wav(Recording(PCM16_24K, data)))) as reader:
        assert reader.getparams()[:3] == (1, 2, 24_000)
        assert reader.readframes(1_000) == data


def test_other_chunks_are_passed_over_with_their_padding():
    raw = riff(
        chunk(b"LIST", b"odd"), chunk(b"fmt ", PLAIN), chunk(b"x   ", b"1"), chunk(b"data", b"abcd")
    )
    assert read_wav(raw) == Recording(PCM16_24K, b"abcd")


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFFFFF])
def test_a_streamed_file_goes_on_to_its_end(size: int):
    raw = riff(chunk(b"fmt ", PLAIN)) + b"data" + struct.pack("<I", size) + b"abcdef"
    assert read_wav(raw).data == b"abcdef"


def test_an_extensible_header_says_it_in_its_subformat():
    body = struct.pack("<HHIIHH", 0xFFFE, 1, 24_000, 48_000, 2, 16)
    body += struct.pack("<HHI", 22, 16, 4) + struct.pack("<H", 1) + bytes(14)
    assert read_wav(riff(chunk(b"fmt ", body), chunk(b"data", b"ab"))).audio_format == PCM16_24K


def test_a_cut_sample_is_left_out():
    assert read_wav(riff(chunk(b"fmt ", PLAIN), chunk(b"data", b"abc"))).data == b"ab"


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "not a WAV file"),
        (b"ID3\x04 an mp3 perhaps", "not a WAV file"),
        (riff(chunk(b"fmt ", PLAIN)), "no data chunk"),
        (riff(chunk(b"data", b"ab")), "data chunk comes before"),
        (riff(chunk(b"fmt ", b"short"), chunk(b"data", b"")), "5 bytes where 16 are due"),
        (
            riff(
                chunk(b"fmt ", struct.pack("<HHIIHH", 1, 2, 48_000, 0, 6, 24)), chunk(b"data", b"")
            ),
            "24-bit PCM, 2 channels, 48000 Hz",
        ),
        (
            riff(chunk(b"fmt ", struct.pack("<HHIIHH", 1, 0, 0, 0, 0, 16)), chunk(b"data", b"")),
            "0 Hz",
        ),
    ],
)
def test_what_cannot_be_read_is_told_in_words(raw: bytes, words: str):
    with pytest.raises(ValueError, match=words):
        read_wav(raw)


def words_of(raw: bytes) -> str:
    try:
        return f"{read_wav(raw).duration_ms}"
    except ValueError as error:
        return str(error)


@given(st.binary(max_size=100))
def test_no_file_is_more_than_a_refusal(junk: bytes):
    assert words_of(b"RIFF\0\0\0\0WAVE" + junk)


def test_the_sample_is_what_talk_streams():
    recording = read_wav(resources.files("rtproxy.samples").joinpath("question.wav").read_bytes())
    assert recording.audio_format == PCM16_24K
    assert 2_500 < recording.duration_ms < 4_500
