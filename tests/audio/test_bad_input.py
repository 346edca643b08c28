"""What a stream is given by mistake is refused in words, and leaves the stream as it was."""

from __future__ import annotations

import array
import ctypes
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.streams import UPSTREAM, audio, formats, noise
from rtproxy import AudioFormat, AudioPath, AudioProcessor, Encoding, Resampler
from rtproxy.model.audio_format import OPUS, RATES_HZ

BROWSER = AudioFormat(Encoding.F32, 48_000, 2)
STEREO = noise(1_920, 2)
RELEASED = memoryview(b"1234")
RELEASED.release()

# What is given where float32 stereo is due, the error, and what its words must hold.
CHUNKS: list[tuple[Any, type[Exception], str]] = [
    (STEREO.astype(np.float64), TypeError, "float32 here, not an array of float64"),
    (STEREO.astype(np.int16), TypeError, "float32 here, not an array of int16"),
    (STEREO.astype(">f4"), TypeError, "float32 here, not an array of >f4"),
    (STEREO.astype(np.complex64), TypeError, "complex64"),
    (STEREO.astype(object), TypeError, "object"),
    (STEREO[::2], BufferError, "contiguous.*ascontiguousarray"),
    (STEREO[:, ::-1], BufferError, "contiguous"),
    (np.asfortranarray(STEREO), BufferError, "contiguous"),
    (memoryview(STEREO)[::2], BufferError, "contiguous"),
    (noise(960, 3), ValueError, r"\(samples,\) or \(frames, 2\) here, not \(960, 3\)"),
    (noise(960, 1), ValueError, r"not \(960, 1\)"),
    (STEREO.reshape(2, 2, -1), ValueError, r"not \(2, 2, 960\)"),
    (np.float32(1), ValueError, r"not \(\)"),
    (array.array("d", [0.0]), TypeError, "a buffer of items .d"),
    (array.array("h", [0]), TypeError, "a buffer of items .h"),
    ([0.0, 1.0], TypeError, "not list"),
    ("text", TypeError, "not str"),
    (None, TypeError, "not NoneType"),
    (7, TypeError, "not int"),
    (RELEASED, ValueError, "released memoryview"),
]


@pytest.mark.parametrize(("chunk", "error", "words"), CHUNKS)
def test_a_wrong_chunk_leaves_the_stream_as_it_was(chunk, error, words):
    path, undisturbed = AudioPath(BROWSER, UPSTREAM), AudioPath(BROWSER, UPSTREAM)
    made = [path.process(STEREO.tobytes()[:-3])]
    for call in (path.process, path.process_to_base64):
        with pytest.raises(error, match=words):
            call(chunk)
    made += [path.process(STEREO.tobytes()), path.flush()]
    data = STEREO.tobytes()[:-3] + STEREO.tobytes()
    assert b"".join(made) == undisturbed.process(data) + undisturbed.flush()


@pytest.mark.parametrize(
    ("chunk", "error"), [row[:2] for row in CHUNKS if not re.search("int16|items .h", row[2])]
)
def test_a_wrong_chunk_leaves_what_is_said_to_openai_as_it_was(chunk, error):
    """Be it the stream that goes on, or one that it would have begun."""
    processor, undisturbed = AudioProcessor(), AudioProcessor()
    made = [processor.process_for_openai(STEREO, 48_000, 2)]
    for rate_hz in (48_000, 44_100):
        with pytest.raises(error):
            processor.process_for_openai(chunk, rate_hz, 2)
    made += [processor.process_for_openai(STEREO, 48_000, 2), processor.flush_for_openai()]
    expected = [undisturbed.process_for_openai(STEREO, 48_000, 2) for _ in range(2)]
    assert made == [*expected, undisturbed.flush_for_openai()]


@pytest.mark.parametrize(
    "chunk", [STEREO, *(row[0] for row in CHUNKS if r"not \(960, 1\)" not in row[2])]
)
def test_a_wrong_chunk_leaves_a_resampler_as_it_was(chunk):
    resampler, undisturbed = Resampler(44_100, 24_000), Resampler(44_100, 24_000)
    samples = noise(1_764)[:, 0]
    made = [resampler.process(samples)]
    with pytest.raises((TypeError, ValueError, BufferError)):
        resampler.process(chunk)
    made += [resampler.process(samples), resampler.flush()]
    expected = [undisturbed.process(samples) for _ in range(2)]
    np.testing.assert_array_equal(
        np.concatenate(made), np.concatenate([*expected, undisturbed.flush()])
    )


