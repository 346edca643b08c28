"""A peer that gives no sign of life is found, logged and cut off."""

from __future__ import annotations

from collections.abc import Callable

import structlog
import trio
import trio.testing

from rtproxy.legs.leg import Side
from rtproxy.runtime.heartbeat import Heartbeat


class WatchedLeg:
    """A leg as the heartbeat sees it."""

    side = Side.CLIENT

    def __init__(self) -> None:
        self.rhythm: tuple[float, float] | None = None
        self.aborted = 0

    def keep_alive(self, *, every_s: float, within_s: float, silent: Callable[[], None]) -> None:
        self.rhythm = (every_s, within_s)
        self.silent = silent

    def abort(self) -> None:
        self.aborted += 1


async def test_a_silent_peer_is_cut_off_and_the_others_are_left_alone(
    nursery: trio.Nursery,
) -> None:
    with structlog.testing.capture_logs() as logs:
        heartbeat = Heartbeat(every_s=15, within_s=10, log=structlog.get_logger())
        nursery.start_soon(heartbeat.run)
        alive, first, second = WatchedLeg(), WatchedLeg(), WatchedLeg()
        for leg in (alive, first, second):
            heartbeat.watch(leg)  # type: ignore[arg-type] # it has all that is used
            assert leg.rhythm == (15, 10)
        first.silent()
        await trio.testing.wait_all_tasks_blocked()
        assert (alive.aborted, first.aborted, second.aborted) == (0, 1, 0)
        second.silent()
        await trio.testing.wait_all_tasks_blocked()
        assert (alive.aborted, first.aborted, second.aborted) == (0, 1, 1)
    assert [entry["event"] for entry in logs] == ["peer_silent"] * 2


async def test_nothing_wakes_while_all_are_well(nursery: trio.Nursery) -> None:
    heartbeat = Heartbeat(every_s=15, within_s=10, log=structlog.get_logger())
    heartbeat.watch(WatchedLeg())  # type: ignore[arg-type] # it has all that is used
    nursery.start_soon(heartbeat.run)
    await trio.testing.wait_all_tasks_blocked()
    assert trio.lowlevel.current_statistics().seconds_to_next_deadline == float("inf")


async def test_the_deadline_is_kept_wherever_it_has_moved(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    began = trio.current_time()
    deadlines, kept = [10.0, 25.0, float("inf")], []

    def passed() -> None:
        kept.append(trio.current_time() - began)

    def deadline() -> float:
        return began + deadlines[len(kept)]

    heartbeat = Heartbeat(
        every_s=15, within_s=10, log=structlog.get_logger(), deadline=deadline, passed=passed
    )
    nursery.start_soon(heartbeat.run)
    await trio.sleep(100)
    assert kept == [10.0, 25.0]


async def test_a_deadline_that_came_nearer_is_looked_at_again(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    deadline, kept = float("inf"), []

    def passed() -> None:
        nonlocal deadline
        kept.append(trio.current_time())
        deadline = float("inf")

    heartbeat = Heartbeat(
        every_s=15,
        within_s=10,
        log=structlog.get_logger(),
        deadline=lambda: deadline,
        passed=passed,
    )
    nursery.start_soon(heartbeat.run)
    await trio.sleep(5)
    deadline = trio.current_time() + 3
    wanted = deadline
    heartbeat.look_again()
    await trio.sleep(60)
    assert kept == [wanted]
