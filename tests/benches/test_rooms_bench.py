"""What the benchmark of rooms makes of what it has heard."""

from __future__ import annotations

import json

import pytest
from benches.rooms.orders import Outcome, Span
from benches.rooms.report import what_is_slow, what_is_wrong
from benches.rooms.tally import Figures, Tally, figures

FINE = Figures(events=200, p50_ms=7.0, p99_ms=20.0, finals=(30, 30), deltas=(500, 500))


def caption(*texts: str) -> bytes:
    """A message as a listener is told it."""
    return json.dumps({"type": "translation_delta", "text": "".join(texts)}).encode()


def outcome(*spans: tuple[bool, Figures], left: int = 0) -> Outcome:
    """What a hall would answer."""
    told = [Span(silent, found, cpu_s=1.0, seconds=7.0) for silent, found in spans]
    return Outcome(joined_s=1.0, listener_bytes=1.0, spans=told, left=left, reason="1006")


def late(p99_ms: float) -> Figures:
    """All has arrived, at that pace."""
    return Figures(events=200, p50_ms=1.0, p99_ms=p99_ms, finals=(30, 30), deltas=(500, 500))


def test_no_two_stamps_are_the_same():
    tally = Tally()
    words = [tally.stamp("word", "de", final=False) for _ in range(1_000)]
    assert len(set(words)) == 1_000


def test_a_word_has_arrived_when_the_last_has_heard_it():
    tally = Tally()
    tally.readers["de"] = 2
    span = tally.begin()
    first, second = (tally.stamp(name, "de", final=False) for name in ("one", "two"))
    at_ns = int(first.split("@")[1])
    tally.hear(caption(first), at_ns + 1_000_000)
    tally.hear(caption(first, second), at_ns + 3_000_000)  # pieces may come together
    found = figures(span)
    assert (found.events, found.deltas, found.finals) == (2, (3, 4), (0, 0))
    assert found.p99_ms == pytest.approx(3.0)


def test_what_is_said_after_a_span_is_none_of_it():
    tally = Tally()
    tally.readers["de"] = 1
    span = tally.begin()
    text = tally.stamp("all", "de", final=True)
    tally.begin()
    tally.hear(caption(text, tally.stamp("more", "de", final=True)), 2)
    assert figures(span).finals == (1, 1)


def test_nothing_heard_is_no_figure_that_passes():
    tally = Tally()
    span = tally.begin()
    tally.stamp("all", "de", final=True)
    assert what_is_slow(outcome((False, figures(span))))


def test_a_finished_item_that_is_missing_is_wrong_however_fast():
    lost = Figures(events=200, p50_ms=1.0, p99_ms=2.0, finals=(29, 30), deltas=(500, 500))
    assert what_is_wrong(outcome((False, FINE), (True, FINE))) == []
    assert "29 of 30" in what_is_wrong(outcome((False, FINE), (True, lost)))[0]
    assert "sent away" in what_is_wrong(outcome((False, FINE), left=1))[0]


def test_the_bars_are_for_the_medians():
    assert what_is_slow(outcome((False, late(70)), (False, FINE), (False, FINE))) == []
    assert "70.0 ms" in what_is_slow(outcome((False, late(70))))[0]
    beside = [(False, late(20)), (True, late(26)), (False, late(21)), (True, late(20))]
    assert what_is_slow(outcome(*beside)) == []
    assert "6.0 ms" in what_is_slow(outcome(*beside[:2]))[0]
