"""Who is answered, in which order, and for how long; time is what the answers take."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

import pytest

from rtproxy.legs.due import ANSWERING_S, Due

COST_S = ANSWERING_S * 0.64


class Office:
    """The clock, and who was answered."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.answered: list[Speaker] = []
        self.due = Due(lambda: self.now)


class Speaker:
    """Says so much, and its answers cost so much each."""

    def __init__(self, office: Office, messages: float = 1, cost_s: float = COST_S) -> None:
        self.is_due = False
        self.had_s = 0.0
        self.messages = messages
        self.then: Callable[[], None] = lambda: None
        self.failed: list[Exception] = []
        self._office = office
        self._cost_s = cost_s
        office.due.call(self)

    def say(self, messages: float = 1) -> None:
        """Say more."""
        self.messages += messages
        self._office.due.call(self)

    def answer(self) -> bool:
        """See `Served`."""
        self.messages -= 1
        self._office.now += self._cost_s
        self._office.answered.append(self)
        self.then()
        return self.messages > 0

    def break_off(self, error: Exception) -> None:
        """See `Served`."""
        self.failed.append(error)


@pytest.fixture
def office() -> Office:
    return Office()


def crowd(office: Office, messages: float = inf) -> list[Speaker]:
    """Forty, and all of them have been answered some times."""
    speakers = [Speaker(office, messages) for _ in range(40)]
    for _ in range(100):
        office.due.answer()
    office.answered.clear()
    return speakers


def test_others_have_their_turn_in_time(office: Office) -> None:
    crowd(office)
    for _ in range(50):
        began = office.now
        office.due.answer()
        assert office.now - began < ANSWERING_S + COST_S
        assert office.due


def test_who_says_little_is_answered_first(office: Office) -> None:
    crowd(office)
    polite = Speaker(office)
    for _ in range(20):
        office.answered.clear()
        office.due.answer()
        assert office.answered[0] is polite
        while len(office.answered) <= 41:  # each of the others has said something, too
            office.due.answer()
        assert office.answered.count(polite) == 1
        polite.say()


def test_who_floods_in_small_portions_waits_all_the_same(office: Office) -> None:
    speakers = crowd(office, 1)
    for _ in range(100):
        for speaker in speakers:
            if not speaker.is_due:
                speaker.say()
        office.due.answer()
    polite = Speaker(office)
    office.answered.clear()
    office.due.answer()
    assert office.answered[0] is polite


def test_those_who_never_stop_share_what_there_is(office: Office) -> None:
    speakers = crowd(office)
    for _ in range(100):
        office.due.answer()
    counts = [office.answered.count(speaker) for speaker in speakers]
    assert max(counts) - min(counts) <= 1


def test_who_was_away_is_not_paid_for_it(office: Office) -> None:
    late = Speaker(office)
    crowd(office)
    late.say(inf)
    for _ in range(10 * 40):
        office.due.answer()
    assert office.answered.count(late) == pytest.approx(len(office.answered) / 41, abs=2)


def test_who_costs_much_is_answered_less_often(office: Office) -> None:
    dear, cheap = Speaker(office, inf, ANSWERING_S), crowd(office)[0]
    office.answered.clear()
    for _ in range(100 * 40):
        office.due.answer()
    dears, cheaps = office.answered.count(dear), office.answered.count(cheap)
    assert cheaps * COST_S == pytest.approx(dears * ANSWERING_S, abs=2 * ANSWERING_S)


def test_nobody_pays_for_ever_for_what_stopped_the_process(office: Office) -> None:
    def stand_still() -> None:
        office.now += 0.1
        unlucky.then = lambda: None

    crowd(office)
    unlucky = Speaker(office)
    unlucky.then = stand_still
    while unlucky.messages:
        office.due.answer()
    unlucky.say()
    office.answered.clear()
    while unlucky.messages:
        office.due.answer()
    assert len(office.answered) <= 3 * 40


def test_each_is_answered_once_and_who_is_called_by_that_too(office: Office) -> None:
    first, second = Speaker(office, 3, cost_s=0), Speaker(office, 3, cost_s=0)
    third = Speaker(office, 0, cost_s=0)
    office.due.answer()
    office.answered.clear()
    first.then = third.say
    office.due.answer()
    assert office.answered == [first, third, second]


def test_a_bug_around_one_is_its_own(office: Office) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    bad, good = Speaker(office, inf), Speaker(office)
    bad.then = fail
    office.due.answer()
    office.due.answer()
    assert [type(error) for error in bad.failed] == [ZeroDivisionError]
    assert (office.answered, bool(office.due)) == ([bad, good], False)
