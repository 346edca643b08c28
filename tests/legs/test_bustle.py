"""Whether anybody but the reactor gives tasks something to do."""

from __future__ import annotations

import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
import trio
import trio.testing

from rtproxy.legs.bustle import BRIEFLY_S, LINGER_S, OVER_S, Bustle
from rtproxy.threads import run_beside


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


@contextmanager
def calm(clock: trio.testing.MockClock) -> Iterator[Bustle]:
    """Nothing has happened for a second."""
    with Bustle(clock) as bustle:
        clock.jump(1)
        yield bustle


async def spare_s(bustle: Bustle) -> float:
    """What a task is told that is woken as the reactor's is: by a socket."""
    near, far = socket.socketpair()
    with near, far:
        far.send(b"?")
        await trio.lowlevel.wait_readable(near)
        return bustle.spare_s(trio.current_time())


async def test_who_keeps_nobody_waiting_has_time(mock_clock: trio.testing.MockClock):
    with calm(mock_clock) as bustle:
        assert await spare_s(bustle) == LINGER_S


async def test_but_no_longer_than_until_a_timer_is_due(mock_clock: trio.testing.MockClock):
    with calm(mock_clock) as bustle, trio.move_on_after(LINGER_S / 2):
        assert await spare_s(bustle) == pytest.approx(LINGER_S / 2)
        mock_clock.jump(LINGER_S / 2)
        assert bustle.spare_s(trio.current_time()) == 0


async def test_nor_has_who_is_in_company(mock_clock: trio.testing.MockClock):
    async def step() -> None:
        for _ in range(100):
            await trio.lowlevel.checkpoint()

    with calm(mock_clock) as bustle:
        async with trio.open_nursery() as nursery:
            with bustle.ours:
                nursery.start_soon(step)
            assert await spare_s(bustle) == 0
        assert await spare_s(bustle) == LINGER_S


async def test_who_had_company_has_time_again(mock_clock: trio.testing.MockClock):
    with calm(mock_clock) as bustle:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.lowlevel.checkpoint)
        assert await spare_s(bustle) == LINGER_S


async def test_but_not_for_a_while_where_a_task_waits_for_a_socket_of_its_own(
    mock_clock: trio.testing.MockClock,
):
    near, far = socket.socketpair()
    with near, far, calm(mock_clock) as bustle:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.lowlevel.wait_readable, near)
            await trio.testing.wait_all_tasks_blocked()
            assert await spare_s(bustle) == 0
            mock_clock.jump(OVER_S)
            assert await spare_s(bustle) == BRIEFLY_S
            nursery.cancel_scope.cancel()


async def test_who_is_woken_at_the_same_moment_is_company(mock_clock: trio.testing.MockClock):
    near, far = socket.socketpair()
    with near, far, calm(mock_clock) as bustle:
        async with trio.open_nursery() as nursery:
            with bustle.ours:
                nursery.start_soon(trio.lowlevel.wait_readable, near)
            await trio.testing.wait_all_tasks_blocked()
            far.send(b"?")
            # Which of the two runs first is chance: whoever runs beside is not known to be done.
            assert await spare_s(bustle) == 0


@pytest.mark.parametrize("wait", [trio.lowlevel.wait_readable, trio.lowlevel.wait_writable])
async def test_a_socket_of_another_task_leaves_it_little(
    mock_clock: trio.testing.MockClock, wait: Callable[[socket.socket], Awaitable[None]]
):
    near, far = socket.socketpair()
    near.setblocking(False)
    with near, far, calm(mock_clock) as bustle:
        with suppress(BlockingIOError):
            while True:  # so that it cannot be written
                near.send(bytes(65_536))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait, near)
            await trio.testing.wait_all_tasks_blocked()
            mock_clock.jump(1)
            assert await spare_s(bustle) == BRIEFLY_S
            with bustle.hearing():
                assert await spare_s(bustle) == LINGER_S
            nursery.cancel_scope.cancel()


async def in_a_limiter_of_its_own(work: Callable[[], None]) -> None:
    await run_beside(work, limiter=trio.CapacityLimiter(1))


@pytest.mark.parametrize("run", [trio.to_thread.run_sync, in_a_limiter_of_its_own])
async def test_so_does_a_thread_that_works(
    mock_clock: trio.testing.MockClock, run: Callable[[Callable[[], None]], Awaitable[None]]
):
    begun, over = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        over.wait(10)

    with calm(mock_clock) as bustle:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(run, work)
            await trio.testing.wait_all_tasks_blocked()
            begun.wait(10)
            mock_clock.jump(1)
            assert await spare_s(bustle) == BRIEFLY_S
            over.set()
        mock_clock.jump(1)
        assert await spare_s(bustle) == LINGER_S
