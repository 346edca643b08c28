"""The heartbeat, with the clock under control."""

from __future__ import annotations

import trio
from trio.testing import MockClock

from rtproxy.legs.leg import Side
from rtproxy.runtime.heartbeat import keep_heartbeat


class Peer:
    """A leg as the heartbeat sees it: pings that are answered, or not."""

    side = Side.CLIENT

    def __init__(self, *, answers: bool) -> None:
        self.answers = answers
        self.pinged_at: list[float] = []
        self.aborted_at: float | None = None

    def ping(self) -> None:
        self.pinged_at.append(trio.current_time())

    def pong_wait_s(self) -> float | None:
        return None if self.answers else trio.current_time() - self.pinged_at[-1]

    def abort(self) -> None:
        self.aborted_at = trio.current_time()


async def beat(peers: list[Peer], *, for_s: float) -> None:
    with trio.move_on_after(for_s):
        await keep_heartbeat(lambda: list(peers), every_s=15, within_s=10)  # type: ignore[arg-type]  # a Peer has all that is used


async def test_a_peer_that_answers_is_pinged_in_rhythm(autojump_clock: MockClock) -> None:
    start_s = trio.current_time()
    peer = Peer(answers=True)
    await beat([peer], for_s=31)
    assert [at - start_s for at in peer.pinged_at] == [0, 15, 30]
    assert peer.aborted_at is None


async def test_a_silent_peer_is_gone_when_its_pong_is_due(autojump_clock: MockClock) -> None:
    start_s = trio.current_time()
    silent, alive = Peer(answers=False), Peer(answers=True)
    await beat([silent, alive], for_s=12)
    assert silent.aborted_at == start_s + 10
    assert alive.aborted_at is None
