"""The lane to the client: audio in its time, marks behind it, text around it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtproxy import _audio_core
from tests.splice.scene import Scene, delta, message, sound


def test_audio_leaves_no_more_than_lead_ahead_of_its_time(scene: Scene) -> None:
    scene.upstream.says(*[delta(200)] * 10)
    # 0-200, 200-400 and 400-600 begin at most 400 ms ahead.
    assert scene.client.hears() == ["audio 200"] * 3
    scene.wait(199)
    assert scene.client.hears() == []
    scene.wait(1)
    assert scene.client.hears() == ["audio 200"]
    for _ in range(6):
        scene.wait(200)
        assert scene.client.hears() == ["audio 200"]
    scene.wait(5_000)
    assert scene.client.hears() == []


def test_the_deadline_wakes_the_lane_for_the_next_chunk_and_for_a_mark(scene: Scene) -> None:
    scene.upstream.says(*[delta(300)] * 3)  # begin at 0, 300, 600
    scene.mark("done")
    assert scene.splice.next_deadline() == pytest.approx(0.2)
    scene.wait(200)
    assert scene.client.hears() == ["audio 300"] * 3
    assert scene.splice.next_deadline() == pytest.approx(0.9)
    scene.wait(700)
    assert scene.client.delivers() == ["mark done"]


def test_a_mark_comes_when_all_audio_before_it_has_had_its_time(scene: Scene) -> None:
    scene.upstream.says(delta(500))
    scene.mark("audio_done")
    scene.mark("response_done")
    assert scene.client.hears() == ["audio 500"]
    scene.wait(499)
    assert scene.client.delivers() == []
    scene.wait(1)
    assert scene.client.delivers() == ["mark audio_done"]
    scene.to_client("audio_done")
    scene.client.release_mark()
    assert scene.client.delivers() == ["mark response_done"]
    assert scene.client.hears() == ["audio_done"]


def test_a_mark_with_no_audio_before_it_comes_at_once(scene: Scene) -> None:
    scene.mark("item_started")
    assert scene.client.delivers() == ["mark item_started"]


def test_the_lane_stands_still_at_a_mark_until_it_is_answered(scene: Scene) -> None:
    scene.mark("item_started")
    scene.upstream.says(delta(40))
    scene.wait(1_000)
    assert scene.client.delivers() == ["mark item_started"]
    assert scene.client.hears() == []
    scene.to_client("item_started")
    scene.client.release_mark()
    assert scene.client.hears() == ["item_started", "audio 40"]


def test_what_is_to_be_said_between_audio_stands_where_it_was_placed(scene: Scene) -> None:
    scene.when_played("response_started", starts=True)
    assert scene.client.hears() == ["response_started"]
    scene.upstream.says(delta(400), delta(400))
    scene.when_played("audio_done")
    scene.mark("response_done")
    assert scene.client.hears() == ["audio 400", "audio 400"]
    scene.wait(799)
    assert scene.client.hears() == []
    scene.wait(1)
    assert scene.client.hears() == ["audio_done"]
    assert scene.client.delivers() == ["mark response_done"]


def test_what_is_to_be_said_waits_for_the_answer_to_a_mark_before_it(scene: Scene) -> None:
    scene.mark("item_started")
    scene.when_played("audio_done")
    assert scene.client.hears() == []
    assert scene.client.delivers() == ["mark item_started"]
    scene.to_client("item_started")
    scene.client.release_mark()
    assert scene.client.hears() == ["item_started", "audio_done"]


def test_the_clock_of_an_answer_starts_with_its_first_audio(scene: Scene) -> None:
    scene.wait(5_000)
    scene.upstream.says(delta(100))
    scene.mark("done")
    scene.wait(99)
    assert scene.client.delivers() == []
    scene.wait(1)
    assert scene.client.delivers() == ["mark done"]


def test_text_goes_straight_to_the_queue(scene: Scene) -> None:
    scene.upstream.says(*[delta(400)] * 3)
    scene.to_client("transcript", response="r1")
    assert scene.client.hears() == ["audio 400", "audio 400", "transcript"]


def test_text_of_a_response_that_has_not_started_waits_behind_its_start(scene: Scene) -> None:
    scene.upstream.says(delta(100, response="r1"))
    scene.when_played("r2 started", response="r2", starts=True)
    scene.upstream.says(delta(100, response="r2", item="i2"))
    scene.to_client("words of r2", response="r2")
    scene.to_client("words of r1", response="r1")
    scene.to_client("words of nobody")
    scene.to_client("more words of r2", response="r2")
    assert scene.client.hears() == ["audio 100", "words of r1", "words of nobody"]

    scene.wait(100)
    assert scene.client.delivers() == []
    heard = scene.client.hears()
    assert heard == ["r2 started", "words of r2", "more words of r2", "audio 100"]
    scene.to_client("last words of r2", response="r2")
    assert scene.client.hears() == ["last words of r2"]


def test_neither_a_mark_nor_what_starts_nothing_holds_text_back(scene: Scene) -> None:
    scene.upstream.says(delta(100))
    scene.mark("item_started")
    scene.when_played("audio_done")
    scene.to_client("transcript", response="r1")
    assert scene.client.hears() == ["audio 100", "transcript"]


def test_pause_lets_nothing_more_leave_and_marks_stand_too(scene: Scene) -> None:
    scene.upstream.says(*[delta(300)] * 3)
    scene.mark("done")
    scene.splice.pause(scene.now)
    assert scene.client.hears() == ["audio 300"] * 2
    scene.wait(2_000)
    assert scene.client.hears() == []
    assert scene.client.delivers() == []
    assert scene.splice.counters("i1", scene.now).heard_ms == 600  # what had left played on
    scene.splice.resume(scene.now)
    scene.splice.turn(scene.now)
    assert scene.client.hears() == ["audio 300"]
    scene.wait(300)
    assert scene.client.delivers() == ["mark done"]


def test_a_full_lane_resumes_by_itself(stage: Callable[..., Scene]) -> None:
    scene = stage(answer_ms=1_000)
    scene.splice.pause(scene.now)
    scene.upstream.says(*[delta(300)] * 3)
    assert scene.client.hears() == []
    scene.upstream.says(delta(100))
    assert scene.client.hears() == ["audio 300"] * 2


def test_without_lead_the_lane_is_a_plain_queue(stage: Callable[..., Scene]) -> None:
    scene = stage(lead_ms=None)
    scene.upstream.says(delta(1_000), message("hold"))
    scene.upstream.delivers()
    scene.to_client("text", response="r1")
    scene.upstream.release()
    scene.upstream.says(delta(2_000), delta(3_000))
    scene.wait(60_000)
    assert scene.client.hears() == ["audio 1000", "text", "audio 2000", "audio 3000"]
    with pytest.raises(ValueError, match=r"."):
        scene.mark("none")


def test_every_sample_arrives_in_order(scene: Scene) -> None:
    pieces = [sound(ms, first * 977) for first, ms in enumerate((7, 40, 133, 1, 250, 600))]
    scene.upstream.says(*map(delta, pieces))
    for _ in range(60):
        scene.client.hears()
        scene.wait(10)
    assert scene.client.heard_audio == b"".join(pieces)


@settings(max_examples=60)
@given(
    lead_ms=st.sampled_from([40, 100, 400]),
    answer=st.lists(
        st.tuples(st.integers(0, 300), st.lists(st.integers(1, 500), max_size=4)), max_size=8
    ),
)
def test_a_player_that_starts_at_once_never_holds_more_than_the_lead(
    lead_ms: int, answer: list[tuple[int, list[int]]]
) -> None:
    """Seen from the client alone, without any knowledge of the clock inside."""
    scene = Scene(_audio_core, lead_ms=lead_ms)
    sent = heard = 0.0
    playing_until = 0.0
    waits = [5] * (sum(map(sum, (sizes for _, sizes in answer))) // 5 + 1)
    for wait, sizes in [*answer, *((wait, []) for wait in waits)]:
        if sizes:
            scene.upstream.says(*map(delta, sizes))
        sent += sum(sizes)
        for _ in range(0, wait + 1, 5):
            for one in scene.client.hears():
                assert playing_until - scene.ms <= lead_ms
                ms = float(one.split()[1])
                playing_until = max(playing_until, scene.ms) + ms
                heard += ms
            scene.wait(5)
    assert heard == sent  # and it was all of it
