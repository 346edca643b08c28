"""Who in a room is told what, however slowly they read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rtproxy.dialects.broadcast import BROADCAST
from rtproxy.model import events as ev
from rtproxy.model.room import Caption, RoomEnded
from rtproxy.runtime.audience import WITHIN, Audience


class ListeningLeg:
    """A leg as the audience sees it: what was sent waits until it is read."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.read = 0

    def waiting(self) -> tuple[int, int]:
        waiting = len(self.sent) - self.read
        return waiting, 100 * waiting

    def send(self, payload: bytes) -> None:
        self.sent.append(json.loads(payload))

    def catch_up(self) -> None:
        self.read = len(self.sent)

    @property
    def texts(self) -> list[str]:
        return [each["text"] for each in self.sent]


def caption(text: str, *, final: bool = False) -> Caption:
    return Caption(kind="translation", item_id="i1", language="de", text=text, final=final)


def hall(*languages: str | None) -> tuple[Audience, list[ListeningLeg]]:
    """An audience of members m0, m1 … with these languages."""
    audience, legs = Audience(BROADCAST.encode), [ListeningLeg() for _ in languages]
    for number, (language, leg) in enumerate(zip(languages, legs, strict=True)):
        audience.add(f"m{number}", language, leg)  # type: ignore[arg-type] # all that is used
    return audience, legs


def test_each_language_is_told_its_own() -> None:
    audience, (german, french, whatever, other) = hall("de", "fr", None, "de")
    audience.tell_language("de", caption("a"), final=False)
    audience.tell_language(None, caption("b"), final=False)
    audience.tell_language("it", caption("c"), final=True)
    audience.tell("m1", RoomEnded())
    audience.tell_everybody(ev.Pong())
    kinds = [[each["type"] for each in leg.sent] for leg in (german, french, whatever, other)]
    delta = "translation_delta"
    assert kinds == [[delta, "pong"], ["ended", "pong"], [delta, "pong"], [delta, "pong"]]


def test_one_message_is_encoded_once() -> None:
    encoded: Counter[type] = Counter()

    def encode(event: ev.Event) -> Sequence[bytes]:
        encoded[type(event)] += 1
        return BROADCAST.encode(event)

    audience, legs = Audience(encode), [ListeningLeg() for _ in range(50)]
    for number, leg in enumerate(legs):
        audience.add(f"m{number}", "de", leg)  # type: ignore[arg-type] # all that is used
    audience.tell_language("de", caption("a"), final=False)
    audience.tell_everybody(RoomEnded())
    assert encoded == {Caption: 1, RoomEnded: 1}
    assert all(len(leg.sent) == 2 for leg in legs)


def test_who_does_not_read_misses_pieces_and_is_told_how_many() -> None:
    audience, (prompt, slow) = hall("de", "de")
    for number in range(20):
        audience.tell_language("de", caption(str(number)), final=False)
        prompt.catch_up()
    received = WITHIN[0] + 1
    assert prompt.texts == [str(number) for number in range(20)]
    assert slow.texts == [str(number) for number in range(received)]
    audience.tell_language("de", caption("whole", final=True), final=True)
    assert (slow.sent[-1]["text"], slow.sent[-1]["skipped"]) == ("whole", 20 - received)
    audience.tell_language("de", caption("next"), final=False)
    assert slow.texts[-1] == "whole"
    slow.catch_up()
    audience.tell_language("de", caption("after"), final=False)
    assert (slow.sent[-1]["text"], slow.sent[-1]["skipped"]) == ("after", 1)
    assert not any("skipped" in each for each in prompt.sent)


def test_who_is_behind_is_told_all_else_and_still_owed_the_number() -> None:
    audience, (slow,) = hall("de")
    for _ in range(WITHIN[0] + 3):
        audience.tell_language("de", caption("x"), final=False)
    audience.tell_language("de", ev.Pong(), final=True)
    assert slow.sent[-1] == {"type": "pong"}
    audience.tell_language("de", caption("whole", final=True), final=True)
    assert slow.sent[-1]["skipped"] == 2


def test_who_has_gone_is_told_nothing() -> None:
    audience, (one, other) = hall("de", "de")
    for _ in range(WITHIN[0] + 3):
        audience.tell_language("de", caption("x"), final=False)
        other.catch_up()
    before = len(one.sent)
    audience.remove("m0")
    assert "m0" not in audience
    assert len(audience) == 1
    audience.tell("m0", ev.Pong())
    audience.tell_everybody(ev.Pong())
    audience.tell_language("de", caption("whole", final=True), final=True)
    assert len(one.sent) == before
    audience.remove("m1")
    audience.tell_language("de", caption("whole", final=True), final=True)
    assert len(audience) == 0


@given(steps=st.lists(st.sampled_from(["piece", "whole", "read"]), max_size=60))
def test_nothing_is_lost_uncounted(steps: list[str]) -> None:
    audience, (leg,) = hall("de")
    pieces = 0
    for step in steps:
        if step == "read":
            leg.catch_up()
        else:
            pieces += 1
            final = step == "whole"
            audience.tell_language("de", caption(step, final=final), final=final)
    audience.tell_language("de", caption("whole", final=True), final=True)
    assert sum(1 + each.get("skipped", 0) for each in leg.sent) == pieces + 1
    assert leg.texts.count("whole") == steps.count("whole") + 1
