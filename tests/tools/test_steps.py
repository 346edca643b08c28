"""A step that keeps the loop is seen; nothing else changes for what is awaited."""

from __future__ import annotations

import time

import pytest
import trio

from rtproxy.tools.steps import Watched


async def watched(work: object, longest_s: float = 0.02) -> tuple[object, list[float]]:
    held: list[float] = []
    result = await Watched(work, longest_s, held.append)  # type: ignore[arg-type] # a coroutine
    return result, held


async def test_a_step_that_is_too_long_is_told() -> None:
    async def work() -> str:
        await trio.lowlevel.checkpoint()
        time.sleep(0.03)  # noqa: ASYNC251 - that is the point
        await trio.lowlevel.checkpoint()
        return "done"

    result, (held_s,) = await watched(work())
    assert result == "done"
    assert 0.03 <= held_s < 5


async def test_waiting_is_no_holding() -> None:
    async def work() -> str:
        await trio.sleep(0.05)
        return "done"

    assert await watched(work()) == ("done", [])


async def test_errors_and_cancellation_pass_both_ways(autojump_clock: object) -> None:
    seen: list[str] = []

    async def work() -> None:
        try:
            await trio.sleep_forever()
        except trio.Cancelled:
            seen.append("cancelled")
            raise

    with trio.move_on_after(1) as scope:
        await watched(work())
    assert scope.cancelled_caught
    assert seen == ["cancelled"]

    async def fails() -> None:
        await trio.lowlevel.checkpoint()
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        await watched(fails())


async def test_nurseries_and_timeouts_inside_work_as_ever(autojump_clock: object) -> None:
    async def work() -> int:
        done = 0

        async def one() -> None:
            nonlocal done
            await trio.sleep(1)
            done += 1

        async with trio.open_nursery() as nursery:
            nursery.start_soon(one)
            nursery.start_soon(one)
        with trio.move_on_after(1):
            await trio.sleep(10)
        return done

    result, _ = await watched(work())
    assert result == 2
