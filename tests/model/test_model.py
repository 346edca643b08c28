"""Formats, close reasons, ids: small values with exact edges."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtproxy.model.audio_format import OPUS, PCM16_24K, AudioFormat, Encoding
from rtproxy.model.close import CloseCode, CloseReason
from rtproxy.model.errors import DialFailed
from rtproxy.model.ids import new_id


def test_forty_milliseconds_of_the_upstreams_audio() -> None:
    assert PCM16_24K.milliseconds(1920) == 40.0
    assert PCM16_24K.as_tuple() == ("pcm16", 24_000, 1)


@pytest.mark.parametrize(
    ("encoding", "channels", "bytes_per_s"),
    [
        (Encoding.PCM16, 2, 32_000),
        (Encoding.F32, 1, 32_000),
        (Encoding.G711_ULAW, 1, 8_000),
        (Encoding.G711_ALAW, 2, 16_000),
    ],
)
def test_bytes_of_a_second(encoding: Encoding, channels: int, bytes_per_s: int) -> None:
    assert AudioFormat(encoding, 8_000, channels).bytes_per_s == bytes_per_s


def test_people_are_told_a_format_in_words() -> None:
    assert str(OPUS) == "opus"
    assert str(AudioFormat(Encoding.F32, 48_000, 2)) == "f32, 48000 Hz, stereo"
    assert str(AudioFormat(Encoding.PCM16, 8_000, 6)) == "pcm16, 8000 Hz, 6 channels"


@pytest.mark.parametrize("encoding", Encoding)
def test_an_encoding_may_be_given_by_its_name(encoding: Encoding) -> None:
    named = AudioFormat(encoding.value, 8_000)
    assert named == AudioFormat(encoding, 8_000)
    assert named.encoding is encoding


@pytest.mark.parametrize("given", ["mp3", "PCM16", ""])
def test_a_name_that_no_encoding_has_is_refused_with_those_there_are(given: str) -> None:
    with pytest.raises(ValueError, match=f"{given!r} is not one of pcm16, f32, g711_ulaw, g711_"):
        AudioFormat(given, 8_000)


@given(st.text())
def test_a_close_reason_fits_its_frame_and_stays_text(text: str) -> None:
    kept = CloseReason(CloseCode.DONE, text).text
    assert len(kept.encode()) <= 123
    assert text.startswith(kept)


def test_ids_follow_their_dice() -> None:
    assert new_id("sess", bytes(range(16))) == "sess_0123456789ABCDEF"


def test_a_final_refusal_and_one_that_may_heal_close_differently() -> None:
    assert DialFailed("no", final=True).reason.code == CloseCode.UPSTREAM_REFUSED
    assert DialFailed("no").reason.code == CloseCode.TRY_LATER
