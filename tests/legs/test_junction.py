"""What follows from touching a splice, and how often."""

from __future__ import annotations

import pytest
import trio

from rtproxy._audio_core import Splice, SpliceError
from rtproxy.legs.junction import Junction
from rtproxy.legs.turnstile import Turnstile
from rtproxy.model.close import CloseCode, CloseReason


class NotedJunction(Junction):
    """Notes when it is settled, and why it has failed."""

    def __init__(self) -> None:
        super().__init__(Splice(seed=bytes(32)), Turnstile())
        self.settled: list[float] = []
        self.failures: list[CloseReason] = []

    def settle(self, now: float) -> None:
        """It is done."""
        self.settled.append(now)

    def fail(self, reason: CloseReason) -> None:
        """Its legs would say so."""
        self.failures.append(reason)


async def test_calls_that_belong_together_are_one_touch(autojump_clock: object) -> None:
    junction = NotedJunction()
    with junction as began:
        for _ in range(3):
            with junction as now:
                assert now == began
        assert junction.settled == []
    assert junction.settled == [began]
    await trio.sleep(1)
    with junction as later:
        pass
    assert junction.settled == [began, later] == [began, began + 1]


async def test_an_error_passes_and_is_settled() -> None:
    junction = NotedJunction()
    with pytest.raises(ValueError, match="ours"), junction as now, junction:
        raise ValueError("ours")
    assert junction.settled == [now]
    with junction:
        pass
    assert len(junction.settled) == 2


async def test_a_panic_goes_no_further_than_its_call() -> None:
    junction = NotedJunction()
    went_on = False
    with junction:
        for _ in range(2):
            with junction:
                raise SpliceError("it panicked")
        went_on = True
    assert went_on
    assert [failure.code for failure in junction.failures] == [CloseCode.OUR_FAULT]
