"""What is said: real speech, whole chunks, and a stamp in front of each."""

from __future__ import annotations

import base64

import numpy as np

from rtproxy.audio.stamp import STAMP_BYTES, Stamp, read_stamp
from rtproxy.load.speech import CHUNK_BYTES, SILENCE, cut, load_speech

SPEECH = load_speech()


def test_the_chunks_are_the_question():
    assert b"".join(base64.b64decode(chunk) for chunk in SPEECH.encoded) == SPEECH.pcm
    assert {len(base64.b64decode(chunk)) for chunk in SPEECH.encoded} == {CHUNK_BYTES}
    assert base64.b64decode(SILENCE) == bytes(CHUNK_BYTES)


def test_a_stamped_chunk_differs_in_its_stamp_alone():
    chunks = len(SPEECH.encoded)
    for number in (0, 7, chunks - 1, chunks, chunks + 25, 10_000):
        stamp = Stamp(3, number, 123_456_789)
        audio = SPEECH.stamped(stamp).decode()
        place = number % (chunks + 25)  # a second of silence behind the question
        said = SPEECH.pcm[place * CHUNK_BYTES :][:CHUNK_BYTES].ljust(CHUNK_BYTES, b"\0")
        assert read_stamp(audio) == stamp
        assert base64.b64decode(audio)[STAMP_BYTES:] == said[STAMP_BYTES:]
        assert SPEECH.is_unchanged(number, audio)
        assert not SPEECH.is_unchanged(number + len(SPEECH.encoded) // 2, audio)
        assert not SPEECH.is_unchanged(number, audio[:-4] + "AAA=")
        assert not SPEECH.is_unchanged(number, audio + "AAAA")


def test_the_loud_part_is_found():
    samples = np.zeros(3_000, "<i2")
    samples[1_000:2_000] = 8_000
    speech = cut(samples.tobytes())
    assert (speech.loud_from, speech.loud_to) == (2_000, 4_000)
    assert speech.loud_chunks == 3
    assert len(speech.pcm) == 4 * CHUNK_BYTES
