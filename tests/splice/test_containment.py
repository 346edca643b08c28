"""Containment: a panic ends its own session, with words, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from tests.splice.scene import Scene, delta, message


@pytest.fixture
def panicked(rust: ModuleType, capfd: pytest.CaptureFixture[str]) -> Scene:
    """A splice in whose client leg something went wrong."""
    scene = Scene(rust)
    scene.to_client("waiting")
    with pytest.raises(rust.SpliceError):
        scene.splice.panic_for_test(scene.client.leg)
    return scene


CALLS: dict[str, Callable[[Scene], Any]] = {
    "feed": lambda scene: scene.upstream.says(delta(40)),
    "turn": lambda scene: scene.splice.turn(scene.now),
    "receive": lambda scene: scene.splice.receive(scene.client.leg),
    "release": lambda scene: scene.splice.release(scene.client.leg, 1, scene.now),
    "send": lambda scene: scene.to_client("more"),
    "mark": lambda scene: scene.splice.mark("r1", b"", scene.now),
    "drop": lambda scene: scene.splice.drop("r1", scene.now),
    "attach": lambda scene: scene.attach(scene.client),
    "detach": lambda scene: scene.detach(scene.client),
    "ping": lambda scene: scene.splice.ping(scene.client.leg, scene.now),
    "close": lambda scene: scene.splice.close(scene.client.leg, 1000, "", scene.now),
    "open_leg": lambda scene: scene.newcomer("client"),
    "input_ms": lambda scene: scene.splice.input_ms(),
    "forget_input": lambda scene: scene.splice.forget_input(0),
}


@pytest.mark.parametrize("name", list(CALLS))
def test_every_later_call_says_so(panicked: Scene, name: str) -> None:
    with pytest.raises(panicked.core.SpliceError):
        CALLS[name](panicked)


def test_each_leg_still_gets_its_close_frame(panicked: Scene) -> None:
    assert panicked.client.hears()[-1] == "close 1011"
    assert panicked.upstream.hears()[-1] == "close 1011"
    assert panicked.client.hears() == []


def test_a_leg_that_has_sent_its_close_frame_sends_no_second(
    rust: ModuleType, capfd: pytest.CaptureFixture[str]
) -> None:
    scene = Scene(rust)
    scene.splice.close(scene.client.leg, 1000, "", scene.now)
    assert scene.client.hears() == ["close 1000"]
    with pytest.raises(rust.SpliceError):
        scene.splice.panic_for_test(scene.upstream.leg)
    assert scene.client.hears() == []
    assert scene.upstream.hears() == ["close 1011"]


def test_other_splices_do_not_notice(panicked: Scene) -> None:
    other = Scene(panicked.core)
    other.upstream.says(message("hold"), delta(40))
    assert other.upstream.delivers() == ["hold hold"]
    other.upstream.release()
    assert other.client.hears() == ["audio 40"]
