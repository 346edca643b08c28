"""Which files can be asked, and where the speech in them ends."""

from __future__ import annotations

import math
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from rtproxy.audio.wav import Recording, write_wav
from rtproxy.cli.talk.question import end_of_speech_ms, load_question
from rtproxy.model.audio_format import CHANNELS, PCM16_24K, AudioFormat, Encoding


def tone(ms: int, peak: int = 8_000) -> bytes:
    count = 24 * ms
    samples = (round(peak * math.sin(index / 10)) for index in range(count))
    return struct.pack(f"<{count}h", *samples)


def test_the_shipped_question_is_asked_by_default():
    question = load_question(None)
    assert question.name == "the sample question"
    assert 2_500 < question.speech_ms < question.duration_ms < 4_500


@pytest.mark.parametrize("encoding", Encoding)
@pytest.mark.parametrize("channels", CHANNELS)
def test_a_file_is_kept_as_it_is_written(tmp_path: Path, encoding: Encoding, channels: int):
    form = AudioFormat(encoding, 16_000, channels)
    recording = Recording(form, bytes(range(1, 241)) * 8)
    file = tmp_path / "q.wav"
    file.write_bytes(write_wav(recording))
    assert load_question(file).recording == recording


@pytest.mark.parametrize(
    ("suffix", "how"),
    [
        ("wav", {"subtype": "PCM_24"}),
        ("wav", {"subtype": "PCM_U8"}),
        ("wav", {"subtype": "IMA_ADPCM"}),
        ("flac", {"subtype": "PCM_16"}),
        ("ogg", {"subtype": "VORBIS"}),
        ("mp3", {"subtype": "MPEG_LAYER_III"}),
    ],
)
@pytest.mark.parametrize("channels", CHANNELS)
def test_what_others_write_is_read_too(tmp_path: Path, suffix: str, how: dict, channels: int):
    file = tmp_path / f"q.{suffix}"
    sound = np.frombuffer(tone(500), "<i2").repeat(channels).reshape(-1, channels) / 32_768
    soundfile.write(file, sound, 24_000, **how)
    question = load_question(file)
    assert question.recording.audio_format == AudioFormat(Encoding.F32, 24_000, channels)
    assert question.duration_ms == pytest.approx(500, abs=25)  # ADPCM has whole blocks only
    samples = np.frombuffer(question.recording.data, "<f4")
    assert np.abs(samples).max() == pytest.approx(8_000 / 32_768, abs=0.02)
    assert question.speech_ms == pytest.approx(500, abs=60)


@pytest.mark.parametrize(("silence_ms", "end_ms"), [(0, 200), (100, 200), (1_000, 200)])
def test_speech_ends_where_the_sound_does(silence_ms: int, end_ms: int):
    hiss = tone(silence_ms, peak=40)
    assert end_of_speech_ms(Recording(PCM16_24K, tone(200) + hiss)) == end_ms


def test_silence_all_through_has_no_end_of_its_own():
    assert end_of_speech_ms(Recording(PCM16_24K, bytes(480))) == 10


@pytest.mark.parametrize("rate_hz", [6_000, 22_000, 37_800, 44_056, 176_400])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_unusual_rates_and_many_channels_are_converted(tmp_path: Path, rate_hz: int, channels: int):
    file = tmp_path / "q.wav"
    times = np.arange(rate_hz // 2) / rate_hz
    sound = 0.5 * np.sin(2 * np.pi * 440 * times)
    soundfile.write(file, np.repeat(sound, channels).reshape(-1, channels), rate_hz)
    question = load_question(file)
    kept = 1 if channels > 2 else channels
    assert question.recording.audio_format == AudioFormat(Encoding.F32, 48_000, kept)
    assert question.duration_ms == pytest.approx(500, abs=0.1)
    samples = np.frombuffer(question.recording.data, "<f4").reshape(-1, kept)
    inner = slice(4_800, -4_800)
    want = 0.5 * np.sin(2 * np.pi * 440 * np.arange(len(samples)) / 48_000)
    assert np.abs(samples[inner] - want[inner, None]).max() < 1e-3


def test_many_channels_of_a_usual_rate_keep_it(tmp_path: Path):
    file = tmp_path / "q.wav"
    form = AudioFormat(Encoding.G711_ULAW, 8_000, 6)
    file.write_bytes(write_wav(Recording(form, bytes(range(96)) * 60)))
    assert load_question(file).recording.audio_format == AudioFormat(Encoding.F32, 8_000)


@pytest.mark.parametrize("rate_hz", [999, 768_001])
def test_a_rate_that_cannot_be_meant_is_told(tmp_path: Path, rate_hz: int):
    file = tmp_path / "other.wav"
    file.write_bytes(write_wav(Recording(AudioFormat(Encoding.PCM16, rate_hz), bytes(96))))
    with pytest.raises(ValueError, match=f"{rate_hz} samples a second; talk takes 1000 to"):
        load_question(file)


def test_what_is_no_recording_is_told(tmp_path: Path):
    with pytest.raises(ValueError, match="cannot be read: No such file"):
        load_question(tmp_path / "no.wav")
    file = tmp_path / "text.wav"
    file.write_text("hello")
    with pytest.raises(ValueError, match="not a WAV file"):
        load_question(file)
    file.write_bytes(write_wav(Recording(PCM16_24K, b"")))
    with pytest.raises(ValueError, match="no sound"):
        load_question(file)
    file.write_bytes(write_wav(Recording(PCM16_24K, bytes(96))).replace(b"fmt ", b"junk"))
    with pytest.raises(ValueError, match="its data chunk comes before") as caught:
        load_question(file)
    assert f"ffmpeg -i {file} -ar 24000 -ac 1" in str(caught.value)
    assert f"sox {file} -r 24000 -c 1 -b 16 text-24k.wav" in str(caught.value)
