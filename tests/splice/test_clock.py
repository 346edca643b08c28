"""The play-out clock: what has been heard, and who may correct it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.splice.scene import Scene, delta, encode, message, sound


def heard(scene: Scene, item: str = "i1") -> float:
    return float(scene.splice.counters(item, scene.now).heard_ms)


def test_heard_is_the_clocks_position_in_the_item(scene: Scene) -> None:
    scene.upstream.says(delta(200), delta(300), delta(100, item="i2"))
    positions = [(heard(scene), heard(scene, "i2"))]
    for _ in range(7):
        scene.wait(100)
        positions.append((heard(scene), heard(scene, "i2")))
    first, second = zip(*positions, strict=True)
    assert first == (0, 100, 200, 300, 400, 500, 500, 500)
    assert second == (0, 0, 0, 0, 0, 0, 100, 100)


def test_the_clock_waits_while_the_lane_is_empty(scene: Scene) -> None:
    scene.upstream.says(delta(100))
    scene.wait(1_000)
    assert heard(scene) == 100
    scene.upstream.says(delta(100))
    scene.wait(50)
    assert heard(scene) == 150


def test_counters_add_up(scene: Scene) -> None:
    scene.upstream.says(*[delta(300)] * 4)
    scene.wait(150)
    counters = scene.splice.counters("i1", scene.now)
    assert counters.received_ms == 1_200
    assert counters.released_ms == 600
    assert counters.heard_ms == 150
    assert counters.dropped_ms == 0
    assert scene.splice.counters("nobody", scene.now) is None


def test_time_does_not_drift_by_rounding(scene: Scene) -> None:
    """A chunk of seven frames is 291.666… µs: ten thousand of them end exactly."""
    seven = b"\x01\x00" * 7
    scene.upstream.says(*[delta(seven)] * 2_400)  # 700 ms
    scene.mark("done")
    scene.wait(699)
    assert scene.client.delivers() == []
    scene.wait(1)
    assert scene.client.delivers() == ["mark done"]
    assert heard(scene) == 700


def test_what_is_being_heard_is_known(scene: Scene) -> None:
    assert scene.splice.playing(scene.now) is None
    scene.upstream.says(delta(100), delta(100, item="i2", content_index=1))
    scene.wait(150)
    assert scene.splice.playing(scene.now) == ("r1", "i2", 1, 50)
    scene.wait(50)
    assert scene.splice.playing(scene.now) is None


def test_a_clients_report_corrects_the_clock_from_there_on(scene: Scene) -> None:
    scene.upstream.says(delta(400))
    scene.mark("done")
    scene.wait(200)
    assert scene.splice.playback("i1", 120, scene.now)
    assert heard(scene) == pytest.approx(120)
    scene.wait(100)
    assert heard(scene) == pytest.approx(220)
    scene.wait(179)
    assert scene.client.delivers() == []
    scene.wait(1)
    assert scene.client.delivers() == ["mark done"]
    assert not scene.splice.playback("nobody", 1, scene.now)


def test_a_report_counts_for_at_most_what_was_released(scene: Scene) -> None:
    scene.upstream.says(*[delta(300)] * 4)
    scene.wait(100)
    assert scene.splice.playback("i1", 5_000, scene.now)
    scene.splice.turn(scene.now)
    counters = scene.splice.counters("i1", scene.now)
    assert counters.heard_ms <= counters.released_ms
    assert counters.heard_ms == pytest.approx(600)


def test_audio_whose_time_has_passed_is_discarded_and_counted(scene: Scene) -> None:
    """The client does not read for a second: its events are kept, old audio is not."""
    for one in range(20):
        scene.upstream.says(delta(sound(100, one * 2_400)))
        scene.to_client(f"words {one}")
    scene.wait(1_050)
    heard_now = scene.client.hears()
    assert [one for one in heard_now if one.startswith("words")] == [
        f"words {one}" for one in range(20)
    ]
    # Chunk 10 is playing; 11, 12, 13 and 14 are due within the lead.
    assert heard_now.count("audio 100") == 5
    assert scene.client.heard_audio == sound(500, 10 * 2_400)
    counters = scene.splice.counters("i1", scene.now)
    assert counters.dropped_ms == 1_000
    assert counters.heard_ms == 1_050  # its time counts as passed


def test_old_audio_does_not_pile_up_before_a_client_that_does_not_read(scene: Scene) -> None:
    most = 0
    for _ in range(100):
        scene.upstream.says(delta(100))
        scene.wait(100)
        most = max(most, scene.splice.waiting(scene.client.leg)[1])
    assert most < 10 * len(delta(100))


def test_a_frame_that_has_begun_is_finished_although_its_time_passes(scene: Scene) -> None:
    scene.upstream.says(delta(100), delta(100))
    assert scene.client.pulls(50) == []
    scene.wait(5_000)
    assert scene.client.hears() == ["audio 100"]
    assert scene.splice.counters("i1", scene.now).dropped_ms == 100


def test_without_lead_nothing_is_lost_and_heard_is_guessed(stage: Callable[..., Scene]) -> None:
    scene = stage(lead_ms=None)
    scene.upstream.says(delta(1_000), delta(1_000))
    scene.wait(1_500)
    counters = scene.splice.counters("i1", scene.now)
    assert (counters.received_ms, counters.released_ms) == (2_000, 2_000)
    assert (counters.heard_ms, counters.dropped_ms) == (1_500, 0)
    scene.wait(60_000)
    assert scene.client.hears() == ["audio 1000", "audio 1000"]
    assert heard(scene) == 2_000


def test_other_formats_keep_their_own_time(stage: Callable[..., Scene]) -> None:
    scene = stage(lead_ms=None)
    core = scene.core
    kinds = core.Kinds(audio={"response.output_audio.delta": "delta"})
    for end in (scene.upstream, scene.client):
        scene.splice.attach(
            end.leg,
            kinds=kinds,
            wrap=core.Wrap.verbatim(),
            now=scene.now,
            speaks=("g711_ulaw", 8_000, 1),
        )
    ids = {"response_id": "r1", "item_id": "i1", "content_index": 0}
    audio = encode(b"\xff" * 800)
    scene.upstream.says(message("response.output_audio.delta", **ids, delta=audio))
    assert scene.splice.counters("i1", scene.now).received_ms == 100
