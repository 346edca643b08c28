"""Bounds: every queue has one, and while we do not read no deadline runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.splice.scene import Scene, delta, message, spoken


def test_a_full_answer_stops_the_reading_of_the_upstream(stage: Callable[..., Scene]) -> None:
    scene = stage(answer_ms=1_000)
    scene.upstream.says(*[delta(300)] * 5)  # two leave at once, 900 ms wait
    assert scene.upstream.wants_read()
    scene.upstream.says(delta(300))
    assert not scene.upstream.wants_read()
    assert scene.client.wants_read()
    scene.wait(200)  # the third leaves
    assert scene.upstream.wants_read()


def test_without_lead_the_same_bound_holds_for_the_queue(stage: Callable[..., Scene]) -> None:
    scene = stage(lead_ms=None, answer_ms=1_000)
    scene.upstream.says(*[delta(300)] * 4)
    assert not scene.upstream.wants_read()
    scene.client.pulls(2 * len(delta(300)))
    assert scene.upstream.wants_read()


def test_a_burst_passes_and_then_the_client_is_read_at_real_time(
    stage: Callable[..., Scene],
) -> None:
    scene = stage(burst_ms=1_000)
    scene.client.says(spoken(1_000))
    assert scene.client.wants_read()
    scene.client.says(spoken(500))
    assert not scene.client.wants_read()
    assert scene.splice.next_deadline() == pytest.approx(0.5)
    scene.wait(499)
    assert not scene.client.wants_read()
    scene.wait(1)
    assert scene.client.wants_read()
    assert scene.upstream.hears() == ["audio 1000", "audio 500"]  # nothing is lost


def test_audio_at_real_time_never_fills_the_bucket(stage: Callable[..., Scene]) -> None:
    scene = stage(burst_ms=100)
    for _ in range(200):
        scene.client.says(spoken(40))
        assert scene.client.wants_read()
        scene.upstream.hears()
        scene.wait(40)


def test_a_leg_is_not_read_while_much_waits_behind_its_hold(scene: Scene) -> None:
    large = message("large", text="x" * 500_000)
    scene.upstream.says(message("hold"), large, large)
    scene.upstream.delivers()
    assert scene.upstream.wants_read()
    scene.upstream.says(large)
    assert not scene.upstream.wants_read()
    for _ in range(3):
        scene.upstream.release()
        assert scene.upstream.delivers() == ["hold large"]
        assert scene.upstream.wants_read()


def test_a_client_that_does_not_read_its_events_is_closed(stage: Callable[..., Scene]) -> None:
    scene = stage(waiting_messages=3)
    for one in range(3):
        scene.to_client(f"event {one}")
    scene.splice.turn(scene.now)
    assert scene.client.delivers() == []
    scene.to_client("event 3")
    scene.splice.turn(scene.now)
    assert scene.client.delivers() == ["closed 1013"]
    assert scene.client.messages[0].violation
    assert scene.client.hears()[-1] == "close 1013"
    assert scene.client.heard[-1].payload != b""  # the reason says so


def test_the_bound_in_bytes_spares_one_large_message(stage: Callable[..., Scene]) -> None:
    scene = stage(waiting_bytes=1_000)
    side = scene.core.Side.CLIENT
    scene.splice.send(side, message("large", text="x" * 5_000), scene.now)
    scene.splice.turn(scene.now)
    assert scene.client.hears() == ["large"]
    for _ in range(3):
        scene.splice.send(side, message("medium", text="x" * 500), scene.now)
    scene.splice.turn(scene.now)
    assert scene.client.delivers() == ["closed 1013"]


def test_audio_does_not_count_as_events(stage: Callable[..., Scene]) -> None:
    scene = stage(waiting_messages=3, waiting_bytes=1_000)
    scene.upstream.says(*[delta(20)] * 20)
    assert scene.client.hears() == ["audio 20"] * 20
    assert scene.client.delivers() == []


def test_a_client_that_reads_is_never_closed_for_events(stage: Callable[..., Scene]) -> None:
    scene = stage(waiting_messages=3)
    for one in range(50):
        scene.to_client(f"event {one}")
        assert scene.client.hears() == [f"event {one}"]


def test_the_backlog_of_an_absent_client_has_the_same_bound(stage: Callable[..., Scene]) -> None:
    scene = stage(waiting_messages=3)
    scene.detach(scene.client)
    for one in range(4):
        scene.to_client(f"event {one}")
    scene.client = scene.newcomer("client")
    scene.attach(scene.client)
    assert scene.client.delivers() == ["closed 1013"]
    assert scene.client.hears()[-1] == "close 1013"
    # The next one finds a splice that is whole again.
    scene.client = scene.newcomer("client")
    scene.attach(scene.client)
    scene.to_client("hello")
    assert scene.client.hears() == ["hello"]


def test_an_upstream_that_does_not_read_is_closed(stage: Callable[..., Scene]) -> None:
    scene = stage(burst_ms=1_000)
    for _ in range(40):
        scene.client.says(spoken(100))
        scene.wait(100)
    assert scene.upstream.delivers() == ["closed 1013"]
    assert scene.upstream.hears()[-1] == "close 1013"


def test_the_wait_for_a_pong_is_measured(scene: Scene) -> None:
    splice, leg = scene.splice, scene.client.leg
    assert splice.pong_wait_s(leg, scene.now) is None
    splice.ping(leg, scene.now)
    assert scene.client.hears() == ["ping"]
    scene.wait(2_000)
    splice.ping(leg, scene.now)  # one is open: no second
    assert scene.client.hears() == []
    assert splice.pong_wait_s(leg, scene.now) == pytest.approx(2.0)
    scene.client.feed(scene.client.peer.pong(scene.client.heard[0].payload))
    assert splice.pong_wait_s(leg, scene.now) is None
    splice.ping(leg, scene.now)
    assert scene.client.hears() == ["ping"]


def test_while_we_do_not_read_no_pong_is_missed(stage: Callable[..., Scene]) -> None:
    scene = stage(burst_ms=1_000)
    scene.splice.ping(scene.client.leg, scene.now)
    scene.wait(300)
    scene.client.says(spoken(3_000))  # not read from 300 to 2300
    scene.wait(1_000)
    assert scene.splice.pong_wait_s(scene.client.leg, scene.now) == pytest.approx(0.3)
    scene.wait(1_500)
    assert scene.splice.pong_wait_s(scene.client.leg, scene.now) == pytest.approx(0.8)


def test_reading_that_flaps_loses_no_time(stage: Callable[..., Scene]) -> None:
    scene = stage(burst_ms=100)
    scene.splice.ping(scene.client.leg, scene.now)
    for _ in range(10):
        scene.client.says(spoken(150))  # over the bound for 50 ms, every 150 ms
        scene.upstream.hears()
        scene.wait(150)
        assert scene.client.wants_read()
        scene.client.wants_read()
    assert scene.splice.pong_wait_s(scene.client.leg, scene.now) == pytest.approx(1.0)
