"""Whether anybody but the reactor gives tasks something to do."""

from __future__ import annotations

import trio

from rtproxy.legs.bustle import OVER_S, Bustle


async def test_a_task_that_the_reactor_wakes_is_no_bustle(autojump_clock: trio.testing.MockClock):
    news = trio.Event()
    with Bustle(autojump_clock) as bustle:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(news.wait)
            await trio.sleep(1)
            with bustle.ours:
                news.set()
        assert bustle.is_over(trio.current_time())


async def test_nor_is_what_it_does_next(autojump_clock: trio.testing.MockClock):
    news = trio.Event()

    async def read() -> None:
        await news.wait()
        for _ in range(3):
            await trio.lowlevel.checkpoint()

    with Bustle(autojump_clock) as bustle:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(read)
            await trio.sleep(1)
            with bustle.ours:
                news.set()
        assert bustle.is_over(trio.current_time())


async def test_any_other_task_is_for_a_while(autojump_clock: trio.testing.MockClock):
    with Bustle(autojump_clock) as bustle:
        assert bustle.is_over(trio.current_time())
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.sleep, 1)
        assert not bustle.is_over(trio.current_time())
        await trio.sleep(OVER_S)
        assert bustle.is_over(trio.current_time())


async def test_whoever_watches_is_none(autojump_clock: trio.testing.MockClock):
    with Bustle(autojump_clock) as bustle:
        await trio.sleep(1)
        assert bustle.is_over(trio.current_time())


async def test_it_watches_no_longer_than_it_is_asked_to(autojump_clock: trio.testing.MockClock):
    bustle = Bustle(autojump_clock)
    with bustle:
        pass
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.sleep, 1)
    assert bustle.is_over(trio.current_time())
