"""The end of a leg: close frames both ways, violations, deadlines, silence."""

from __future__ import annotations

import struct
from collections.abc import Callable
from types import ModuleType

import pytest

from tests.splice.scene import LIMIT, Scene, delta, message
from tests.splice.wsclient import Opcode, frame


def test_a_close_goes_last_behind_the_error_that_explains_it(scene: Scene) -> None:
    scene.to_client("error")
    scene.splice.close(scene.client.leg, 4401, "who are you", scene.now)
    scene.to_client("too late")
    assert scene.client.hears() == ["error", "close 4401"]
    assert scene.client.heard[-1].payload == b"who are you"
    assert not scene.splice.finished(scene.client.leg)
    scene.client.feed(scene.client.peer.close(4401))
    assert scene.client.delivers() == ["closed 4401"]
    assert scene.splice.finished(scene.client.leg)


def test_a_close_cuts_the_audio_and_hands_over_the_marks(scene: Scene) -> None:
    scene.upstream.says(*[delta(1_000)] * 5)
    scene.mark("audio_done")
    scene.mark("response_done")
    scene.splice.close(scene.client.leg, 1000, "", scene.now)
    told = []
    while new := scene.client.delivers():
        told += new
        while scene.client.open_marks:
            scene.client.release_mark()
    assert told == ["mark audio_done", "mark response_done"]
    assert scene.client.hears() == ["close 1000"]


def test_a_client_that_has_gone_is_not_closed_and_the_next_hears_the_rest(scene: Scene) -> None:
    scene.upstream.says(*[delta(300)] * 3)
    scene.mark("done")
    assert scene.client.hears() == ["audio 300"] * 2
    scene.client.feed(scene.client.peer.close(1001))
    scene.splice.close(scene.client.leg, 1000, "", scene.now)
    assert scene.client.delivers() == ["closed 1001"]
    scene.detach(scene.client)
    scene.client = scene.newcomer("client")
    scene.attach(scene.client)
    scene.wait(300)
    assert scene.client.hears() == ["audio 300"]
    scene.wait(600)
    assert scene.client.delivers() == ["mark done"]


def test_text_that_waits_in_the_lane_is_cut_by_a_close(scene: Scene) -> None:
    scene.upstream.says(delta(300))
    scene.client.hears()
    scene.when_played("started", response="r2", starts=True)
    scene.to_client("words", response="r2")
    scene.splice.close(scene.client.leg, 1001, "", scene.now)
    assert scene.client.delivers() == []
    assert scene.client.hears() == ["close 1001"]


def test_a_frame_that_has_begun_is_finished_before_the_close(scene: Scene) -> None:
    scene.upstream.says(delta(100), delta(100))
    scene.client.pulls(30)
    scene.splice.close(scene.client.leg, 1000, "", scene.now)
    assert scene.client.hears() == ["audio 100", "close 1000"]


def test_nothing_waits_behind_a_close_frame_that_was_written(scene: Scene) -> None:
    scene.splice.close(scene.client.leg, 1001, "", scene.now)
    assert scene.client.hears() == ["close 1001"]
    scene.client.feed(scene.client.peer.ping(b"?"))
    assert scene.client.hears() == []
    assert scene.splice.waiting(scene.client.leg) == (0, 0)


def test_the_peers_close_is_answered_with_its_own_code(scene: Scene) -> None:
    scene.upstream.feed(scene.upstream.peer.close(4000, "beta_api_shape_disabled"))
    assert scene.upstream.delivers() == ["closed 4000"]
    closed = scene.upstream.messages[-1]
    assert (closed.reason, closed.violation) == ("beta_api_shape_disabled", False)
    assert scene.upstream.hears() == ["close 4000"]
    assert scene.splice.finished(scene.upstream.leg)


def test_a_close_without_a_code_is_1005(scene: Scene) -> None:
    scene.client.feed(frame(Opcode.CLOSE, b"", masked=True))
    assert scene.client.delivers() == ["closed 1005"]
    assert scene.client.hears() == ["close 1005"]  # an empty close frame


def test_a_stream_that_just_ends_is_1006(scene: Scene) -> None:
    scene.upstream.hangs_up()
    assert scene.upstream.delivers() == ["closed 1006"]
    assert not scene.upstream.messages[-1].violation
    scene.upstream.hears()
    assert scene.splice.finished(scene.upstream.leg)


def test_nothing_comes_after_closed(scene: Scene) -> None:
    peer = scene.upstream.peer
    scene.upstream.feed(peer.close(1000) + peer.text(delta(40)) + peer.ping())
    scene.upstream.says(delta(40))
    scene.upstream.hangs_up()
    assert scene.upstream.delivers() == ["closed 1000"]
    assert scene.upstream.hears() == ["close 1000"]
    assert scene.client.hears() == []


def test_what_came_before_the_close_is_delivered_before_it(scene: Scene) -> None:
    peer = scene.upstream.peer
    both = peer.text(message("error")) + peer.text(message("last"))
    scene.upstream.feed(both + peer.close(3000, "invalid_request_error.invalid_api_key"))
    assert scene.upstream.delivers() == ["hold error"]
    scene.to_client("told")
    scene.upstream.release()
    assert scene.upstream.delivers() == ["hold last"]
    scene.upstream.release()
    assert scene.upstream.delivers() == ["closed 3000"]
    assert scene.client.hears() == ["told"]


