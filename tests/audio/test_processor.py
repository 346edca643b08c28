"""The processor: one conversation's audio, to the upstream and back."""

from __future__ import annotations

import array
import base64
import subprocess
import sys

import numpy as np
import pytest

from audio.streams import UPSTREAM, noise
from rtproxy import AudioPath, AudioProcessor
from rtproxy.model.audio_format import RATES_HZ


def pcm16(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text, validate=True), "<i2")


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("dtype", [np.float32, np.int16])
def test_forty_milliseconds_each_way(rate_hz, channels, dtype):
    frames = rate_hz // 25
    samples = noise(frames, channels)
    if dtype == np.int16:
        samples = (samples * 3_000).astype(np.int16)
    ours = AudioProcessor()
    text = ours.process_for_openai(samples, rate_hz, channels)
    assert len(pcm16(text)) == 960
    heard = ours.process_from_openai(text, rate_hz, channels)
    assert heard.dtype == np.float32
    assert heard.shape == ((frames,) if channels == 1 else (frames, 2))


def test_chunks_of_a_stream_join():
    samples, whole = noise(48_000, 2), AudioProcessor(quality="strict")
    chunked = AudioProcessor(quality="strict")
    expected = whole.process_for_openai(samples, 48_000, 2)
    texts = [chunked.process_for_openai(piece, 48_000, 2) for piece in np.split(samples, 25)]
    assert np.concatenate([pcm16(text) for text in texts]).tobytes() == pcm16(expected).tobytes()
    assert chunked.flush_for_openai() == whole.flush_for_openai() != ""

    heard = whole.process_from_openai(expected, 44_100, 2)
    pieces = [chunked.process_from_openai(text, 44_100, 2) for text in texts]
    assert np.concatenate(pieces).tobytes() == heard.tobytes()
    assert chunked.flush_from_openai().tobytes() == whole.flush_from_openai().tobytes()


def test_any_way_to_hold_the_same_samples():
    samples = (noise(960, 2) * 3_000).astype(np.int16)
    expected = AudioProcessor().process_for_openai(samples, 48_000, 2)
    raw = samples.tobytes()
    homes = [raw, bytearray(raw), memoryview(raw), samples.ravel(), array.array("h", raw)]
    for home in homes:
        assert AudioProcessor().process_for_openai(home, 48_000, 2) == expected


def test_the_end_of_the_old_stream_goes_before_the_new_one():
    old, new = noise(960)[:, 0], noise(480, seed=4)[:, 0]
    path = AudioPath(("f32", 48_000, 1), UPSTREAM)
    expected = path.process(old) + path.flush()
    expected += AudioPath(("f32", 16_000, 1), UPSTREAM).process(new)
    ours = AudioProcessor()
    texts = [ours.process_for_openai(old, 48_000), ours.process_for_openai(new, 16_000)]
    assert b"".join(map(base64.b64decode, texts)) == expected


def test_what_is_refused_changes_neither_stream():
    samples = noise(960)[:, 0]
    ours, undisturbed = AudioProcessor(), AudioProcessor()
    for one in (ours, undisturbed):
        one.process_for_openai(samples, 48_000)
        one.process_from_openai("AAAA", 48_000)
    for wrong in (
        lambda: ours.process_for_openai(samples, 48_001),
        lambda: ours.process_for_openai(samples.astype(np.float64), 48_000),
        lambda: ours.process_for_openai(samples[::2], 16_000),
        lambda: ours.process_from_openai("AAA", 16_000),
        lambda: ours.process_from_openai("AAA", 48_000),
    ):
        with pytest.raises((ValueError, TypeError, BufferError)):
            wrong()
    text = ours.process_for_openai(samples, 48_000)
    assert text == undisturbed.process_for_openai(samples, 48_000)
    heard = undisturbed.process_from_openai(text, 48_000)
    assert ours.process_from_openai(text, 48_000).tobytes() == heard.tobytes()


def test_after_a_reset_both_streams_are_as_new():
    samples = noise(960)[:, 0]
    ours, new = AudioProcessor(), AudioProcessor()
    ours.process_from_openai(ours.process_for_openai(samples, 48_000), 48_000)
    ours.reset()
    assert ours.flush_for_openai() == ""
    assert ours.flush_from_openai().shape == (0,)
    text = ours.process_for_openai(samples, 48_000)
    assert text == new.process_for_openai(samples, 48_000)


def test_a_stereo_answer_ends_in_stereo():
    ours = AudioProcessor()
    ours.process_from_openai(base64.b64encode(bytes(1_920)), 48_000, 2)
    assert ours.flush_from_openai().shape[1] == 2


def test_floats_become_pcm16_as_they_are():
    text = AudioProcessor.float32_to_pcm16_base64(np.array([0, 0.5, -1, 1, 2, np.nan], np.float32))
    assert pcm16(text).tolist() == [0, 16_384, -32_768, 32_767, 32_767, 0]


def test_it_needs_no_package_of_types():
    """`typing_extensions` is there for the type checker alone: nobody has to install it."""
    words = "import sys; sys.modules['typing_extensions'] = None; import rtproxy.audio.processor"
    subprocess.run([sys.executable, "-c", words], check=True, timeout=60)
