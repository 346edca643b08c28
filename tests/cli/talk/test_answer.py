"""What is saved of an answer can be played by others."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile

from rtproxy.cli.talk.answer import answer_as_wav
from rtproxy.cli.talk.formats import parse_format


@pytest.mark.parametrize(
    ("written", "subtype"),
    [
        ("pcm16/24000", "PCM_16"),
        ("pcm16/44100/2", "PCM_16"),
        ("f32/48000/2", "FLOAT"),
        ("g711_ulaw", "PCM_16"),
        ("g711_alaw/16000/2", "PCM_16"),
    ],
)
def test_it_keeps_its_rate_and_channels(written: str, subtype: str):
    audio_format = parse_format(written)
    wav = answer_as_wav(audio_format.silence(120), audio_format)
    with soundfile.SoundFile(io.BytesIO(wav)) as file:
        assert (file.samplerate, file.channels, file.subtype) == (
            audio_format.rate_hz,
            audio_format.channels,
            subtype,
        )
        assert file.frames == audio_format.rate_hz * 120 // 1000


def test_telephone_audio_is_saved_as_what_it_stands_for():
    samples, _ = soundfile.read(
        io.BytesIO(answer_as_wav(bytes([0x80, 0xFF, 0x00]), parse_format("g711_ulaw"))),
        dtype="int16",
    )
    assert np.array_equal(samples, [32_124, 0, -32_124])