BASE64: list[tuple[Any, type[Exception], str]] = [
    ("AAAA=", ValueError, "byte 5.*multiple of 4"),
    ("AAA", ValueError, "byte 3.*multiple of 4"),
    ("AA-_", ValueError, "byte 2.*alphabet"),
    ("AA A", ValueError, "byte 2.*alphabet"),
    ("AAAA\n", ValueError, "byte 4.*alphabet"),
    ("AAé=", ValueError, "byte 2.*alphabet"),
    ("\ud800AAA", ValueError, "surrogates"),
    ("A===", ValueError, "byte 1.*padding"),
    ("AA==AAAA", ValueError, "byte 2.*padding"),
    ("====", ValueError, "byte 0.*padding"),
    ("AAB=", ValueError, "byte 2.*bits"),
    ("AB==", ValueError, "byte 1.*bits"),
    (b"AA\x00A", ValueError, "byte 2.*alphabet"),
    (b"A" * 2_563, ValueError, "byte 2563.*multiple of 4"),
    (7, TypeError, "str, bytes or a buffer of bytes, not int"),
    (None, TypeError, "not NoneType"),
    (np.zeros(4, np.uint8), TypeError, "not ndarray"),
    (memoryview(np.zeros(4, np.float32)), TypeError, "not of other items"),
    (RELEASED, ValueError, "released memoryview"),
]


@pytest.mark.parametrize(("text", "error", "words"), BASE64)
def test_what_is_not_base64_leaves_the_stream_as_it_was(text, error, words):
    path, undisturbed = AudioPath(UPSTREAM, BROWSER), AudioPath(UPSTREAM, BROWSER)
    data = audio(UPSTREAM, 40)
    made = [path.process(data[:-1])]
    for call in (path.process_from_base64, path.process_from_base64_to_floats):
        with pytest.raises(error, match=words):
            call(text)
    made += [path.process(data[-1:]), path.flush()]
    assert b"".join(made) == undisturbed.process(data) + undisturbed.flush()


ALL_RATES = ", ".join(map(str, RATES_HZ))
OBJECTS: list[tuple[Callable[[], object], type[Exception], str]] = [
    (lambda: AudioPath(("opus", 48_000, 1), UPSTREAM), ValueError, '\'?"opus".*g711_alaw'),
    (lambda: AudioPath(("pcm16", 7_999, 1), UPSTREAM), ValueError, f"7999 Hz.*{ALL_RATES}"),
    (lambda: AudioPath(("pcm16", -1, 1), UPSTREAM), ValueError, "-1 Hz is not one of"),
    (lambda: AudioPath(("pcm16", 10**30, 1), UPSTREAM), ValueError, "0000 Hz is not one of"),
    (
        lambda: AudioPath(("pcm16", 8_000.0, 1), UPSTREAM),  # type: ignore[arg-type] # that is the fault
        TypeError,
        f"rate 8000.0 Hz is not one of {ALL_RATES}: an int is due, and that is float",
    ),
    (
        lambda: AudioPath(("pcm16", 8_000, "2"), UPSTREAM),  # type: ignore[arg-type] # that is the fault
        TypeError,
        "channels are 1 or 2, not '2'",
    ),
    (lambda: AudioPath(OPUS, UPSTREAM), ValueError, "its packets are no stream"),  # type: ignore[arg-type] # that is the fault
    (lambda: AudioPath(("pcm16", 8_000, 3), UPSTREAM), ValueError, "1 or 2, not 3"),
    (lambda: AudioPath(("pcm16", 8_000, -1), UPSTREAM), ValueError, "1 or 2, not -1"),
    (lambda: AudioPath("pcm16", UPSTREAM), TypeError, "AudioFormat or.*not 'pcm16'"),  # type: ignore[arg-type] # that is the fault
    (lambda: AudioPath(("pcm16", 8_000), UPSTREAM), TypeError, "AudioFormat or"),  # type: ignore[arg-type] # that is the fault
    (lambda: AudioPath(UPSTREAM, UPSTREAM, quality="best"), ValueError, "low_latency, strict"),  # type: ignore[arg-type] # that is the fault
    (lambda: AudioPath(UPSTREAM, UPSTREAM, gain=4.1), ValueError, "0 and 4, not 4.1"),
    (lambda: AudioPath(UPSTREAM, UPSTREAM, gain=-0.1), ValueError, "0 and 4, not -0.1"),
    (lambda: AudioPath(UPSTREAM, UPSTREAM, gain=float("nan")), ValueError, "0 and 4, not NaN"),
    (lambda: AudioPath(UPSTREAM, UPSTREAM, pitch=0.4), ValueError, "0.5 and 2, not 0.4"),
    (lambda: AudioPath(UPSTREAM, UPSTREAM, pitch=float("inf")), ValueError, "0.5 and 2, not inf"),
    (lambda: AudioPath(UPSTREAM, UPSTREAM).process_to_floats(b""), ValueError, "goes to pcm16"),
    (lambda: Resampler(44_000, 24_000), ValueError, "44000 Hz is not one of"),
    (lambda: Resampler(-1, 24_000), ValueError, "-1 Hz is not one of"),
    (lambda: Resampler(24_000, 24_000).process(b"1234"), TypeError, "contiguous array of native"),
    (
        lambda: AudioProcessor().process_for_openai(STEREO.astype(float), 48_000),
        TypeError,
        "float64",
    ),
    (lambda: AudioProcessor().process_for_openai(array.array("d"), 48_000), TypeError, "'d'"),
    (lambda: AudioProcessor().process_for_openai([0], 48_000), TypeError, "not list"),  # type: ignore[arg-type] # that is the fault
    (lambda: AudioProcessor().process_for_openai(STEREO, 48_000), ValueError, r"\(frames, 1\)"),
    (lambda: AudioProcessor().process_for_openai(b"", 48_001), ValueError, "48001 Hz"),
    (lambda: AudioProcessor.float32_to_pcm16_base64(b"12345"), ValueError, "which 5 bytes cut"),
    (lambda: AudioProcessor.float32_to_pcm16_base64(STEREO), ValueError, r"not \(1920, 2\)"),
    (lambda: AudioProcessor().process_from_openai("", 24_000, 0), ValueError, "1 or 2, not 0"),
]


