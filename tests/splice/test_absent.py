"""Absent legs: either side may be without a leg at any time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.splice.scene import CLIENT_KINDS, Scene, delta, message, sound, spoken


def test_a_leg_that_is_not_attached_holds_everything(scene: Scene) -> None:
    successor = scene.newcomer("upstream")
    successor.says(message("relayed"), delta(40))
    assert successor.delivers() == ["hold relayed"]
    successor.release()
    assert successor.delivers() == ["hold audio 40"]
    assert scene.client.hears() == []


def test_a_successor_is_prepared_while_the_old_leg_answers(scene: Scene) -> None:
    old, successor = scene.upstream, scene.newcomer("upstream")
    scene.splice.send_leg(successor.leg, message("session.update"), scene.now)
    old.says(delta(40))
    successor.says(message("session.updated"))
    assert successor.hears() == ["session.update"]
    assert successor.delivers() == ["hold session.updated"]
    successor.release()
    assert scene.client.hears() == ["audio 40"]

    scene.attach(successor)
    scene.client.says(spoken(20))
    assert (old.hears(), successor.hears()) == ([], ["audio 20"])
    old.says(delta(40))
    assert old.delivers() == ["hold audio 40"]
    successor.says(delta(60, response="r2", item="i2"))
    assert scene.client.hears() == ["audio 60"]


def test_attaching_does_not_change_a_hold_that_was_delivered(scene: Scene) -> None:
    successor = scene.newcomer("upstream")
    successor.says(delta(40), delta(60))
    assert successor.delivers() == ["hold audio 40"]
    scene.attach(successor)
    assert scene.client.hears() == []
    successor.release()
    assert scene.client.hears() == ["audio 60"]
    assert successor.delivers() == []


def test_without_an_upstream_audio_goes_to_the_ring_only(scene: Scene) -> None:
    scene.detach(scene.upstream)
    scene.client.says(spoken(100))
    scene.to_upstream("lost")
    assert scene.splice.input_ms() == 100
    assert scene.splice.ring_read(0, 100) == sound(100)
    scene.upstream = scene.newcomer("upstream")
    scene.attach(scene.upstream)
    scene.client.says(spoken(20))
    assert scene.upstream.hears() == ["audio 20"]


def test_messages_wait_for_an_absent_client_and_old_audio_does_not(scene: Scene) -> None:
    scene.detach(scene.client)
    scene.to_client("one")
    scene.upstream.says(*[delta(sound(200, one * 4_800)) for one in range(10)])
    scene.to_client("two", response="r1")
    scene.wait(1_050)
    scene.to_client("three")
    old, scene.client = scene.client, scene.newcomer("client")
    scene.splice.send_leg(scene.client.leg, message("session_ready"), scene.now)
    scene.attach(scene.client)
    heard = scene.client.hears()
    assert [one for one in heard if not one.startswith("audio")] == [
        "session_ready",
        "one",
        "two",
        "three",
    ]
    # 1000-1200 is playing, 1200-1400 and 1400-1600 begin within the lead.
    assert scene.client.heard_audio == sound(600, 5 * 4_800)
    counters = scene.splice.counters("i1", scene.now)
    assert (counters.heard_ms, counters.dropped_ms) == (1_050, 1_000)
    assert old.hears() == []


def test_a_mark_reached_without_a_client_goes_to_the_next_one(scene: Scene) -> None:
    scene.upstream.says(delta(100))
    scene.mark("done")
    scene.client.hears()
    scene.detach(scene.client)
    scene.splice.forget(scene.client.leg)
    scene.wait(1_000)
    scene.client = scene.newcomer("client")
    scene.attach(scene.client)
    assert scene.client.delivers() == ["mark done"]
    scene.client.release_mark()
    scene.upstream.says(delta(60))
    assert scene.client.hears() == ["audio 60"]


def test_the_last_client_leg_may_still_read_a_mark(scene: Scene) -> None:
    scene.upstream.says(delta(100))
    scene.mark("done")
    scene.mark("more")
    scene.detach(scene.client)
    scene.wait(100)
    assert scene.client.delivers() == ["mark done"]
    scene.to_client("response_done")
    scene.client.release_mark()
    assert scene.client.delivers() == ["mark more"]
    scene.client.release_mark()
    scene.client = scene.newcomer("client")
    scene.attach(scene.client)
    assert scene.client.delivers() == []
    assert "response_done" in scene.client.hears()


def test_a_mark_of_a_forgotten_leg_may_still_be_released(scene: Scene) -> None:
    scene.mark("started")
    scene.upstream.says(delta(100))
    assert scene.client.delivers() == ["mark started"]
    scene.splice.forget(scene.client.leg)
    scene.to_client("response_started")
    scene.client.release_mark()
    scene.client = scene.newcomer("client")
    scene.attach(scene.client)
    assert scene.client.hears() == ["response_started", "audio 100"]


def test_what_was_to_be_said_meanwhile_is_said_to_the_next_client(scene: Scene) -> None:
    scene.upstream.says(delta(100))
    scene.client.hears()
    scene.when_played("response_started", response="r2", starts=True)
    scene.to_client("words", response="r2")
    scene.detach(scene.client)
    scene.splice.forget(scene.client.leg)
    scene.wait(1_000)
    scene.client = scene.newcomer("client")
    scene.attach(scene.client)
    assert scene.client.hears() == ["response_started", "words"]


def test_a_mark_that_was_due_but_unread_is_not_lost_with_its_leg(scene: Scene) -> None:
    scene.mark("started")
    scene.splice.forget(scene.client.leg)
    scene.client = scene.newcomer("client")
    scene.attach(scene.client)
    assert scene.client.delivers() == ["mark started"]
    scene.client.release_mark()


def test_without_lead_the_backlog_loses_nothing(stage: Callable[..., Scene]) -> None:
    scene = stage(lead_ms=None)
    scene.detach(scene.client)
    scene.upstream.says(delta(500), delta(500))
    scene.to_client("text")
    scene.wait(60_000)
    scene.client = scene.newcomer("client")
    scene.attach(scene.client)
    assert scene.client.hears() == ["audio 500", "audio 500", "text"]


def test_calls_for_a_leg_that_is_gone_are_harmless(scene: Scene) -> None:
    leg = scene.client.leg
    scene.splice.forget(leg)
    scene.splice.forget(leg)
    scene.splice.feed(leg, b"\x81\x80xxxx", scene.now)
    scene.splice.ping(leg, scene.now)
    scene.splice.close(leg, 1000, "", scene.now)
    scene.splice.send_leg(leg, b"x", scene.now)
    assert scene.splice.pull(leg, scene.now) == b""
    assert scene.splice.receive(leg) is None
    assert scene.splice.pong_wait_s(leg, scene.now) is None
    with pytest.raises(ValueError, match=r"."):
        scene.splice.attach(
            leg,
            kinds=scene.core.Kinds(**CLIENT_KINDS),
            wrap=scene.core.Wrap.verbatim(),
            now=scene.now,
        )
    scene.upstream.says(delta(40))  # and the rest goes on
    scene.upstream.feed(scene.upstream.peer.ping())
    assert scene.upstream.hears() == ["pong"]


def test_leg_numbers_are_never_used_again(scene: Scene) -> None:
    seen = {scene.client.leg, scene.upstream.leg}
    for _ in range(5):
        end = scene.newcomer("client")
        assert end.leg not in seen
        seen.add(end.leg)
        scene.splice.forget(end.leg)
