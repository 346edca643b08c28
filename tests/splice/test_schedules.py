"""The schedules bite: a core that breaks one rule is found out.

Each case is the model with one rule broken; the same search that the real core must
pass has to find a schedule in which it differs.
"""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.splice import model, model_input, model_lane, model_leg, model_queue, model_sides
from tests.splice.model_queue import Audio, Text
from tests.splice.schedules import Schedule
from tests.splice.wsclient import Heard

FAST = settings(
    max_examples=2_000,
    stateful_step_count=40,
    phases=[Phase.generate],
    deadline=None,
    derandomize=True,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


class Narrow(Schedule):
    """Bounds so small that schedules run into them."""

    bounds: ClassVar[dict[str, int]] = {
        "lead_ms": 100,
        "answer_ms": 1_000,
        "burst_ms": 500,
        "ring_ms": 700,
    }


def _raw(arrival: Any) -> bytes:
    return arrival.payload if isinstance(arrival, Heard) else b""


# Each of these is one rule of the design, broken.


def late_audio_passes_after_a_cut(splice: Any) -> None:
    class Lane(model_lane.Lane):
        def drop(self, response: str, now: Fraction) -> list[tuple[str, int, float, float]]:
            told = super().drop(response, now)
            self.shut.clear()
            return told

    splice.lane.__class__ = Lane


def a_cut_leaves_the_queue_alone(splice: Any) -> None:
    class Queue(model_queue.Queue):
        def cut(self, response: str) -> list[Any]:
            return []

    splice.queues_are(Queue)


def a_cut_lets_the_clock_run_on(splice: Any) -> None:
    class Lane(model_lane.Lane):
        def drop(self, response: str, now: Fraction) -> list[tuple[str, int, float, float]]:
            play_end = self.play_end
            told = super().drop(response, now)
            self.play_end = play_end
            return told

    splice.lane.__class__ = Lane


def audio_leaves_too_early(splice: Any) -> None:
    splice.lane.lead += Fraction(20, 1000)


def a_mark_comes_with_the_last_chunk_instead_of_after_it(splice: Any) -> None:
    class Lane(model_lane.Lane):
        def _may_leave(self, head: Any, now: Fraction) -> bool:
            free = not self.paused and self.standing is None
            return super()._may_leave(head, now) or (free and isinstance(head, model_lane.Mark))

    splice.lane.__class__ = Lane


def a_pause_lets_marks_pass(splice: Any) -> None:
    class Lane(model_lane.Lane):
        def _may_leave(self, head: Any, now: Fraction) -> bool:
            paused = self.paused
            self.paused = paused and not isinstance(head, model_lane.Mark)
            leaves = super()._may_leave(head, now)
            self.paused = paused
            return leaves

    splice.lane.__class__ = Lane


def a_full_lane_stays_paused(splice: Any) -> None:
    class Lane(model_lane.Lane):
        def advance(self, now: Fraction) -> list[Any]:
            paused = self.paused
            out = super().advance(now) if not paused else []
            self.paused = paused
            return out

    splice.lane.__class__ = Lane


def the_lane_runs_through_marks(splice: Any) -> None:
    class Lane(model_lane.Lane):
        def _may_leave(self, head: Any, now: Fraction) -> bool:
            standing = self.standing
            if not isinstance(head, model_lane.Mark):
                self.standing = None
            leaves = super()._may_leave(head, now)
            self.standing = standing
            return leaves

    splice.lane.__class__ = Lane


def text_does_not_wait_for_its_response(splice: Any) -> None:
    class Lane(model_lane.Lane):
        def add_text(self, response: str | None, text: Text) -> bool:
            return False

    splice.lane.__class__ = Lane


def words_out_of_band_are_told(splice: Any) -> None:
    def tell(side: Any, words: Any) -> None:
        splice.send(side, words.told, 0.0, response_id=words.response)

    splice._tell = tell


def expired_audio_is_sent(splice: Any) -> None:
    class Queue(model_queue.Queue):
        def expire(self, now: Fraction) -> None:
            pass

    splice.queues_are(Queue)


def events_are_lost_with_old_audio(splice: Any) -> None:
    class Queue(model_queue.Queue):
        def expire(self, now: Fraction) -> None:
            lost = len(self.lost)
            super().expire(now)
            if len(self.lost) > lost:
                self.waiting = [one for one in self.waiting if isinstance(one, Audio)]

    splice.queues_are(Queue)


def a_control_frame_waits_for_messages(splice: Any) -> None:
    class Queue(model_queue.Queue):
        def _begin(self, now: Fraction) -> bool:
            controls, self._controls = self._controls, []
            begun = super()._begin(now)
            self._controls = controls
            return begun or super()._begin(now)

    splice.queues_are(Queue)


def a_ping_is_answered_behind_the_hold(splice: Any) -> None:
    class Leg(model_leg.Leg):
        def feed(self, data: bytes) -> None:
            if self.hold is None:
                super().feed(data)
                return
            put = self.queue.control
            self.queue.control = lambda *_: None  # type: ignore[method-assign]  # broken on purpose
            super().feed(data)
            self.queue.control = put  # type: ignore[method-assign]  # and mended

    splice.legs_are(Leg)


def a_hold_lets_audio_pass(splice: Any) -> None:
    class Splice(type(splice)):  # type: ignore[misc]  # of the case's own class
        def _sort_inbox(self, leg: model_leg.Leg, now: Fraction) -> None:
            super()._sort_inbox(leg, now)
            hold = leg.hold
            while self.sides.has(leg) and leg.inbox and b"delta" in _raw(leg.inbox[0]):
                self._sort(leg, leg.inbox.pop(0), now)
                leg.hold = hold or leg.hold

    splice.__class__ = Splice


def the_backlog_is_forgotten(splice: Any) -> None:
    class Sides(model_sides.Sides):
        def attach(self, leg: model_leg.Leg) -> None:
            self.backlog = model_queue.Queue()
            super().attach(leg)

    splice.sides.__class__ = Sides


def a_mark_is_lost_with_its_leg(splice: Any) -> None:
    class Splice(type(splice)):  # type: ignore[misc]  # of the case's own class
        def detach(self, side: Any, now: float) -> None:
            if side.name == "CLIENT":
                self.marks_unread.clear()
            super().detach(side, now)

    splice.__class__ = Splice


def a_successor_joins_before_it_is_attached(splice: Any) -> None:
    class Splice(type(splice)):  # type: ignore[misc]  # of the case's own class
        def _sort(self, leg: model_leg.Leg, *rest: Any) -> None:
            attached = dict(self.sides.attached)
            self.sides.attached[leg.side] = leg
            super()._sort(leg, *rest)
            self.sides.attached.clear()
            self.sides.attached.update(attached)

    splice.__class__ = Splice


def the_ring_is_one_frame_off(splice: Any) -> None:
    class Input(model_input.Input):
        def read(self, from_ms: float, to_ms: float) -> bytes:
            return super().read(from_ms + 1 / 24, to_ms)

    splice.input.__class__ = Input


def the_bucket_does_not_leak(splice: Any) -> None:
    class Input(model_input.Input):
        def ahead(self, now: Fraction) -> Fraction:
            return self._ahead

    splice.input.__class__ = Input


BROKEN = {
    one.__name__: one
    for one in (
        late_audio_passes_after_a_cut,
        a_cut_leaves_the_queue_alone,
        a_cut_lets_the_clock_run_on,
        audio_leaves_too_early,
        a_mark_comes_with_the_last_chunk_instead_of_after_it,
        a_pause_lets_marks_pass,
        a_full_lane_stays_paused,
        the_lane_runs_through_marks,
        text_does_not_wait_for_its_response,
        words_out_of_band_are_told,
        expired_audio_is_sent,
        events_are_lost_with_old_audio,
        a_control_frame_waits_for_messages,
        a_ping_is_answered_behind_the_hold,
        a_hold_lets_audio_pass,
        the_backlog_is_forgotten,
        a_mark_is_lost_with_its_leg,
        a_successor_joins_before_it_is_attached,
        the_ring_is_one_frame_off,
        the_bucket_does_not_leak,
    )
}


@pytest.mark.parametrize("rule", list(BROKEN))
def test_a_broken_rule_is_found_out(rule: str) -> None:
    class Splice(model.Splice):
        leg_class = model_leg.Leg
        queue_class = model_queue.Queue

        def __init__(self, **named: Any) -> None:
            super().__init__(**named)
            BROKEN[rule](self)

        def queues_are(self, queue: type[model_queue.Queue]) -> None:
            self.queue_class = queue
            self.sides.backlog.__class__ = queue

        def legs_are(self, leg: type[model_leg.Leg]) -> None:
            self.leg_class = leg

        def open_leg(self, side: Any, **limits: Any) -> int:
            number = super().open_leg(side, **limits)
            leg = self.legs[number]
            leg.queue.__class__ = self.queue_class
            leg.__class__ = self.leg_class
            return number

    class Broken(Narrow):
        core: ClassVar[Any] = SimpleNamespace(**{**vars(model), "Splice": Splice})

    with pytest.raises(AssertionError):
        run_state_machine_as_test(Broken, settings=FAST)
