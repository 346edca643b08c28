"""A stream between any two formats: whole, on time, and the same however it is cut."""

from __future__ import annotations

import base64

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.streams import UPSTREAM, audio, formats, in_pieces, noise
from rtproxy import AudioFormat, AudioPath, Encoding
from rtproxy.model.audio_format import RATES_HZ

CD = AudioFormat(Encoding.F32, 44_100, 2)
BROWSER = AudioFormat(Encoding.F32, 48_000, 2)
TELEPHONE = AudioFormat(Encoding.G711_ULAW, 8_000)


@given(formats, formats, st.integers(0, 60), st.lists(st.integers(0), max_size=6))
def test_any_cut_gives_the_same(source, target, ms, cuts):
    data = audio(source, ms)
    path = AudioPath(source, target)
    whole = in_pieces(path, data, [])
    assert in_pieces(path, data, cuts) == whole  # the same object: it is as new after a flush


@given(formats, formats, st.integers(1, 5))
def test_forty_milliseconds_in_are_forty_out_from_the_first_chunk_on(source, target, chunks):
    path = AudioPath(source, target)
    chunk = audio(source, 40)
    frames_in, made = 0, b""
    for _ in range(chunks):
        frames_in += len(chunk) // source.frame_bytes
        made += path.process(chunk)
        assert len(made) == frames_in * target.rate_hz // source.rate_hz * target.frame_bytes


