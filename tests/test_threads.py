"""Threads beside the loop: what they bring, and that they stand back for it."""

from __future__ import annotations

import os
import sys
import threading

import pytest

from rtproxy.threads import STEPS, run_beside, stand_back

linux = pytest.mark.skipif(sys.platform != "linux", reason="niceness is a thread's own on Linux")


def niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


async def test_what_the_work_returns_comes_back():
    assert await run_beside(divmod, 7, 2) == (3, 1)


async def test_what_goes_wrong_there_goes_wrong_here():
    with pytest.raises(ZeroDivisionError):
        await run_beside(divmod, 7, 0)


@linux
async def test_it_runs_behind_the_loop_and_the_loop_stays_where_it_was():
    before = niceness()
    assert await run_beside(niceness) == min(before + STEPS, 19)
    assert niceness() == before


@linux
def test_standing_back_twice_is_standing_back_once():
    found: list[int] = []

    def work() -> None:
        for _ in range(2):
            stand_back()
            found.append(niceness())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [min(niceness() + STEPS, 19)] * 2
