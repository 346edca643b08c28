"""What audio a query asks for, and what it is told where nobody can serve it."""

from __future__ import annotations

from base64 import b64encode

import msgspec
import pytest
from tests.built import needs_opus

from rtproxy.dialects.audio_query import AudioTerms, read_audio_terms
from rtproxy.dialects.voice import VOICE
from rtproxy.model import events as ev
from rtproxy.model.audio_format import OPUS, PCM16_24K, AudioFormat, Encoding


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
        ("output_format", "aac", "pcm16"),
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


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        ({"format": "opus"}, AudioTerms(OPUS, PCM16_24K, binary=True)),
        ({"output_format": "opus"}, AudioTerms(PCM16_24K, OPUS, binary=True)),
        (
            {"format": "opus", "rate": "24000", "channels": "1", "audio": "binary"},
            AudioTerms(OPUS, PCM16_24K, binary=True),
        ),
    ],
)
def test_packets_are_binary_frames(query: dict[str, str], terms: AudioTerms) -> None:
    assert read_audio_terms(query, has_opus=True) == terms


@pytest.mark.parametrize(
    ("name", "given", "why"),
    [
        ("rate", "48000", "says its own"),
        ("channels", "2", "says its own"),
        ("audio", "json", "are binary frames"),
    ],
)
def test_what_packets_leave_no_choice_of_is_refused(name: str, given: str, why: str) -> None:
    refused = read_audio_terms({"format": "opus", name: given}, has_opus=True)
    assert isinstance(refused, ev.Misunderstood)
    assert refused.param == name
    assert why in refused.message


@pytest.mark.parametrize("name", ["format", "output_format"])
def test_a_server_without_opus_says_how_to_get_it(name: str) -> None:
    refused = read_audio_terms({name: "opus"}, has_opus=False)
    assert isinstance(refused, ev.Misunderstood)
    assert (refused.param, refused.code) == (name, "invalid_parameter")
    assert "cmake" in refused.message
    assert refused.message.endswith("without it.")


@needs_opus
def test_what_is_no_packet_is_told() -> None:
    dialect = VOICE.asked({"format": "opus"}, input_rate_hz=16_000)
    assert not isinstance(dialect, ev.Misunderstood)
    not_opus = b"\xff" + bytes(3)
    in_json = msgspec.json.encode({"type": "audio_input", "audio": b64encode(not_opus).decode()})
    for raw, binary in ((not_opus, True), (in_json, False)):
        (refused,) = dialect.decode(raw, binary=binary)
        assert isinstance(refused, ev.Misunderstood)
        assert refused.code == "invalid_audio"
        assert "4 bytes, which are not a packet of Opus" in refused.message
