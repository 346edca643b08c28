"""Who has a turn while a leg's messages are received."""

from __future__ import annotations

import pytest
import trio
import trio.testing
from rig import Ground, Rig, open_rig

from rtproxy.legs.spliced_leg import AT_ONCE

pytestmark = pytest.mark.usefixtures("in_time")


async def receive(rig: Rig, messages: int) -> None:
    for _ in range(messages):
        rig.client.release(await rig.client.receive())


async def begin(rig: Rig, messages: int) -> None:
    """So many are there, and the first one was waited for."""
    await rig.browser.stream.send_all(rig.browser.frames(*["{}"] * messages))
    await trio.testing.wait_all_tasks_blocked(0.01)
    await receive(rig, 1)


async def test_what_came_together_is_received_together(socket_ground: Ground) -> None:
    steps = 0

    async def step() -> None:
        nonlocal steps
        while True:
            await trio.lowlevel.checkpoint()
            steps += 1

    async with open_rig(ground=socket_ground) as rig, trio.open_nursery() as nursery:
        await begin(rig, 6 * AT_ONCE)
        nursery.start_soon(step)
        await receive(rig, AT_ONCE - 1)
        assert steps == 0
        await receive(rig, 4 * AT_ONCE)
        assert steps >= 1, "others have their turn in between"
        nursery.cancel_scope.cancel()


async def test_who_is_cancelled_receives_nothing(socket_ground: Ground) -> None:
    async with open_rig(ground=socket_ground) as rig:
        await begin(rig, 2)
        with trio.CancelScope() as scope:
            scope.cancel()
            await rig.client.receive()
        assert scope.cancelled_caught
        await receive(rig, 1)
