"""What audio a query asks for, and what it is told where nobody can serve it."""

from __future__ import annotations

import pytest

from rtproxy.dialects.audio_query import AudioTerms, read_audio_terms
from rtproxy.dialects.voice import VOICE
from rtproxy.model import events as ev
from rtproxy.model.audio_format import PCM16_24K, AudioFormat, Encoding


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        ({}, AudioTerms()),
        ({"rate": "16000"}, AudioTerms(speaks=AudioFormat(Encoding.PCM16, 16_000))),
        ({"format": "g711_ulaw"}, AudioTerms(speaks=AudioFormat(Encoding.G711_ULAW, 8_000))),
        ({"output_format": "g711_alaw"}, AudioTerms(hears=AudioFormat(Encoding.G711_ALAW, 8_000))),
        (
            {"format": "f32", "rate": "48000", "channels": "2", "audio": "binary"},
            AudioTerms(AudioFormat(Encoding.F32, 48_000, 2), PCM16_24K, binary=True),
        ),
    ],
)
def test_what_is_asked_for(query: dict[str, str], terms: AudioTerms) -> None:
    assert read_audio_terms(query) == terms


def test_a_dialect_may_have_a_rate_of_its_own() -> None:
    usual = read_audio_terms({}, input_rate_hz=16_000)
    assert usual == AudioTerms(speaks=AudioFormat(Encoding.PCM16, 16_000))
    telephone = read_audio_terms({"format": "g711_ulaw"}, input_rate_hz=16_000)
    assert isinstance(telephone, AudioTerms)
    assert telephone.speaks.rate_hz == 8_000


@pytest.mark.parametrize(
    ("name", "given", "allowed"),
    [
        ("format", "mp3", "pcm16, f32, g711_ulaw, g711_alaw"),
        ("rate", "47000", "44100, 48000"),
        ("rate", "", "8000"),
        ("channels", "3", "1, 2"),
        ("output_format", "opus", "pcm16"),
        ("output_rate", "1", "8000"),
        ("output_channels", "0", "1, 2"),
        ("audio", "text", "json, binary"),
    ],
)
def test_what_cannot_be_served_is_named(name: str, given: str, allowed: str) -> None:
    refused = VOICE.asked({name: given}, input_rate_hz=24_000)
    assert isinstance(refused, ev.Misunderstood)
    assert refused.param == name
    assert repr(given) in refused.message
    assert allowed in refused.message


def test_audio_that_is_not_whole_is_refused_in_its_own_terms() -> None:
    query = {"format": "f32", "channels": "2", "audio": "binary"}
    dialect = VOICE.asked(query, input_rate_hz=24_000)
    assert not isinstance(dialect, ev.Misunderstood)
    (refused,) = dialect.decode(bytes(12), binary=True)
    assert isinstance(refused, ev.Misunderstood)
    assert refused.code == "invalid_audio"
    assert "12 bytes" in refused.message
    assert "f32, 24000 Hz, stereo" in refused.message
