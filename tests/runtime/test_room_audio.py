"""What a room keeps of its audio, and what each line is fed of it."""

from __future__ import annotations

import json
from base64 import b64decode

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtproxy._audio_core import HAS_OPUS, OpusEncoder
from rtproxy.dialects.realtime import encode_append
from rtproxy.model.audio_format import OPUS, AudioFormat
from rtproxy.runtime.room_audio import Appends, Ears, RoomAudio, length_ms

BYTES_PER_MS = 48
LIVE = Appends(encode_append)
FRAMES = Appends(encode_append, frame_ms=200)


TAPE = (np.arange(60_000 * 24) % 65_536).astype("<u2").tobytes()


def samples(from_ms: int, to_ms: int) -> bytes:
    """Audio that says where it is: each sample is its own number."""
    return TAPE[from_ms * BYTES_PER_MS : to_ms * BYTES_PER_MS]


class Line:
    """What one line was sent."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []

    @property
    def pieces(self) -> list[bytes]:
        return [b64decode(json.loads(message)["audio"]) for message in self.messages]

    @property
    def heard(self) -> bytes:
        return b"".join(self.pieces)


def test_a_live_line_is_told_what_is_said_and_two_share_the_messages() -> None:
    audio, one, other = RoomAudio(60_000), Line(), Line()
    audio.feed("one", one.messages.append, LIVE, 0)
    audio.feed("other", other.messages.append, LIVE, 0)
    for at in range(0, 400, 40):
        audio.take(samples(at, at + 40))
    assert one.heard == samples(0, 400)
    assert len(one.messages) == 10
    assert all(a is b for a, b in zip(one.messages, other.messages, strict=True))
    assert audio.said_ms == 400


def test_a_line_that_comes_later_is_told_from_where_it_asks() -> None:
    audio, line = RoomAudio(60_000), Line()
    audio.take(samples(0, 2_500))
    assert audio.feed("line", line.messages.append, LIVE, 300) == 0
    assert line.heard == samples(300, 2_500)
    assert max(map(len, line.pieces)) == 1_000 * BYTES_PER_MS
    audio.take(samples(2_500, 2_540))
    assert line.heard == samples(300, 2_540)


def test_a_stop_is_at_its_place_or_now() -> None:
    audio, line = RoomAudio(60_000), Line()
    audio.take(samples(0, 1_000))
    audio.feed("line", line.messages.append, FRAMES, 0)
    assert [length_ms(piece) for piece in line.pieces] == [200] * 5
    audio.take(samples(1_000, 1_130))
    audio.stop("line", 1_090)
    assert line.heard == samples(0, 1_090)
    audio.feed("line", line.messages.append, FRAMES, 1_090)
    audio.stop("line", 5_000)
    assert line.heard == samples(0, 1_130)
    audio.take(samples(1_130, 2_000))
    assert line.heard == samples(0, 1_130)


def test_a_feed_up_to_a_place_ends_there_by_itself() -> None:
    audio, line = RoomAudio(60_000), Line()
    audio.feed("line", line.messages.append, LIVE, 100, 350)
    for at in range(0, 600, 40):
        audio.take(samples(at, at + 40))
    assert line.heard == samples(100, 350)


def test_what_is_long_ago_is_gone_and_that_is_told() -> None:
    audio, line = RoomAudio(1_000), Line()
    for at in range(0, 5_000, 100):
        audio.take(samples(at, at + 100))
    assert audio.feed("line", line.messages.append, LIVE, 3_500) == 500
    assert line.heard == samples(4_000, 5_000)


@pytest.mark.parametrize("appends", [LIVE, FRAMES], ids=["live", "frames"])
def test_silence_comes_behind_all_that_was_said_and_is_none_of_it(appends: Appends) -> None:
    audio, line = RoomAudio(60_000), Line()
    audio.pause("line", 1_000)
    audio.feed("line", line.messages.append, appends, 0)
    audio.take(samples(0, 330))
    audio.pause("line", 1_000)
    audio.take(samples(330, 600))
    audio.stop("line", 600)
    assert line.heard == samples(0, 330) + bytes(1_000 * BYTES_PER_MS) + samples(330, 600)


def test_a_line_that_is_forgotten_is_told_nothing() -> None:
    audio, line = RoomAudio(1_000), Line()
    audio.feed("line", line.messages.append, LIVE, 0)
    audio.forget("line")
    audio.forget("line")
    audio.stop("line", 0)
    audio.take(samples(0, 100))
    assert not line.messages


@given(
    said=st.lists(st.integers(1, 700), max_size=12),
    start=st.integers(0, 3_000),
    length=st.none() | st.integers(0, 3_000),
    joins=st.integers(0, 12),
    appends=st.sampled_from([LIVE, FRAMES]),
)
def test_whoever_is_fed_hears_each_sample_once(
    said: list[int], start: int, length: int | None, joins: int, appends: Appends
) -> None:
    audio, line, end = RoomAudio(60_000), Line(), 0
    until = None if length is None else start + length
    for number, piece in enumerate([*said, 0]):
        if number == min(joins, len(said)):
            audio.feed("line", line.messages.append, appends, start, until)
        audio.take(samples(end, end + piece))
        end += piece
    audio.stop("line", end)
    heard_to = end if until is None else min(until, end)
    assert line.heard == samples(start, max(start, heard_to))
    if appends is FRAMES:
        assert all(length_ms(piece) == 200 for piece in line.pieces[:-1])


def test_ears_make_of_any_format_what_the_room_keeps() -> None:
    ears = Ears(AudioFormat("pcm16", 16_000), longest_ms=100)
    assert sum(len(ears.hear(bytes(1_280))) for _ in range(25)) == 1_000 * BYTES_PER_MS
    assert Ears(AudioFormat("pcm16", 24_000), longest_ms=40).hear(samples(0, 40)) == samples(0, 40)


@pytest.mark.skipif(not HAS_OPUS, reason="built without Opus")
def test_ears_take_packets() -> None:
    packet = OpusEncoder().encode(samples(0, 20))
    ears = Ears(OPUS, longest_ms=1)
    assert length_ms(ears.hear(bytes(packet))) == 20
    with pytest.raises(ValueError, match="packet"):
        ears.hear(b"\xff\xff\xff")


def test_silence_is_behind_all_that_was_said_and_none_of_the_rooms() -> None:
    audio, line = RoomAudio(60_000), Line()
    audio.feed("line", line.messages.append, FRAMES, 0)
    audio.take(samples(0, 500))
    assert line.heard == samples(0, 400)
    audio.pause("line", 1_000)
    assert line.heard == samples(0, 500) + bytes(1_000 * BYTES_PER_MS)
    assert {len(piece) for piece in line.pieces[:-1]} == {200 * BYTES_PER_MS}
    audio.take(samples(500, 700))
    assert line.pieces[-1] == samples(500, 700)
    assert audio.said_ms == 700
