"""A recording as chunks of another format: even, unbroken, then silent."""

from __future__ import annotations

import numpy as np
import pytest

from rtproxy._audio_core import AudioPath
from rtproxy.audio.wav import Recording
from rtproxy.cli.talk.formats import parse_format
from rtproxy.cli.talk.microphone import Microphone
from rtproxy.model.audio_format import PCM16_24K, AudioFormat, Encoding

FORMATS = ["pcm16/8000", "f32/48000/2", "f32/44100", "g711_ulaw", "g711_alaw/96000/2"]


def tone(ms: int) -> Recording:
    time_s = np.arange(24 * ms) / 24_000
    samples = 8_000 * np.sin(2 * np.pi * 440 * time_s)
    return Recording(PCM16_24K, samples.astype("<i2").tobytes())


def test_the_same_format_goes_out_untouched():
    recording = tone(100)
    microphone = Microphone(recording, PCM16_24K)
    chunks = list(microphone.chunks())
    assert b"".join(chunk.audio for chunk in chunks) == recording.data
    assert [chunk.duration_ms for chunk in chunks] == [40, 40, 20]
    assert microphone.silence() == bytes(1_920)


@pytest.mark.parametrize("written", FORMATS)
def test_every_chunk_is_as_long_as_what_it_stands_for(written: str):
    audio_format = parse_format(written)
    microphone = Microphone(tone(400), audio_format)
    sizes = {len(chunk.audio) for chunk in microphone.chunks()} | {len(microphone.silence())}
    assert sizes == {len(audio_format.silence(40))}


@pytest.mark.parametrize("written", FORMATS)
def test_silence_falls_silent(written: str):
    audio_format = parse_format(written)
    microphone = Microphone(tone(200), audio_format)
    assert all(chunk.audio for chunk in microphone.chunks())
    microphone.silence()  # what was held back of the tone comes in this one
    linear = AudioFormat(Encoding.PCM16, audio_format.rate_hz, audio_format.channels)
    rest = AudioPath(audio_format, linear).process(microphone.silence())
    assert np.abs(np.frombuffer(rest, "<i2")).max() <= 8  # A-law has no 0, only ±8
