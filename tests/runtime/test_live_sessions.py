"""The registry of live sessions."""

from __future__ import annotations

import pytest
import trio

from rtproxy.model.close import DONE, CloseReason
from rtproxy.runtime.live_sessions import LiveSessions


class Call:
    def __init__(self, session_id: str) -> None:
        self.session_id = session_id
        self.ended: list[CloseReason] = []

    def end(self, reason: CloseReason) -> None:
        self.ended.append(reason)


async def test_a_session_is_in_it_as_long_as_its_block_runs() -> None:
    live = LiveSessions()
    with live.entered(Call("a")), live.entered(Call("b")):
        assert len(live) == 2
    assert (len(live), live.created) == (0, 2)


async def test_an_error_in_the_block_leaves_nothing_behind() -> None:
    live = LiveSessions()
    with pytest.raises(ValueError, match="bug"), live.entered(Call("a")):
        raise ValueError("bug")
    assert len(live) == 0


async def test_all_are_told_to_end() -> None:
    live, call = LiveSessions(), Call("a")
    with live.entered(call):
        live.end_all(DONE)
    assert call.ended == [DONE]


async def test_waiting_for_the_last() -> None:
    live = LiveSessions()
    await live.wait_empty()
    with trio.fail_after(1):
        async with trio.open_nursery() as nursery:
            with live.entered(Call("a")), live.entered(Call("b")):
                nursery.start_soon(live.wait_empty)
                await trio.testing.wait_all_tasks_blocked()


async def test_what_is_no_session_ends_with_them_and_is_not_counted(
    autojump_clock: trio.testing.MockClock,
) -> None:
    live, room = LiveSessions(), Call("room")
    with live.entered(room, counts=False):
        assert (len(live), live.created) == (0, 0)
        with trio.move_on_after(1) as waiting:
            await live.wait_empty()
        assert waiting.cancelled_caught
        live.end_all(DONE)
    assert room.ended == [DONE]
    await live.wait_empty()
    assert (len(live), live.created) == (0, 0)
