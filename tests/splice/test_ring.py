"""The replay ring and the levels: what was said lately, where, and how loud."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtproxy import _audio_core
from tests.splice.scene import DELTA, Scene, delta, message, sound, spoken


def test_the_ring_keeps_the_newest_input(stage: Callable[..., Scene]) -> None:
    scene = stage(ring_ms=1_000)
    assert scene.splice.ring_span() == (0, 0)
    everything = sound(1_750)
    for begin in range(0, len(everything), 12_000):  # 250 ms each
        scene.client.says(spoken(everything[begin : begin + 12_000]))
    assert scene.splice.input_ms() == 1_750
    assert scene.splice.ring_span() == (750, 1_750)
    assert scene.splice.ring_read(750, 1_750) == everything[750 * 48 :]
    assert scene.splice.ring_read(800, 900) == everything[800 * 48 : 900 * 48]
    assert scene.splice.ring_read(0, 800) == everything[750 * 48 : 800 * 48]
    assert scene.splice.ring_read(1_700, 9_000) == everything[1_700 * 48 :]
    assert scene.splice.ring_read(0, 100) == b""


def test_one_chunk_larger_than_the_ring_leaves_its_end(stage: Callable[..., Scene]) -> None:
    scene = stage(ring_ms=100)
    everything = sound(450)
    scene.client.says(spoken(everything))
    assert scene.splice.ring_span() == (350, 450)
    assert scene.splice.ring_read(0, 450) == everything[350 * 48 :]


@given(
    pieces=st.lists(st.integers(1, 400), max_size=12), cut=st.tuples(st.integers(), st.integers())
)
def test_any_span_of_the_ring_is_what_was_said(pieces: list[int], cut: tuple[int, int]) -> None:
    scene = Scene(_audio_core, ring_ms=500)
    everything = sound(sum(pieces))
    at = 0
    for piece in pieces:
        scene.client.says(spoken(everything[at * 48 : (at + piece) * 48]))
        at += piece
    begin, end = (one % (at + 100) for one in cut)
    first = max(begin, at - 500)
    expected = everything[first * 48 : min(end, at) * 48] if end > first else b""
    assert scene.splice.ring_read(begin, end) == expected


def test_a_successor_is_told_again_what_was_said(scene: Scene) -> None:
    everything = sound(1_000)
    scene.client.says(spoken(everything))
    scene.upstream = scene.newcomer("upstream")
    scene.attach(scene.upstream)
    assert scene.splice.input_offset_ms() == 1_000
    assert scene.splice.replay(450, scene.now) == 550
    scene.client.says(spoken(sound(100, 24_000)))
    heard = scene.upstream.hears()
    assert all(float(one.split()[1]) <= 200 for one in heard)
    assert scene.upstream.heard_audio == everything[450 * 48 :] + sound(100, 24_000)
    assert scene.upstream.heard[0].payload.startswith(
        b'{"type":"input_audio_buffer.append","event_id":"rt_1"'
    )
    # 550 ms of upstream time are 1000 ms of the client's.
    assert scene.splice.input_offset_ms() == 450


def test_what_is_said_while_no_upstream_is_there_moves_the_offset(scene: Scene) -> None:
    assert scene.splice.input_offset_ms() == 0
    scene.client.says(spoken(300))
    assert scene.splice.input_offset_ms() == 0
    scene.detach(scene.upstream)
    scene.client.says(spoken(200))
    scene.upstream = scene.newcomer("upstream")
    scene.attach(scene.upstream)
    assert scene.splice.input_offset_ms() == 500
    assert scene.splice.replay(300, scene.now) == 200
    assert scene.splice.input_offset_ms() == 300


def test_replay_begins_where_the_ring_begins(stage: Callable[..., Scene]) -> None:
    scene = stage(ring_ms=200)
    scene.client.says(spoken(1_000))
    scene.upstream = scene.newcomer("upstream")
    scene.attach(scene.upstream)
    assert scene.splice.replay(0, scene.now) == 200
    assert scene.splice.input_offset_ms() == 800


def test_what_is_forgotten_is_told_to_no_successor(scene: Scene) -> None:
    everything = sound(1_000)
    scene.client.says(spoken(everything[: 300 * 48]))
    scene.upstream = scene.newcomer("upstream")
    scene.attach(scene.upstream)
    scene.client.says(spoken(everything[300 * 48 :]))
    scene.splice.forget_input(-1)
    assert scene.splice.ring_span() == (299, 1_000)
    scene.splice.forget_input(450)  # of its own time
    scene.splice.forget_input(400)  # which is forgotten already
    assert scene.splice.ring_span() == (750, 1_000)
    scene.upstream = scene.newcomer("upstream")
    scene.attach(scene.upstream)
    assert scene.splice.replay(0, scene.now) == 250
    scene.upstream.hears()
    assert scene.upstream.heard_audio == everything[750 * 48 :]


def test_what_is_still_to_come_is_not_forgotten(scene: Scene) -> None:
    scene.client.says(spoken(100))
    scene.splice.forget_input(5_000)
    assert scene.splice.ring_span() == (100, 100)
    scene.client.says(spoken(200))
    assert scene.splice.ring_span() == (100, 300)


def test_a_commit_tells_where_it_stands_in_the_upstreams_time(scene: Scene) -> None:
    scene.client.says(spoken(300))
    assert scene.splice.end_input(scene.now) == 300
    scene.upstream = scene.newcomer("upstream")
    scene.attach(scene.upstream)
    assert scene.splice.end_input(scene.now) == 0
    scene.client.says(spoken(120))
    assert scene.splice.end_input(scene.now) == 120
    scene.detach(scene.upstream)
    assert scene.splice.end_input(scene.now) == 0


def test_without_a_check_unknown_payloads_pass_uncounted(stage: Callable[..., Scene]) -> None:
    scene = stage(lead_ms=None)
    append = "input_audio_buffer.append"
    scene.attach(scene.client, audio={append: "audio"}, check_base64=False)
    scene.attach(scene.upstream, audio={DELTA: "delta"}, wrap=scene.core.Wrap.verbatim())
    bad = message(append, audio="not base64")
    scene.client.says(bad, message(append, audio="AAAA" * 16))
    scene.upstream.hears()
    assert scene.upstream.heard[0].payload == bad
    assert len(scene.upstream.heard) == 2
    assert scene.splice.input_ms() == 1  # 48 bytes


def test_levels_are_those_of_the_last_chunk(rust: ModuleType) -> None:
    real = Scene(rust)
    side = rust.Side
    assert real.splice.level(side.CLIENT).at is None
    half = (16_384).to_bytes(2, "little", signed=True) * 480
    minus = (-32_768).to_bytes(2, "little", signed=True)
    real.client.says(spoken(half))
    level = real.splice.level(side.CLIENT)
    assert (level.rms, level.peak, level.at) == (pytest.approx(0.5), pytest.approx(0.5), 0.0)
    real.ms = 70
    real.client.says(spoken(minus + bytes(2 * 3)))
    level = real.splice.level(side.CLIENT)
    assert (level.rms, level.peak) == (pytest.approx(0.5), pytest.approx(1.0, abs=1e-4))
    assert level.at == pytest.approx(0.07)
    assert real.splice.level(side.UPSTREAM).at is None
    real.upstream.says(delta(bytes(960)))
    assert real.splice.level(side.UPSTREAM).peak == 0


@pytest.mark.parametrize("encoding", ["g711_ulaw", "g711_alaw"])
def test_levels_of_telephone_audio(rust: ModuleType, encoding: str) -> None:
    """G.711: the loudest code word is near full scale, silence near none."""
    real = Scene(rust, lead_ms=None)
    loud, silent = {"g711_ulaw": (0x80, 0xFF), "g711_alaw": (0xAA, 0xD5)}[encoding]
    for end in (real.upstream, real.client):
        real.splice.attach(
            end.leg,
            kinds=rust.Kinds(audio={"audio_input": "audio"}),
            wrap=rust.Wrap.verbatim(),
            now=real.now,
            speaks=(encoding, 8_000, 1),
        )
    assert real.splice.level(rust.Side.CLIENT).at is None
    real.client.says(spoken(bytes([loud]) * 160))
    assert 0.95 < real.splice.level(rust.Side.CLIENT).peak <= 1.0
    real.client.says(spoken(bytes([silent]) * 160))
    assert real.splice.level(rust.Side.CLIENT).peak < 0.001