@given(formats, st.lists(st.integers(0), max_size=6))
def test_equal_formats_pass_untouched(form, cuts):
    data = audio(form, 30)
    path = AudioPath(form, form)
    assert path.latency_ms == 0
    assert in_pieces(path, data, cuts) == data
    assert path.process(data) is data


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("target_hz", RATES_HZ)
@pytest.mark.parametrize("quality", ["low_latency", "strict"])
def test_latency_is_what_it_says(rate_hz, target_hz, quality):
    """A click comes out `latency_ms` later, to a fraction of a sample."""
    source, target = ("f32", rate_hz, 1), ("f32", target_hz, 1)
    path = AudioPath(source, target, quality=quality)
    click = np.zeros(rate_hz // 10, np.float32)
    place = rate_hz // 50
    click[place] = 1.0
    heard = np.concatenate([path.process_to_floats(click), floats(path.flush())])
    weight = heard.astype(np.float64) ** 2
    middle_ms = (weight @ np.arange(len(heard))) / weight.sum() / target_hz * 1000
    late_ms = middle_ms - place / rate_hz * 1000
    assert late_ms == pytest.approx(path.latency_ms, abs=0.3 * 1000 / target_hz)


@given(formats, formats, st.integers(0, 50))
def test_a_flush_gives_all_that_went_in(source, target, ms):
    data = audio(source, ms)
    path = AudioPath(source, target)
    made = path.process(data) + path.flush()
    due_ms = source.milliseconds(len(data)) + (path.latency_ms if data else 0)
    assert target.milliseconds(len(made)) == pytest.approx(due_ms, abs=2 * 1000 / target.rate_hz)
    assert path.flush() == b"", "nothing is left"


@given(formats, formats)
def test_a_reset_stream_is_as_new(source, target):
    path, new = AudioPath(source, target), AudioPath(source, target)
    path.process(audio(source, 33)[:-1])
    path.reset()
    data = audio(source, 25, seed=8)
    assert path.process(data) == new.process(data)


def test_stereo_becomes_the_mean_and_mono_goes_to_both():
    left, right = audio(UPSTREAM, 10, seed=1), audio(UPSTREAM, 10, seed=2)
    pairs = np.column_stack([np.frombuffer(left, "<i2"), np.frombuffer(right, "<i2")])
    mean = np.rint((pairs.astype(np.float64) / 2).sum(axis=1)).astype("<i2")
    stereo = ("pcm16", 24_000, 2)
    assert AudioPath(stereo, UPSTREAM).process(np.ascontiguousarray(pairs)) == mean.tobytes()
    both = np.frombuffer(AudioPath(UPSTREAM, stereo).process(left), "<i2").reshape(-1, 2)
    assert both.tobytes() == np.repeat(np.frombuffer(left, "<i2"), 2).tobytes()


def test_stereo_stays_stereo_where_both_formats_have_it():
    """Each channel alone: what is on the left is not heard on the right."""
    stereo = noise(4_800, 2)
    stereo[:, 1] = 0
    heard = AudioPath(BROWSER, ("f32", 24_000, 2)).process_to_floats(stereo)
    mono = AudioPath(("f32", 48_000, 1), ("f32", 24_000, 1)).process_to_floats(stereo[:, 0].copy())
    assert heard.shape == (2_400, 2)
    assert not heard[:, 1].any()
    assert (heard[:, 0] == mono).all()


@given(formats, formats)
def test_base64_says_the_same_as_bytes(source, target):
    data = audio(source, 20)
    made = AudioPath(source, target).process(data)
    text = AudioPath(source, target).process_to_base64(data)
    assert base64.b64decode(text, validate=True) == made
    inward = base64.b64encode(data)
    for form in (inward, inward.decode(), bytearray(inward), memoryview(inward)):
        assert AudioPath(source, target).process_from_base64(form) == made


@pytest.mark.parametrize("channels", [1, 2])
def test_floats_are_the_bytes_as_an_array(channels):
    target = ("f32", 48_000, channels)
    data = audio(UPSTREAM, 40)
    expected = floats(AudioPath(UPSTREAM, target).process(data))
    for heard in (
        AudioPath(UPSTREAM, target).process_to_floats(data),
        AudioPath(UPSTREAM, target).process_from_base64_to_floats(base64.b64encode(data)),
    ):
        assert heard.dtype == np.float32
        assert heard.shape == ((1_920,) if channels == 1 else (1_920, 2))
        assert heard.ravel().tobytes() == expected.tobytes()
        heard[0] = 0  # it belongs to the caller


def test_a_telephone_and_a_browser_understand_each_other():
    tone = np.sin(np.arange(4_800) * 2 * np.pi * 440 / 48_000) * 0.5
    said = np.column_stack([tone, tone]).astype(np.float32)
    code = AudioPath(BROWSER, TELEPHONE).process(said)
    heard = AudioPath(TELEPHONE, BROWSER).process_to_floats(code)[:, 0]
    spectrum = np.abs(np.fft.rfft(heard[1_000:] * np.hanning(len(heard) - 1_000)))
    assert np.argmax(spectrum) * 48_000 / (len(heard) - 1_000) == pytest.approx(440, abs=15)


@pytest.mark.parametrize("gain", [0.0, 0.5, 4.0])
def test_gain_is_a_factor(gain):
    samples = noise(960)[:, 0] * 0.1
    path = AudioPath(("f32", 24_000, 1), ("f32", 24_000, 1), gain=gain)
    assert path.gain == gain
    assert path.process_to_floats(samples) == pytest.approx(samples * gain)


def test_a_change_of_gain_makes_no_click():
    level = np.full(2_400, 0.1, np.float32)
    path = AudioPath(("f32", 24_000, 1), ("f32", 24_000, 1))
    path.process_to_floats(level)
    path.gain = 4
    heard = path.process_to_floats(level)
    assert np.abs(np.diff(heard, prepend=np.float32(0.1))).max() < 0.005
    assert heard[-1] == pytest.approx(0.4)


def test_chunks_of_any_length_and_any_home():
    data = audio(CD, 40)
    expected = AudioPath(CD, UPSTREAM).process(data)
    samples = np.frombuffer(data, np.float32)
    shifted = np.frombuffer(b"x" + data, np.uint8)[1:].view(np.float32)  # where no float lies
    homes = [bytearray(data), memoryview(data), samples, samples.reshape(-1, 2), shifted]
    homes += [memoryview(samples), samples.view(np.uint8), np.frombuffer(data, "<f4")]
    for home in homes:
        assert AudioPath(CD, UPSTREAM).process(home) == expected
    assert AudioPath(CD, UPSTREAM).process(b"") == b""
    assert AudioPath(CD, UPSTREAM).process(np.zeros((0, 2), np.float32)) == b""


def test_what_it_is_shows():
    text = repr(AudioPath(BROWSER, UPSTREAM))
    assert text == "AudioPath(('f32', 48000, 2), ('pcm16', 24000, 1))"


def floats(data: bytes) -> np.ndarray:
    return np.frombuffer(data, np.float32)
