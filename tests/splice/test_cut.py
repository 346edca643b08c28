"""Cut: after a drop nothing of that response follows, and its marks come at once."""

from __future__ import annotations

from collections.abc import Callable

from tests.splice.scene import Scene, delta


def test_a_drop_empties_lane_and_queue_and_tells_what_was_heard(scene: Scene) -> None:
    scene.upstream.says(*[delta(200)] * 10)
    scene.client.pulls(10)  # the first frame has begun
    scene.wait(150)
    assert scene.drop() == [("i1", 0, 150, 2_000)]
    assert scene.client.hears() == ["audio 200"]
    scene.wait(10_000)
    assert scene.client.hears() == []
    counters = scene.splice.counters("i1", scene.now)
    assert counters.received_ms == 2_000
    assert counters.heard_ms == 150
    assert counters.dropped_ms == 1_800


def test_late_audio_of_a_cut_response_is_shut_out_and_counted(scene: Scene) -> None:
    scene.upstream.says(delta(100))
    scene.client.hears()
    scene.drop()
    scene.upstream.says(delta(100), delta(100, response="r2", item="i2"), delta(100, item="i9"))
    assert scene.client.hears() == ["audio 100"]
    assert scene.splice.counters("i1", scene.now).dropped_ms == 100
    assert scene.splice.counters("i2", scene.now).received_ms == 100


def test_the_id_is_shut_until_the_response_is_done(scene: Scene) -> None:
    scene.drop()
    scene.upstream.says(delta(100))
    assert scene.client.hears() == []
    scene.splice.finish("r1", scene.now)
    scene.upstream.says(delta(60))
    assert scene.client.hears() == ["audio 60"]


def test_the_id_is_shut_until_the_upstream_is_detached(scene: Scene) -> None:
    scene.drop()
    scene.detach(scene.upstream)
    scene.upstream = scene.newcomer("upstream")
    scene.attach(scene.upstream)
    scene.upstream.says(delta(60))
    assert scene.client.hears() == ["audio 60"]


def test_the_marks_of_a_cut_response_come_at_once(scene: Scene) -> None:
    scene.upstream.says(*[delta(1_000)] * 5)
    scene.mark("audio_done")
    scene.mark("response_done")
    scene.wait(300)
    assert scene.client.delivers() == []
    scene.drop()
    assert scene.client.delivers() == ["mark audio_done"]
    scene.client.release_mark()
    assert scene.client.delivers() == ["mark response_done"]


def test_the_next_answer_begins_at_once_after_a_cut(scene: Scene) -> None:
    scene.upstream.says(*[delta(1_000)] * 5)
    scene.client.hears()
    scene.wait(300)
    scene.drop()
    scene.upstream.says(delta(500, response="r2", item="i2"))
    assert scene.client.hears() == ["audio 500"]
    scene.wait(200)
    assert scene.splice.playing(scene.now) == ("r2", "i2", 0, 200)


def test_an_earlier_response_that_still_plays_is_not_cut(scene: Scene) -> None:
    scene.upstream.says(delta(300), delta(300, response="r2", item="i2"))
    scene.mark("r2 done", response="r2")
    assert scene.client.hears() == ["audio 300", "audio 300"]
    scene.wait(100)
    assert scene.drop("r2") == [("i2", 0, 0, 300)]
    assert scene.client.delivers() == []
    scene.wait(199)
    assert scene.client.delivers() == []
    scene.wait(1)
    assert scene.client.delivers() == ["mark r2 done"]
    assert scene.splice.counters("i1", scene.now).heard_ms == 300


def test_each_part_is_told_in_order(scene: Scene) -> None:
    scene.upstream.says(
        delta(100, item="i1"), delta(100, item="i1", content_index=1), delta(600, item="i2")
    )
    scene.upstream.says(delta(100, item="i3"))
    scene.wait(250)
    assert scene.drop() == [
        ("i1", 0, 100, 100),
        ("i1", 1, 100, 100),
        ("i2", 0, 50, 600),
        ("i3", 0, 0, 100),
    ]


def test_a_drop_of_nothing_is_nothing(scene: Scene) -> None:
    assert scene.drop("unheard of") == []


def test_text_of_a_cut_response_is_kept(scene: Scene) -> None:
    scene.upstream.says(delta(200))
    scene.when_played("started", response="r2", starts=True)
    scene.to_client("words", response="r2")
    scene.drop("r2")
    assert scene.client.hears() == ["audio 200"]
    scene.wait(200)
    assert scene.client.hears() == ["started", "words"]


def test_a_cut_reaches_the_backlog_of_an_absent_client(scene: Scene) -> None:
    scene.detach(scene.client)
    scene.upstream.says(delta(300))
    scene.to_client("words")
    scene.drop()
    scene.client = scene.newcomer("client")
    scene.attach(scene.client)
    assert scene.client.hears() == ["words"]


def test_without_lead_a_drop_empties_the_queue(stage: Callable[..., Scene]) -> None:
    scene = stage(lead_ms=None)
    scene.upstream.says(delta(100), delta(200, response="r2", item="i2"), delta(300))
    scene.drop()
    scene.upstream.says(delta(400))
    assert scene.client.hears() == ["audio 200"]


def test_an_out_of_band_response_never_enters_the_lane(scene: Scene) -> None:
    scene.splice.exclude("r9")
    scene.upstream.says(delta(100, response="r9", item="i9"), delta(50))
    assert scene.client.hears() == ["audio 50"]
    assert scene.splice.playing(scene.now) == ("r1", "i1", 0, 0)