@pytest.mark.parametrize(("call", "error", "words"), OBJECTS)
def test_what_does_not_exist_is_refused_with_what_does(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_a_gain_or_pitch_that_is_refused_changes_nothing():
    path = AudioPath(UPSTREAM, UPSTREAM, gain=2.0)
    with pytest.raises(ValueError, match="0 and 4, not 5"):
        path.gain = 5
    with pytest.raises(ValueError, match=r"0\.5 and 2, not 3"):
        path.pitch = 3
    assert (path.gain, path.pitch) == (2.0, 1.0)


ODD = [np.nan, np.inf, -np.inf, 3.4e38, -3.4e38, 1e-45, 2.0, -2.0]


@given(formats, st.lists(st.sampled_from(ODD), min_size=1, max_size=20), st.integers(0, 3_000))
def test_odd_numbers_pass_by(target, odd, at):
    """No number makes the output anything but finite, and its trace ends with the filter."""
    source = AudioFormat(Encoding.F32, 48_000)
    path, clean = AudioPath(source, target), AudioPath(source, target)
    samples = noise(48_000 // 10)[:, 0]
    disturbed = samples.copy()
    disturbed[at : at + len(odd)] = odd
    made, expected = path.process(disturbed), clean.process(samples)
    if target.encoding is Encoding.F32 and target != source:  # equal formats are not looked at
        assert np.isfinite(np.frombuffer(made, np.float32)).all()
    following = noise(48_000 // 10, seed=9)[:, 0]
    if at < 2_000:  # 30 ms before the end, and no filter is as long
        assert path.process(following) == clean.process(following)
    assert len(made) == len(expected)


@pytest.mark.parametrize(
    ("given_", "expected"),
    [(np.nan, 0), (np.inf, 32_767), (-np.inf, -32_768), (2, 32_767), (-2, -32_768), (1, 32_767)],
)
def test_full_scale_saturates_and_no_number_is_silence(given_, expected):
    samples = np.array([given_, 0.5], np.float32)
    made = AudioPath(("f32", 24_000, 1), UPSTREAM).process(samples)
    assert np.frombuffer(made, "<i2").tolist() == [expected, 16_384]


def test_a_buffer_may_change_once_the_call_is_over():
    chunk = bytearray(audio(UPSTREAM, 40))
    path, steady = AudioPath(UPSTREAM, BROWSER), AudioPath(UPSTREAM, BROWSER)
    expected = steady.process(bytes(chunk)) + steady.flush()
    made = path.process(chunk[:-1])
    rest = memoryview(chunk)[-1:]
    made += path.process(rest)
    rest.release()
    chunk.clear()  # BufferError, if the path still held it
    assert made + path.flush() == expected


def test_arrays_of_ctypes_are_buffers_like_others():
    floats = (ctypes.c_float * 1_920)(*STEREO[:, 0].tolist())
    expected = AudioProcessor().process_for_openai(STEREO[:, 0].copy(), 48_000)
    assert AudioProcessor().process_for_openai(floats, 48_000) == expected
    frames = np.frombuffer(AudioPath(("f32", 48_000, 1), UPSTREAM).process(floats), "<i2")
    assert len(frames) == 960


def test_an_identity_path_gives_no_window_into_what_may_change():
    chunk = bytearray(audio(UPSTREAM, 40))
    made = AudioPath(UPSTREAM, UPSTREAM).process(chunk)
    before = bytes(chunk)
    chunk[:] = bytes(len(chunk))
    assert made == before
