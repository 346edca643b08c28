"""Stamps survive base64 in front of any audio, and what has none is left alone."""

from __future__ import annotations

import base64

from hypothesis import given
from hypothesis import strategies as st

from rtproxy.audio.stamp import (
    STAMP_BYTES,
    STAMP_CHARACTERS,
    Stamp,
    answer_stamp,
    read_stamp,
    write_stamp,
)

small, large = st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1)
stamps = st.builds(Stamp, small, small, large, large, large)


@given(stamps, st.binary(max_size=64))
def test_what_is_written_is_read(stamp: Stamp, rest: bytes) -> None:
    audio = (write_stamp(stamp) + base64.b64encode(rest)).decode()
    assert read_stamp(audio) == stamp
    assert base64.b64decode(audio, validate=True)[STAMP_BYTES:] == rest


@given(stamps, st.binary(max_size=64), large, large)
def test_an_answer_changes_its_own_times_alone(
    stamp: Stamp, rest: bytes, heard_ns: int, answered_ns: int
) -> None:
    audio = (write_stamp(stamp) + base64.b64encode(rest)).decode()
    answer = answer_stamp(audio, heard_ns, answered_ns)
    assert answer[STAMP_CHARACTERS:] == audio[STAMP_CHARACTERS:]
    assert read_stamp(answer) == (stamp.call, stamp.number, stamp.said_ns, heard_ns, answered_ns)


@given(st.text(max_size=80))
def test_anything_else_is_left_alone(audio: str) -> None:
    assert read_stamp(audio) is None
    assert answer_stamp(audio, 1, 2) == audio


@given(st.binary(max_size=120))
def test_other_audio_is_left_alone(pcm: bytes) -> None:
    audio = base64.b64encode(pcm).decode()
    assert answer_stamp(audio, 1, 2) == audio
