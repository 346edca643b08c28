"""The ledger finds whatever a relay may do to a sequence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtproxy.load.ledger import Arrival, Ledger


def ledger(said: int) -> Ledger:
    made = Ledger()
    for number in range(said):
        assert made.say() == number
    return made


@given(st.integers(0, 50))
def test_in_order_nothing_is_amiss(said: int):
    book = ledger(said)
    assert {book.take(number) for number in range(said)} <= {Arrival.IN_ORDER}
    assert book.outstanding == 0


@given(st.integers(1, 20).flatmap(lambda n: st.tuples(st.just(n), st.lists(st.integers(0, n - 1)))))
def test_every_number_is_accounted_for(case: tuple[int, list[int]]):
    said, order = case
    book = ledger(said)
    seen: set[int] = set()
    for number in order:
        expected = Arrival.IN_ORDER
        if number in seen:
            expected = Arrival.REPEATED
        elif seen and number < max(seen):
            expected = Arrival.REORDERED
        assert book.take(number) is expected
        seen.add(number)
        assert book.outstanding == said - len(seen)


@pytest.mark.parametrize("number", [3, -1, 4_000_000_000])
def test_what_was_never_said_is_unknown(number: int):
    book = ledger(3)
    assert book.take(number) is Arrival.UNKNOWN
    assert book.outstanding == 3
