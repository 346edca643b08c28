"""Opus from Python: likeness, refusals, and another program at the other end."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from rtproxy import AudioPath
from rtproxy._audio_core import HAS_OPUS, OpusDecoder, OpusEncoder
from rtproxy.model.audio_format import OPUS, PCM16_24K, OpusPackets, samples_of
from tests.audio import ogg
from tests.built import needs_opus
from tests.e2e import speech
from tests.e2e.likeness import snr_db

PACKET_BYTES = 960
LOOK_AHEAD = 156
SPEECH_DB = 20.0


def encoded(audio: bytes) -> list[bytes]:
    encoder = OpusEncoder()
    whole = audio[: len(audio) - len(audio) % PACKET_BYTES]
    starts = range(0, len(whole), PACKET_BYTES)
    return [encoder.encode(whole[start : start + PACKET_BYTES]) for start in starts]


def decoded(packets: list[bytes]) -> bytes:
    decoder = OpusDecoder()
    return b"".join(map(decoder.decode, packets))


def samples(audio: bytes) -> NDArray[np.float64]:
    return np.frombuffer(audio, "<i2") / 32_768


@needs_opus
def test_speech_comes_back_as_it_was_said() -> None:
    said = samples(speech.question())
    heard = samples(decoded(encoded(speech.question())))[LOOK_AHEAD:]
    assert snr_db(said, heard, 24_000, band_hz=8_000) > SPEECH_DB


@needs_opus
def test_speech_takes_about_40_kbit_a_second() -> None:
    packets = encoded(speech.question())
    bits_per_s = 8 * sum(map(len, packets)) / (0.02 * len(packets))
    assert 30_000 < bits_per_s < 48_000


@needs_opus
def test_others_understand_our_packets() -> None:
    said = speech.question()
    file = io.BytesIO(ogg.wrap(encoded(said)))
    heard, rate_hz = soundfile.read(file, dtype="float64")
    step = rate_hz // 24_000
    assert step * 24_000 == rate_hz
    assert len(heard) / rate_hz == pytest.approx(len(said) / 48_000, abs=0.03)
    assert snr_db(samples(said), heard[::step], 24_000, band_hz=8_000) > SPEECH_DB


@needs_opus
@pytest.mark.parametrize("channels", [1, 2])
def test_we_understand_the_packets_of_others(channels: int) -> None:
    said = np.repeat(samples(speech.question()), channels).reshape(-1, channels)
    file = io.BytesIO()
    soundfile.write(file, said, 24_000, format="OGG", subtype="OPUS")
    heard = samples(decoded(ogg.unwrap(file.getvalue())))[LOOK_AHEAD:]
    assert snr_db(said[:, 0], heard[: len(said)], 24_000, band_hz=8_000) > SPEECH_DB


@needs_opus
@pytest.mark.parametrize("size_bytes", [0, 959, 961, 1_920])
def test_a_packet_is_20_ms(size_bytes: int) -> None:
    with pytest.raises(ValueError, match=f"960 bytes of samples \\(20 ms\\), not {size_bytes}"):
        OpusEncoder().encode(bytes(size_bytes))


@needs_opus
def test_what_is_no_packet_is_refused() -> None:
    with pytest.raises(ValueError, match="these 3 bytes are not a packet of Opus"):
        OpusDecoder().decode(b"\xff\0\0")


@pytest.mark.skipif(HAS_OPUS, reason="this build has Opus")
@pytest.mark.parametrize("codec", [OpusEncoder, OpusDecoder])
def test_a_build_without_it_says_so(codec: type) -> None:
    with pytest.raises(ValueError, match="opus is not in this build; install cmake"):
        codec()


def test_packets_are_no_source_of_a_path() -> None:
    with pytest.raises(ValueError, match="its packets are no stream of samples"):
        AudioPath(OPUS.as_tuple(), PCM16_24K)


def test_packets_stand_for_samples() -> None:
    assert samples_of(OPUS) == samples_of(PCM16_24K) == PCM16_24K
    assert str(OpusPackets()) == "opus"