def test_the_answer_plays_on_after_the_upstream_has_gone(scene: Scene) -> None:
    scene.upstream.says(*[delta(300)] * 3)
    scene.mark("done")
    scene.upstream.hangs_up()
    scene.upstream.delivers()
    scene.detach(scene.upstream)
    scene.splice.forget(scene.upstream.leg)
    scene.wait(200)
    assert scene.client.hears() == ["audio 300"] * 3
    scene.wait(700)
    assert scene.client.delivers() == ["mark done"]


VIOLATIONS = {
    "unmasked": (frame(Opcode.TEXT, b"{}", masked=False), 1002),
    "rsv": (bytes([0xC1]) + frame(Opcode.TEXT, b"{}", masked=True)[1:], 1002),
    "opcode": (frame(3, b"{}", masked=True), 1002),
    "long ping": (frame(Opcode.PING, b"x" * 126, masked=True), 1002),
    "cut ping": (frame(Opcode.PING, b"", masked=True, fin=False), 1002),
    "bad close code": (frame(Opcode.CLOSE, struct.pack("!H", 1005), masked=True), 1002),
    "lone continuation": (frame(Opcode.CONTINUATION, b"x", masked=True), 1002),
    "bad text": (frame(Opcode.TEXT, b"\xff{}", masked=True), 1007),
    "half a character": (frame(Opcode.TEXT, b"\xe2\x82", masked=True), 1007),
}


@pytest.mark.parametrize("fault", list(VIOLATIONS))
def test_a_violation_closes_with_the_code_of_the_rfc(scene: Scene, fault: str) -> None:
    data, code = VIOLATIONS[fault]
    scene.client.feed(data)
    assert scene.client.delivers() == [f"closed {code}"]
    assert scene.client.messages[-1].violation
    assert scene.client.hears()[-1] == f"close {code}"
    assert scene.splice.finished(scene.client.leg)


def test_a_message_beyond_the_limit_is_refused(scene: Scene) -> None:
    scene.client.says(b"x" * (LIMIT + 1))
    assert scene.client.delivers() == ["closed 1009"]
    assert scene.client.hears() == ["close 1009"]


def test_a_masked_frame_from_the_upstream_is_a_violation(scene: Scene) -> None:
    scene.upstream.feed(frame(Opcode.TEXT, b"{}", masked=True))
    assert scene.upstream.delivers() == ["closed 1002"]


@pytest.fixture
def real(rust: ModuleType) -> Scene:
    """Deadlines are not in the model."""
    return Scene(rust)


def test_a_frame_that_stalls_ends_the_leg(real: Scene) -> None:
    real.client.feed(real.client.peer.text(message("x" * 100))[:50])
    real.wait(9_900)
    assert real.client.delivers() == []
    deadline = real.splice.next_deadline()
    assert deadline is not None
    assert deadline <= 10.0
    real.wait(200)
    assert real.client.delivers() == ["closed 1008"]
    assert real.client.messages[-1].violation
    assert real.client.hears() == ["close 1008"]


def test_a_frame_stalls_in_its_header_too(real: Scene) -> None:
    real.client.feed(b"\x81")
    real.wait(10_100)
    assert real.client.delivers() == ["closed 1008"]


def test_a_message_that_is_never_finished_ends_the_leg(real: Scene) -> None:
    real.client.feed(frame(Opcode.TEXT, b"start of it", masked=True, fin=False))
    for _ in range(61):
        assert real.client.delivers() == []
        real.wait(999)
        real.client.feed(
            frame(Opcode.CONTINUATION, b"and a bit more of it", masked=True, fin=False)
        )
    assert real.client.delivers() == ["closed 1008"]


def test_a_leg_that_is_silent_between_messages_has_no_deadline(real: Scene) -> None:
    real.client.says(message("hold"))
    real.client.delivers()
    real.client.release()
    real.wait(600_000)
    assert real.client.delivers() == []
    assert real.splice.next_deadline() is None


def test_the_header_alone_tells_that_a_message_is_beyond_the_limit(real: Scene) -> None:
    real.client.feed(frame(Opcode.TEXT, b"x" * (LIMIT + 1), masked=True)[:14])
    assert real.client.delivers() == ["closed 1009"]


def test_too_many_tiny_fragments_end_the_leg(real: Scene) -> None:
    real.client.feed(frame(Opcode.TEXT, b"", masked=True, fin=False))
    tiny = frame(Opcode.CONTINUATION, b"x", masked=True, fin=False)
    real.client.feed(tiny * 4_000)
    assert real.client.delivers() == []
    real.client.feed(tiny * 200)
    assert real.client.delivers() == ["closed 1008"]


def test_no_deadline_runs_while_the_leg_is_not_read(rust: ModuleType) -> None:
    real = Scene(rust, answer_ms=30_000)
    half = real.upstream.peer.text(message("x" * 100))
    real.upstream.says(*[delta(10_000)] * 7)  # 60 s wait in the lane
    assert not real.upstream.wants_read()
    real.upstream.feed(half[:50])
    real.wait(20_000)
    assert not real.upstream.wants_read()
    assert real.upstream.delivers() == []
    real.upstream.feed(half[50:])
    real.upstream.delivers()
    assert [one.violation for one in real.upstream.messages] == [False]


def test_many_legs_end_without_touching_each_other(stage: Callable[..., Scene]) -> None:
    scene = stage()
    for _ in range(20):
        end = scene.newcomer("client")
        end.feed(b"\xff\xff")
        assert end.delivers() == ["closed 1002"]
        scene.splice.forget(end.leg)
    scene.upstream.says(delta(40))
    assert scene.client.hears() == ["audio 40"]
