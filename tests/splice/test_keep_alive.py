"""Pings in a rhythm, and what becomes of a leg whose peer does not answer."""

from __future__ import annotations

from types import ModuleType

import pytest

from tests.splice.scene import Scene, spoken


@pytest.fixture
def scene(rust: ModuleType) -> Scene:
    """A client whose audio may run ahead by ten seconds."""
    return Scene(rust, burst_ms=10_000)


def keep_alive(scene: Scene) -> None:
    """Up to the first ping, which goes a beat after the leg has come."""
    scene.splice.keep_alive(scene.client.leg, 15_000, 10_000, scene.now)
    assert scene.splice.next_deadline() == pytest.approx(scene.now + 15)
    scene.wait(15_000)


def test_a_peer_that_answers_is_pinged_in_rhythm(scene: Scene) -> None:
    keep_alive(scene)
    for _ in range(3):
        assert scene.client.hears() == ["ping"]
        scene.wait(4_000)
        scene.client.feed(scene.client.peer.pong(b""))
        scene.wait(10_999)
        assert scene.client.hears() == []
        scene.wait(1)
    assert not scene.splice.is_silent(scene.client.leg)


def test_a_silent_peer_has_ended_when_its_pong_is_due(scene: Scene) -> None:
    keep_alive(scene)
    assert scene.splice.next_deadline() == pytest.approx(scene.now + 10)
    scene.wait(9_999)
    assert scene.client.delivers() == []
    assert not scene.splice.is_silent(scene.client.leg)
    scene.wait(1)
    closed = scene.splice.receive(scene.client.leg)
    assert closed is not None
    assert (closed.code, closed.violation) == (1006, False)
    assert closed.reason == "no answer to a ping for 10 s"
    assert scene.splice.is_silent(scene.client.leg)
    assert scene.splice.finished(scene.client.leg)
    assert scene.splice.next_deadline() is None


def says_much(scene: Scene) -> None:
    """So much that it is not read for 20 s."""
    for _ in range(3):
        scene.client.says(spoken(10_000))


def test_time_in_which_we_do_not_read_counts_for_nobody(scene: Scene) -> None:
    keep_alive(scene)
    says_much(scene)
    scene.wait(29_999)
    assert not scene.splice.is_silent(scene.client.leg)
    scene.wait(1)
    assert scene.splice.is_silent(scene.client.leg)


def test_a_late_pong_is_followed_by_the_next_ping_at_once(scene: Scene) -> None:
    keep_alive(scene)
    assert scene.client.hears() == ["ping"]
    says_much(scene)
    scene.wait(20_000)
    scene.client.feed(scene.client.peer.pong(b""))
    scene.wait(0)
    assert scene.client.hears() == ["ping"]


def test_a_leg_that_is_closing_is_left_alone(scene: Scene) -> None:
    keep_alive(scene)
    scene.splice.close(scene.client.leg, 1000, "done", scene.now)
    assert scene.client.hears() == ["ping", "close 1000"]
    scene.wait(30_000)
    assert not scene.splice.is_silent(scene.client.leg)
    assert scene.splice.next_deadline() is None
