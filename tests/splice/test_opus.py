"""A client that speaks and hears Opus: packets on its leg, samples everywhere else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtproxy import _audio_core
from rtproxy._audio_core import OpusDecoder, OpusEncoder
from rtproxy.model.audio_format import OPUS, PCM16_24K, AudioFormat, Encoding
from tests.built import needs_opus
from tests.splice.scene import End, Scene, delta, spoken
from tests.splice.test_convert import attach, bare_audio, cut, heard_audio, noise
from tests.splice.wsclient import Opcode

pytestmark = needs_opus

PACKET_BYTES = 960
LOOK_AHEAD_BYTES = 312
LOOK_AHEAD_MS = 6.5
TELEPHONE = AudioFormat(Encoding.PCM16, 8_000)
sizes = st.lists(st.integers(1, 3_000), min_size=1, max_size=8)


def packed(audio: bytes) -> list[bytes]:
    """The packets of one part: its audio, what the codec holds back, whole 20 ms."""
    size = len(audio) + LOOK_AHEAD_BYTES
    whole = audio.ljust(size + -size % PACKET_BYTES, b"\0")
    encoder = OpusEncoder()
    return [encoder.encode(piece) for piece in pieces(whole)]


def pieces(audio: bytes) -> Iterator[bytes]:
    return (audio[start : start + PACKET_BYTES] for start in range(0, len(audio), PACKET_BYTES))


def packets(end: End) -> list[bytes]:
    """All that the client has heard."""
    end.hears()
    return [one.payload for one in end.heard if one.opcode is Opcode.BINARY]


def say(end: End, packet: bytes) -> None:
    end.feed(end.peer.binary(packet))


def listening(**settings_: int | None) -> Scene:
    scene = Scene(_audio_core, **settings_)
    attach(scene, scene.upstream)
    attach(scene, scene.client, speaks=OPUS, hears=OPUS, bare=True)
    return scene


def play_out(scene: Scene, response: str = "r1") -> None:
    scene.mark("over", response)
    while "mark over" not in scene.client.delivers():
        scene.client.hears()
        scene.wait(40)
    scene.client.release_mark()


@settings(max_examples=60)
@given(sizes=sizes)
def test_an_answer_is_what_one_encoder_makes_of_it(sizes: list[int]) -> None:
    scene = listening()
    audio = noise(5_000, PCM16_24K)
    for chunk in cut(audio, sizes, 2):
        scene.upstream.says(delta(chunk))
        attach(scene, scene.client, speaks=OPUS, hears=OPUS, bare=True)  # changes nothing
    play_out(scene)
    assert packets(scene.client) == packed(audio)
    counted = scene.splice.counters("i1", scene.now)
    whole_ms = pytest.approx(PCM16_24K.milliseconds(len(audio)), abs=0.5)
    assert counted.received_ms == counted.released_ms == counted.heard_ms == whole_ms
    assert counted.dropped_ms == 0


def test_the_look_ahead_stands_before_what_is_heard() -> None:
    scene = listening()
    scene.upstream.says(delta(100))
    scene.client.hears()
    scene.wait(50)
    heard_ms = scene.splice.counters("i1", scene.now).heard_ms
    assert heard_ms == pytest.approx(50 - LOOK_AHEAD_MS, abs=0.01)


def test_nothing_of_a_cut_answer_is_in_the_next() -> None:
    scene = listening()
    scene.upstream.says(delta(noise(4_000, PCM16_24K)))
    scene.client.hears()
    scene.wait(70)
    scene.splice.drop("r1", scene.now)
    before = len(packets(scene.client))
    assert before > 0
    audio = noise(3_000, PCM16_24K, seed=2)
    scene.upstream.says(delta(audio, response="r2", item="i2"))
    play_out(scene, "r2")
    assert packets(scene.client)[before:] == packed(audio)


def test_each_part_is_whole_packets() -> None:
    scene = listening()
    parts = [noise(700, PCM16_24K, seed) for seed in range(3)]
    for number, part in enumerate(parts):
        scene.upstream.says(delta(part, item=f"i{number}"))
    play_out(scene)
    assert packets(scene.client) == [packet for part in parts for packet in packed(part)]


def test_what_waits_for_an_absent_client_becomes_what_the_next_one_hears() -> None:
    """Packets are made when they leave: nothing has to be decoded again."""
    scene = listening(lead_ms=10_000)
    scene.splice.detach(scene.client.side, scene.now)
    audio = noise(2_000, PCM16_24K)
    scene.upstream.says(delta(audio))
    scene.mark("over")
    again = scene.newcomer("client")
    attach(scene, again, bare=True)
    heard = bare_audio(again)
    assert heard[: len(audio)] == audio
    assert not any(heard[len(audio) :])


def test_a_client_that_comes_back_for_packets_gets_what_waited() -> None:
    scene = Scene(_audio_core, lead_ms=10_000)
    attach(scene, scene.upstream)
    attach(scene, scene.client, bare=True)
    scene.splice.detach(scene.client.side, scene.now)
    audio = noise(2_000, PCM16_24K)
    scene.upstream.says(delta(audio))
    again = scene.newcomer("client")
    attach(scene, again, speaks=OPUS, hears=OPUS, bare=True)
    assert packets(again) == packed(audio)


@pytest.mark.parametrize("target", [PCM16_24K, TELEPHONE], ids=str)
def test_what_is_said_arrives_as_one_decoder_makes_it(target: AudioFormat) -> None:
    scene = Scene(_audio_core)
    attach(scene, scene.client, speaks=OPUS, hears=OPUS, bare=True)
    attach(scene, scene.upstream, hears=target)
    encoder, decoder = OpusEncoder(), OpusDecoder()
    said = [encoder.encode(piece) for piece in pieces(noise(4_800, PCM16_24K))]
    assert scene.splice.level(scene.client.side).at is None
    for packet in said:
        say(scene.client, packet)
    scene.splice.end_input(scene.now)
    samples = b"".join(map(decoder.decode, said))
    assert scene.splice.input_ms() == 20 * len(said)
    path = _audio_core.AudioPath(PCM16_24K, target)
    assert heard_audio(scene.upstream) == path.process(samples) + path.flush()
    assert scene.splice.level(scene.client.side).rms > 0.1


def test_a_packet_may_come_as_base64() -> None:
    scene = listening()
    packet = OpusEncoder().encode(noise(480, PCM16_24K))
    scene.client.says(spoken(packet))
    assert heard_audio(scene.upstream) == OpusDecoder().decode(packet)


def test_an_empty_packet_was_lost_and_takes_its_time() -> None:
    scene = listening()
    say(scene.client, OpusEncoder().encode(noise(480, PCM16_24K)))
    say(scene.client, b"")
    assert scene.splice.input_ms() == 40


NOT_OPUS = b"\xff" + bytes(3)  # code 3, no frames: RFC 6716, 3.4, R5


def test_what_is_no_packet_is_held_and_the_voice_goes_on() -> None:
    scene = listening()
    encoder, decoder = OpusEncoder(), OpusDecoder()
    first, second = (encoder.encode(piece) for piece in pieces(noise(960, PCM16_24K)))
    for packet in (first, NOT_OPUS, second):
        say(scene.client, packet)
    assert [one.split()[0] for one in scene.client.delivers()] == ["hold"]
    scene.client.release()
    assert heard_audio(scene.upstream) == decoder.decode(first) + decoder.decode(second)
    assert scene.splice.input_ms() == 40


@given(junk=st.lists(st.binary(max_size=200), max_size=20))
def test_no_bytes_end_a_session(junk: list[bytes]) -> None:
    scene = listening()
    for packet in junk:
        say(scene.client, packet)
        for _ in scene.client.delivers():
            scene.client.release()
    good = OpusEncoder().encode(noise(480, PCM16_24K))
    before_ms = scene.splice.input_ms()
    say(scene.client, good)
    assert scene.splice.input_ms() == before_ms + 20


@pytest.mark.parametrize("named", [("opus", 48_000, 1), ("opus", 24_000, 2)])
def test_packets_say_their_own_rate_and_channels(named: tuple[str, int, int]) -> None:
    scene = Scene(_audio_core)
    with pytest.raises(ValueError, match="opus is 24000 Hz with 1 channel"):
        scene.splice.attach(
            scene.client.leg,
            kinds=_audio_core.Kinds(),
            wrap=_audio_core.Wrap.binary(),
            now=0.0,
            hears=named,
        )
