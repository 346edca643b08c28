"""The reactor in Trio's stead: on the real clock, because only that one is lent."""

from __future__ import annotations

import socket
import time
from collections.abc import Awaitable, Callable

import pytest
import trio

from rtproxy._audio_core import FrameDecoder, FrameEncoder, Side, Splice
from rtproxy.legs import reactor_lull
from rtproxy.legs.reactor_pump import ReactorPump

pytestmark = pytest.mark.e2e


class Peer:
    """The far end of a client's leg, and what its reactor told of it."""

    def __init__(self, pump: ReactorPump) -> None:
        splice = Splice(seed=bytes(32))
        self.leg = splice.open_leg(Side.CLIENT, max_message_bytes=1 << 20)
        self.splice, self.pump = splice, pump
        self.session = pump.open_session(splice)
        ours, self.socket = socket.socketpair()
        self.socket.settimeout(5.0)
        self.looked = trio.Event()
        self.left = trio.Event()
        self.frames = FrameEncoder(seed=bytes(32))
        pump.reactor.add(
            self.session,
            self.leg,
            Side.CLIENT,
            ours.detach(),
            self,
            send_ms=10_000,
            close_ms=3_000,
        )

    def look(self) -> None:
        self.looked.set()

    def leave(self) -> None:
        self.left.set()

    def ping(self) -> None:
        """Ask for a sign of life, and wait for it; in a thread."""
        self.socket.sendall(self.frames.encode("ping", b"?"))
        decoder = FrameDecoder(masked=False, max_message_bytes=100)
        assert decoder.feed(self.socket.recv(100)) == [("pong", b"?", 0)]


def behind_a_pump(scene: Callable[[Peer], Awaitable[None]]) -> ReactorPump:
    """Play a scene with one peer; the pump that has served it."""

    async def main() -> ReactorPump:
        pump = ReactorPump()
        async with trio.open_nursery() as nursery:
            await nursery.start(pump.run)
            peer = Peer(pump)
            with peer.socket:
                await scene(peer)
                pump.close_session(peer.session)
            nursery.cancel_scope.cancel()
        return pump

    return trio.run(main)


def test_what_passes_through_wakes_no_task() -> None:
    wakes: list[float] = []

    class Wakes(trio.abc.Instrument):
        def before_task_step(self, task: trio.lowlevel.Task) -> None:
            wakes.append(trio.current_time())

    def chat(peer: Peer) -> None:
        for _ in range(50):
            peer.ping()

    async def scene(peer: Peer) -> None:
        trio.lowlevel.add_instrument(Wakes())
        await trio.to_thread.run_sync(chat, peer)

    pump = behind_a_pump(scene)
    assert pump.stats.reads >= 50
    assert len(wakes) < 25


def test_trio_keeps_its_own_time() -> None:
    took_s: list[float] = []

    def chat(peer: Peer, until: float) -> None:
        while time.monotonic() < until:
            peer.ping()

    async def scene(peer: Peer) -> None:
        async with trio.open_nursery() as nursery:
            until = time.monotonic() + 0.3
            nursery.start_soon(trio.to_thread.run_sync, chat, peer, until)
            for _ in range(5):
                before = trio.current_time()
                await trio.sleep(0.02)
                took_s.append(trio.current_time() - before)

    behind_a_pump(scene)
    assert all(each >= 0.02 for each in took_s)
    assert min(took_s) < 0.04


def test_news_reach_who_waits_for_them() -> None:
    async def scene(peer: Peer) -> None:
        def speak() -> None:
            time.sleep(0.02)  # until Trio waits
            peer.socket.sendall(peer.frames.encode("text", b"{}"))

        await trio.to_thread.run_sync(speak)
        with trio.fail_after(5):
            await peer.looked.wait()
            assert peer.splice.receive(peer.leg) is not None
            peer.socket.shutdown(socket.SHUT_RDWR)
            await peer.left.wait()

    behind_a_pump(scene)


def test_a_deadline_of_a_session_is_kept_while_trio_waits() -> None:
    async def scene(peer: Peer) -> None:
        peer.splice.keep_alive(peer.leg, 60_000, 50, trio.current_time())
        peer.pump.settle(peer.session, trio.current_time())
        with trio.fail_after(5):
            await peer.left.wait()
        assert peer.splice.is_silent(peer.leg)

    behind_a_pump(scene)


def test_where_nothing_is_lent_sockets_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reactor_lull, "_descriptor_of_trio", lambda: None)

    async def scene(peer: Peer) -> None:
        await trio.to_thread.run_sync(peer.ping)

    assert behind_a_pump(scene).stats.reads >= 1


def test_the_descriptor_of_this_trio_is_found() -> None:
    async def main() -> int | None:
        return reactor_lull._descriptor_of_trio()

    assert trio.run(main) is not None
