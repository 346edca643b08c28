"""The notation of formats, and how a small dialect is told them."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given

from audio.streams import formats
from rtproxy.cli.talk.formats import WireFormats, add_query, notation, parse_format
from rtproxy.model.audio_format import OPUS, PCM16_24K, AudioFormat, Encoding, LegAudio


@given(formats)
def test_what_is_written_is_read_again(audio_format: AudioFormat):
    assert parse_format(notation(audio_format)) == audio_format


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("pcm16", PCM16_24K),
        ("f32", AudioFormat(Encoding.F32, 24_000)),
        ("g711_ulaw", AudioFormat(Encoding.G711_ULAW, 8_000)),
        ("g711_alaw/16000", AudioFormat(Encoding.G711_ALAW, 16_000)),
        ("f32/48000/2", AudioFormat(Encoding.F32, 48_000, 2)),
        ("opus", OPUS),
    ],
)
def test_what_is_left_out_is_the_usual(written: str, meant: LegAudio):
    assert parse_format(written) == meant


@pytest.mark.parametrize(
    ("written", "refusal"),
    [
        ("", 'the encoding is ""; it may be pcm16, f32, g711_ulaw, g711_alaw or opus'),
        ("PCM16", 'the encoding is "PCM16"'),
        ("f32/47999", 'the rate in Hz is "47999"; it may be 8000, 11025, .* or 96000'),
        ("f32/", 'the rate in Hz is ""'),
        ("f32/048000", 'the rate in Hz is "048000"'),
        ("f32/48000/3", 'the number of channels is "3"; it may be 1 or 2'),
        ("f32/48000/2/1", "too many parts"),
        ("opus/48000", "opus has no rate and no channels to choose"),
    ],
)
def test_a_refusal_names_the_part_and_what_it_may_be(written: str, refusal: str):
    with pytest.raises(ValueError, match=refusal):
        parse_format(written)


def test_a_small_dialect_is_told_all_of_it_in_the_query():
    formats = WireFormats(parse_format("f32/48000/2"), parse_format("g711_ulaw"), binary=True)
    url = add_query("ws://h/ws/voice?token=a%26b", formats)
    assert url.startswith("ws://h/ws/voice?token=a%26b&")
    assert parse_qs(urlsplit(url).query) == {
        "token": ["a&b"],
        "format": ["f32"],
        "rate": ["48000"],
        "channels": ["2"],
        "output_format": ["g711_ulaw"],
        "output_rate": ["8000"],
        "output_channels": ["1"],
        "audio": ["binary"],
    }
    assert "audio" not in parse_qs(urlsplit(add_query("ws://h/", WireFormats())).query)


@pytest.mark.parametrize("name", ["rate", "output_channels", "audio"])
def test_a_format_is_not_said_in_two_places(name: str):
    with pytest.raises(ValueError, match=f"--url names {name}; .* --mic-format"):
        add_query(f"ws://h/?{name}=1", WireFormats())
