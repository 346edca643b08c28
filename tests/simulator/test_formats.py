"""Audio formats: base64, G.711 by its definition, and rates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtproxy.model.audio_format import PCM16_24K, AudioFormat
from rtproxy.simulator.errors import Refusal
from rtproxy.simulator.formats import (
    FORMATS,
    convert,
    from_samples,
    read_audio,
    span_bytes,
    to_samples,
    wire_format,
    write_audio,
)

ULAW, ALAW = FORMATS["audio/pcmu"], FORMATS["audio/pcma"]


@given(st.binary().filter(lambda audio: len(audio) % 2 == 0))
def test_base64_there_and_back(audio: bytes) -> None:
    assert read_audio(write_audio(audio), PCM16_24K, "audio") == audio


def test_a_byte_of_telephone_audio_is_a_whole_sample() -> None:
    assert read_audio("AA==", ULAW, "audio") == b"\0"
    with pytest.raises(Refusal, match="24kHz"):
        read_audio("AA==", PCM16_24K, "audio")


# Values of ITU-T G.711 (11/88), tables 2a and 1a, scaled to 16 bits.
@pytest.mark.parametrize(
    ("audio_format", "code", "value"),
    [
        (ULAW, 0x00, -32_124),
        (ULAW, 0x80, 32_124),
        (ULAW, 0xFF, 0),
        (ULAW, 0x7F, 0),
        (ULAW, 0xF0, 120),
        (ULAW, 0xEF, 132),
        (ALAW, 0xD5, 8),
        (ALAW, 0x55, -8),
        (ALAW, 0xAA, 32_256),
        (ALAW, 0x2A, -32_256),
        (ALAW, 0xC5, 264),
        (ALAW, 0xF5, 528),
    ],
)
def test_g711_decodes_by_the_tables(audio_format: AudioFormat, code: int, value: int) -> None:
    assert to_samples(bytes([code]), audio_format).tolist() == [value]


@pytest.mark.parametrize("audio_format", [ULAW, ALAW])
def test_g711_survives_decoding_and_encoding(audio_format: AudioFormat) -> None:
    codes = bytes(range(256))
    samples = to_samples(codes, audio_format)
    again = to_samples(from_samples(samples, audio_format), audio_format)
    assert again.tolist() == samples.tolist()


@pytest.mark.parametrize("audio_format", [ULAW, ALAW])
def test_g711_encodes_to_the_nearest_value(audio_format: AudioFormat) -> None:
    ladder = np.sort(to_samples(bytes(range(256)), audio_format).astype(np.int64))
    samples = np.arange(-32_768, 32_768).astype(np.int16)
    coded = to_samples(from_samples(samples, audio_format), audio_format).astype(np.int64)
    wide = samples.astype(np.int64)
    nearest = np.abs(ladder[:, None] - wide[None, ::17]).min(axis=0)
    assert (np.abs(coded - wide)[::17] == nearest).all()


def test_the_same_format_is_not_touched() -> None:
    audio = b"\x01\x02" * 10
    assert convert(audio, PCM16_24K, PCM16_24K) is audio


@pytest.mark.parametrize("telephone", [ULAW, ALAW])
def test_rates_change_length_and_keep_the_tone(telephone: AudioFormat) -> None:
    time_s = np.arange(24_000) / 24_000
    tone = (np.sin(2 * np.pi * 300 * time_s) * 8_000).astype("<i2")
    coded = convert(tone.tobytes(), PCM16_24K, telephone)
    assert len(coded) == 8_000
    back = to_samples(convert(coded, telephone, PCM16_24K), PCM16_24K)
    assert len(back) == 24_000
    error = back[:-3].astype(float) - tone[:-3]
    assert np.sqrt(np.mean(error**2)) < 300


def test_no_audio_stays_no_audio() -> None:
    assert convert(b"", ULAW, PCM16_24K) == b""


def test_the_wire_names_the_rate_of_pcm_only() -> None:
    assert wire_format(PCM16_24K) == {"type": "audio/pcm", "rate": 24_000}
    assert wire_format(ALAW) == {"type": "audio/pcma"}


def test_a_span_ends_with_a_whole_sample() -> None:
    assert span_bytes(PCM16_24K, 0.05) == 2
    assert span_bytes(ULAW, 1) == 8
