"""How many have their turn in one pass of the event loop."""

from __future__ import annotations

import trio
import trio.testing

from rtproxy.legs.turnstile import Turnstile

PASSES = 50


async def passes_of(turnstile: Turnstile, tasks: int) -> list[int]:
    """Who had a turn, while somebody else had that many."""
    turns: list[int] = []

    async def run(number: int) -> None:
        while True:
            await turnstile.go_through()
            turns.append(number)

    async with trio.open_nursery() as nursery:
        for number in range(tasks):
            nursery.start_soon(run, number)
        for _ in range(PASSES):
            await trio.lowlevel.checkpoint()
        nursery.cancel_scope.cancel()
    return turns


async def test_one_goes_through_in_each_pass(autojump_clock: object) -> None:
    turns = await passes_of(Turnstile(), 5)
    assert PASSES - 10 <= len(turns) <= PASSES
    counts = [turns.count(number) for number in range(5)]
    assert max(counts) - min(counts) <= 1


async def test_who_is_alone_waits_for_a_pass(autojump_clock: object) -> None:
    turns = await passes_of(Turnstile(), 1)
    assert PASSES - 2 <= len(turns) <= PASSES


async def test_who_is_cancelled_is_passed_over(autojump_clock: object) -> None:
    turnstile = Turnstile()
    with trio.CancelScope() as scope:
        scope.cancel()
        await turnstile.go_through()
    assert scope.cancelled_caught
    await turnstile.go_through()
