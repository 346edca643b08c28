"""Lanes between two formats: what leaves is what one `AudioPath` makes of what came."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtproxy import _audio_core
from rtproxy._audio_core import AudioPath, Kinds, Side, Wrap
from rtproxy.model.audio_format import PCM16_24K, AudioFormat, Encoding
from tests.splice.scene import CLIENT_KINDS, UPSTREAM_KINDS, End, Scene, delta, spoken
from tests.splice.wsclient import Opcode

ULAW = AudioFormat(Encoding.G711_ULAW, 8_000)
STUDIO = AudioFormat(Encoding.F32, 48_000, 2)
WIDE = AudioFormat(Encoding.PCM16, 44_100)
FORMATS = [PCM16_24K, ULAW, STUDIO, WIDE, AudioFormat(Encoding.PCM16, 8_000, 2)]
formats = st.sampled_from(FORMATS)
# What there is that an upstream takes.
TAKEN = [PCM16_24K, ULAW, AudioFormat(Encoding.G711_ALAW, 8_000)]
takes = st.sampled_from(TAKEN)
chunk_sizes = st.lists(st.integers(1, 3_000), min_size=1, max_size=8)


@cache  # most examples say the same ones
def noise(frames: int, audio_format: AudioFormat, seed: int = 1) -> bytes:
    """Whole samples that are all different; of floats, moderate ones."""
    dice = random.Random(seed)
    count = frames * audio_format.channels
    if audio_format.encoding is Encoding.F32:
        return b"".join(struct.pack("<f", dice.uniform(-0.5, 0.5)) for _ in range(count))
    return dice.randbytes(count * audio_format.encoding.sample_bytes)


def cut(audio: bytes, sizes: list[int], frame_bytes: int) -> Iterator[bytes]:
    """By whole samples, the sizes over and over."""
    start = turn = 0
    while start < len(audio):
        size = sizes[turn % len(sizes)] * frame_bytes
        yield audio[start : start + size]
        start, turn = start + size, turn + 1


def converted(audio: bytes, source: AudioFormat, target: AudioFormat) -> bytes:
    path = AudioPath(source, target)
    return path.process(audio) + path.flush()


def said_to(audio: bytes, source: AudioFormat, target: AudioFormat) -> bytes:
    """What a client says, as an upstream has it: kept no larger than the best of those."""
    if source.bytes_per_s > PCM16_24K.bytes_per_s:
        audio, source = converted(audio, source, PCM16_24K), PCM16_24K
    return converted(audio, source, target)


def attach(
    scene: Scene,
    end: End,
    speaks: AudioFormat = PCM16_24K,
    hears: AudioFormat | None = PCM16_24K,
    *,
    bare: bool = False,
) -> None:
    client = end.side == Side.CLIENT
    table = {**(CLIENT_KINDS if client else UPSTREAM_KINDS), "binary": "audio" if bare else "hold"}
    to_client, to_upstream = '{"audio":"$audio"}', '{"n":$number,"audio":"$audio"}'
    scene.splice.attach(
        end.leg,
        kinds=Kinds(**table),
        wrap=Wrap.binary() if bare else Wrap.template(to_client if client else to_upstream),
        now=scene.now,
        speaks=speaks.as_tuple(),
        hears=hears.as_tuple() if hears else None,
    )


def bare_audio(end: End) -> bytes:
    end.hears()
    return b"".join(one.payload for one in end.heard if one.opcode is Opcode.BINARY)


def heard_audio(end: End) -> bytes:
    end.hears()
    return end.heard_audio


@given(source=formats, target=takes, sizes=chunk_sizes)
def test_what_is_said_arrives_as_one_path_makes_it(
    source: AudioFormat, target: AudioFormat, sizes: list[int]
) -> None:
    scene = Scene(_audio_core)
    attach(scene, scene.client, speaks=source)
    attach(scene, scene.upstream, hears=target)
    audio = noise(5_000, source)
    for chunk in cut(audio, sizes, source.frame_bytes):
        scene.client.says(spoken(chunk))
    assert scene.splice.input_ms() == pytest.approx(source.milliseconds(len(audio)))
    scene.splice.end_input(scene.now)
    assert heard_audio(scene.upstream) == said_to(audio, source, target)


@given(source=formats, target=takes, sizes=chunk_sizes)
def test_what_waited_for_the_upstream_is_one_stream_with_what_follows(
    source: AudioFormat, target: AudioFormat, sizes: list[int]
) -> None:
    scene = Scene(_audio_core)
    attach(scene, scene.client, speaks=source)
    attach(scene, scene.upstream, hears=None)
    audio = noise(5_000, source)
    chunks = list(cut(audio, sizes, source.frame_bytes))
    for chunk in chunks[:3]:
        scene.client.says(spoken(chunk))
    attach(scene, scene.upstream, hears=target)
    scene.splice.replay(0, scene.now)
    for chunk in chunks[3:]:
        scene.client.says(spoken(chunk))
    scene.splice.end_input(scene.now)
    assert heard_audio(scene.upstream) == said_to(audio, source, target)


@given(source=formats, target=formats, sizes=chunk_sizes)
def test_an_answer_arrives_as_one_path_makes_it(
    source: AudioFormat, target: AudioFormat, sizes: list[int]
) -> None:
    scene = Scene(_audio_core)
    attach(scene, scene.upstream, speaks=source)
    attach(scene, scene.client, hears=target, bare=True)
    audio = noise(5_000, source)
    for chunk in cut(audio, sizes, source.frame_bytes):
        scene.upstream.says(delta(chunk))
    scene.mark("over")
    heard = b""
    while "mark over" not in scene.client.delivers():
        heard = bare_audio(scene.client)
        scene.wait(40)
    assert heard == converted(audio, source, target)
    counted = scene.splice.counters("i1", scene.now)
    whole_ms = pytest.approx(source.milliseconds(len(audio)), abs=0.5)
    assert counted.received_ms == counted.released_ms == counted.heard_ms == whole_ms


def test_the_latency_of_a_conversion_stands_before_what_is_heard() -> None:
    scene = Scene(_audio_core)
    attach(scene, scene.client, hears=STUDIO, bare=True)
    latency_ms = AudioPath(PCM16_24K, STUDIO).latency_ms
    assert latency_ms > 0
    scene.upstream.says(delta(100))
    scene.wait(50)
    counted = scene.splice.counters("i1", scene.now)
    assert counted.heard_ms == pytest.approx(50 - latency_ms, abs=0.01)
    ((_, _, heard_ms, received_ms),) = scene.drop()
    assert (heard_ms, received_ms) == (pytest.approx(50 - latency_ms, abs=0.01), 100)
    scene.mark("over")
    assert scene.client.delivers() == ["mark over"]


def test_parts_do_not_hear_each_other() -> None:
    scene = Scene(_audio_core, lead_ms=None)
    attach(scene, scene.client, hears=WIDE, bare=True)
    first, second = noise(3_000, PCM16_24K, 1), noise(3_000, PCM16_24K, 2)
    scene.upstream.says(delta(first), delta(second, item="i2"))
    scene.splice.finish("r1", scene.now)
    scene.splice.turn(scene.now)
    expected = converted(first, PCM16_24K, WIDE) + converted(second, PCM16_24K, WIDE)
    assert bare_audio(scene.client) == expected


def test_what_was_cut_leaves_no_tail() -> None:
    scene = Scene(_audio_core, lead_ms=None)
    attach(scene, scene.client, hears=WIDE, bare=True)
    first, second = noise(3_000, PCM16_24K, 1), noise(3_000, PCM16_24K, 2)
    scene.upstream.says(delta(first))
    heard = bare_audio(scene.client)
    assert heard == AudioPath(PCM16_24K, WIDE).process(first)
    scene.drop()
    scene.upstream.says(delta(first), delta(second, "r2", "i2"))
    scene.splice.finish("r2", scene.now)
    scene.splice.turn(scene.now)
    assert bare_audio(scene.client) == heard + converted(second, PCM16_24K, WIDE)


def test_an_upstream_that_hears_nothing_yet_is_told_it_later_in_its_own_format() -> None:
    scene = Scene(_audio_core)
    attach(scene, scene.client, speaks=STUDIO)
    attach(scene, scene.upstream, hears=None)
    audio = noise(48_000, STUDIO)
    for chunk in cut(audio, [1_920], STUDIO.frame_bytes):
        scene.client.says(spoken(chunk))
    assert scene.upstream.hears() == []
    attach(scene, scene.upstream, hears=ULAW)
    sent_ms = scene.splice.replay(0, scene.now)
    assert sent_ms == pytest.approx(1_000, abs=10)
    assert len(heard_audio(scene.upstream)) == pytest.approx(8_000, abs=80)


def test_speech_forgotten_leaves_no_tail() -> None:
    scene = Scene(_audio_core)
    attach(scene, scene.client, speaks=WIDE)
    audio = noise(4_410, WIDE)
    scene.client.says(spoken(audio))
    scene.splice.discard_input()
    scene.splice.end_input(scene.now)
    assert heard_audio(scene.upstream) == AudioPath(WIDE, PCM16_24K).process(audio)


def test_binary_audio_goes_both_ways_and_half_a_sample_is_a_hold() -> None:
    scene = Scene(_audio_core)
    attach(scene, scene.client, speaks=STUDIO, hears=STUDIO, bare=True)
    audio = noise(4_800, STUDIO)
    scene.client.feed(scene.client.peer.binary(audio))
    scene.client.feed(scene.client.peer.binary(audio[:-1]))
    assert scene.client.delivers()[0].startswith("hold")
    scene.splice.end_input(scene.now)
    assert heard_audio(scene.upstream) == converted(audio, STUDIO, PCM16_24K)


def test_who_comes_with_another_format_hears_what_waited_in_it() -> None:
    scene = Scene(_audio_core)
    attach(scene, scene.client, hears=STUDIO, bare=True)
    scene.detach(scene.client)
    scene.upstream.says(delta(200))
    scene.client = scene.newcomer("client")
    attach(scene, scene.client, hears=ULAW, bare=True)
    assert len(bare_audio(scene.client)) == pytest.approx(1_600, abs=100)


def test_gain_is_heard_though_the_formats_are_the_same() -> None:
    scene = Scene(_audio_core, lead_ms=None)
    attach(scene, scene.client, bare=True)
    scene.splice.shape(2.0, 1.0, scene.now)
    scene.upstream.says(delta(b"\x00\x10" * 960))
    scene.splice.finish("r1", scene.now)
    scene.splice.turn(scene.now)
    assert bare_audio(scene.client) == b"\x00\x20" * 960


def test_without_a_conversion_audio_is_what_it_was() -> None:
    scene = Scene(_audio_core)
    audio = noise(960, PCM16_24K)
    scene.upstream.says(delta(audio))
    assert heard_audio(scene.client) == audio


@given(
    steps=st.lists(
        st.sampled_from(["answer", "say", "wait", "drop", "pause", "leave", "commit", "over"]),
        max_size=30,
    ),
    hears=formats,
    seed=st.integers(0, 9),
)
def test_whatever_happens_audio_stays_whole_and_counted(
    steps: list[str], hears: AudioFormat, seed: int
) -> None:
    """Whole samples only, nothing uncounted, and the lane comes to rest."""
    dice = random.Random(seed)
    scene = Scene(_audio_core)
    attach(scene, scene.client, speaks=hears, hears=hears, bare=True)
    sizes = set()
    for number, step in enumerate(steps):
        response = f"r{number // 6}"
        if step == "answer":
            scene.upstream.says(delta(noise(dice.randint(1, 3_000), PCM16_24K), response, response))
        elif step == "say":
            audio = noise(dice.randint(1, 3_000), hears)
            scene.client.feed(scene.client.peer.binary(audio))
        elif step == "wait":
            scene.wait(dice.randint(1, 300))
        elif step == "drop":
            scene.drop(response)
        elif step == "pause":
            scene.splice.pause(scene.now)
        elif step == "leave":
            scene.detach(scene.client)
            scene.client = scene.newcomer("client")
            hears = dice.choice(FORMATS)
            sizes.clear()
            attach(scene, scene.client, speaks=hears, hears=hears, bare=True)
        elif step == "commit":
            scene.splice.end_input(scene.now)
        else:
            scene.splice.finish(response, scene.now)
        bare_audio(scene.client)
        heard_audio(scene.upstream)
        binary = [one for one in scene.client.heard if one.opcode is Opcode.BINARY]
        sizes |= {len(one.payload) % hears.frame_bytes for one in binary}
        assert sizes <= {0}
    scene.splice.resume(scene.now)
    scene.wait(20_000)
    bare_audio(scene.client)
    for number in range(6):
        counted = scene.splice.counters(f"r{number}", scene.now)
        if counted is not None:
            assert counted.heard_ms <= counted.released_ms + 1e-6
            assert counted.released_ms <= counted.received_ms + 1e-6
