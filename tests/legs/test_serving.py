"""What comes on a leg is answered as soon as it is there, by whichever task."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from functools import partial
from itertools import pairwise
from time import perf_counter

import pytest
import trio
import trio.testing
from rig import IN_MEMORY, Ground, Rig, answered, audio_in, open_rig, pcm, tell
from stream_pairs import socket_transport
from wsproto.events import CloseConnection

from rtproxy.legs.driver import HAS_REACTOR
from rtproxy.legs.due import ANSWERING_S
from rtproxy.legs.leg import Leg, LegsOptions, Mark, Message, MessageKind, Side
from rtproxy.legs.reactor_driver import open_legs
from rtproxy.legs.reactor_pump import ReactorPump
from rtproxy.legs.spliced_leg import AT_ONCE, LONG_BYTES
from rtproxy.model.close import CloseReason
from rtproxy.model.errors import LegClosed

pytestmark = pytest.mark.usefixtures("in_time")


class Answerer:
    """Answers each message on the other side with its number; notes what came together."""

    def __init__(self, leg: Leg, then: Callable[[int], None] = lambda _number: None) -> None:
        self.leg = leg
        self.batches: list[list[int]] = []
        self.marks: list[bytes] = []
        self.closed: CloseReason | None = None
        self._other = Side.UPSTREAM if leg.side is Side.CLIENT else Side.CLIENT
        self._then = then

    async def run(self) -> None:
        """Serve the leg until it has ended."""
        try:
            await self.leg.serve(self._answer)
        except LegClosed as closed:
            self.closed = closed.reason

    def _answer(self, messages: Iterator[Message]) -> None:
        self.batches.append([])
        for message in messages:
            if message.kind is MessageKind.MARK:
                self.marks.append(message.raw)
                self.leg.release(message)
                continue
            number: int = json.loads(message.raw)["n"]
            self.batches[-1].append(number)
            self._then(number)
            self.leg.release(message, tell(self._other, n=number))

    @property
    def numbers(self) -> list[int]:
        """What was answered, in order."""
        return [number for batch in self.batches for number in batch]


def numbered(*numbers: int) -> list[str]:
    return [json.dumps({"n": number}) for number in numbers]


async def heard(rig: Rig, *numbers: int) -> None:
    """The upstream is told of these, in this order."""
    for number in numbers:
        assert json.loads(str(await rig.model.hear())) == {"n": number}


async def test_all_is_answered_in_order(ground: Ground, nursery: trio.Nursery) -> None:
    async with open_rig(ground=ground) as rig:
        client, upstream = Answerer(rig.client), Answerer(rig.upstream)
        await rig.browser.say(*numbered(0))  # before anybody serves
        nursery.start_soon(client.run)
        nursery.start_soon(upstream.run)
        await heard(rig, 0)
        await rig.browser.say(*numbered(1, 2, 3))
        await rig.model.say(answered(value=1), *numbered(7), answered(value=2))
        await heard(rig, 1, 2, 3)
        assert audio_in(await rig.browser.hear()) == pcm(40, 1)
        assert json.loads(str(await rig.browser.hear())) == {"n": 7}
        assert audio_in(await rig.browser.hear()) == pcm(40, 2)


async def test_its_end_is_told_behind_all_that_came(ground: Ground, nursery: trio.Nursery) -> None:
    async with open_rig(ground=ground) as rig:
        client = Answerer(rig.client)
        nursery.start_soon(client.run)
        await rig.browser.say(*numbered(*range(3 * AT_ONCE)))
        await rig.browser.say_event(CloseConnection(4321, "enough"))
        await heard(rig, *range(3 * AT_ONCE))
        while client.closed is None:
            await trio.lowlevel.checkpoint()
        assert (client.closed.code, client.closed.text) == (4321, "enough")


async def test_who_ends_it_meanwhile_answers_nothing_more(socket_ground: Ground) -> None:
    async with open_rig(ground=socket_ground) as rig:
        scope = trio.CancelScope()
        client = Answerer(rig.client, lambda _number: scope.cancel())
        await rig.browser.say(*numbered(1, 2))
        with scope:
            await client.run()
        assert scope.cancelled_caught
        assert client.numbers == [1]
        again = Answerer(rig.client)
        with trio.move_on_after(5) as waiting:
            again._then = lambda _number: waiting.cancel()
            await again.run()
        assert again.numbers == [2]
        await heard(rig, 1, 2)


async def test_what_is_wrong_with_an_answer_is_its_servers(socket_ground: Ground) -> None:
    def fail(number: int) -> None:
        scope.cancel()  # even where it was told to go
        raise ZeroDivisionError(number)

    async with open_rig(ground=socket_ground) as other, open_rig(ground=socket_ground) as rig:
        await rig.browser.say(*numbered(1, 2))
        with trio.CancelScope() as scope, pytest.raises(ZeroDivisionError, match="1"):
            await Answerer(rig.client, fail).run()
        other.client.send(b"alive")
        assert await other.browser.hear() == "alive"
        rig.client.send(b"alive")
        assert await rig.browser.hear() == "alive"


async def test_only_one_serves(socket_ground: Ground, nursery: trio.Nursery) -> None:
    async with open_rig(ground=socket_ground) as rig:
        nursery.start_soon(Answerer(rig.client).run)
        await trio.testing.wait_all_tasks_blocked()
        with pytest.raises(trio.BusyResourceError):
            await Answerer(rig.client).run()


async def test_who_says_much_keeps_nobody_waiting(
    socket_ground: Ground, nursery: trio.Nursery
) -> None:
    steps: list[int] = []

    async def step() -> None:
        while True:
            steps.append(len(client.numbers))
            await trio.lowlevel.checkpoint()

    async with open_rig(ground=socket_ground) as rig:
        client = Answerer(rig.client)
        many = range(20 * AT_ONCE)
        await rig.browser.say(*numbered(*many))
        await trio.testing.wait_all_tasks_blocked(0.01)
        nursery.start_soon(client.run)
        nursery.start_soon(step)
        await heard(rig, *many)
        assert max(map(len, client.batches)) == AT_ONCE
        gaps = [after - before for before, after in pairwise(steps)]
        assert max(gaps) <= 2 * AT_ONCE
        nursery.cancel_scope.cancel()


async def test_behind_a_long_one_is_written_first(
    socket_ground: Ground, nursery: trio.Nursery
) -> None:
    waiting: list[tuple[int, int]] = []
    async with open_rig(ground=socket_ground) as rig:
        client = Answerer(rig.client, lambda _number: waiting.append(rig.upstream.waiting()))
        nursery.start_soon(client.run)
        long = json.dumps({"n": 1, "pad": "x" * LONG_BYTES})
        await rig.browser.say(long, *numbered(2, 3))
        await heard(rig, 1, 2, 3)
    assert waiting[0] == waiting[1] == (0, 0)


async def test_what_other_tasks_do_is_answered_too(nursery: trio.Nursery) -> None:
    grounds = [IN_MEMORY]
    if HAS_REACTOR:
        pump = ReactorPump()
        await nursery.start(pump.run)
        grounds.append(Ground(socket_transport, partial(open_legs, pump)))
    for ground in grounds:
        async with open_rig(LegsOptions(), ground=ground) as rig:
            client = Answerer(rig.client)
            nursery.start_soon(client.run)
            await trio.testing.wait_all_tasks_blocked()
            rig.legs.pause()
            rig.legs.post([Mark("r1", b"there")])
            rig.legs.resume()
            await trio.testing.wait_all_tasks_blocked()
            assert client.marks == [b"there"]
    nursery.cancel_scope.cancel()


class Steps(trio.abc.Instrument):
    """Counts the steps of each task."""

    def __init__(self) -> None:
        self.of: dict[str, int] = {}

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        self.of[task.name] = self.of.get(task.name, 0) + 1


@pytest.mark.skipif(not HAS_REACTOR, reason="there is no reactor on this platform")
async def test_nobody_wakes_for_it_and_it_is_one_step(nursery: trio.Nursery) -> None:
    pump = ReactorPump()
    await nursery.start(pump.run)
    async with open_rig(ground=Ground(socket_transport, partial(open_legs, pump))) as rig:
        client = Answerer(rig.client)
        nursery.start_soon(client.run, name="server")
        await trio.testing.wait_all_tasks_blocked()
        steps, writes = Steps(), pump.stats.writes
        trio.lowlevel.add_instrument(steps)
        await rig.browser.stream.send_all(rig.browser.frames(*numbered(1, 2, 3)))
        await heard(rig, 1, 2, 3)
        trio.lowlevel.remove_instrument(steps)
        assert "server" not in steps.of
        assert (client.numbers, pump.stats.writes - writes) == ([1, 2, 3], 1)
    nursery.cancel_scope.cancel()


async def test_many_who_never_stop_keep_nobody_waiting(socket_ground: Ground) -> None:
    answered = 0
    passes: list[int] = []

    def work(_number: int) -> None:
        nonlocal answered
        answered += 1
        until = perf_counter() + ANSWERING_S / AT_ONCE
        while perf_counter() < until:
            pass

    async def step() -> None:
        while True:
            passes.append(answered)
            await trio.lowlevel.checkpoint()

    async with AsyncExitStack() as stack:
        rigs = [await stack.enter_async_context(open_rig(ground=socket_ground)) for _ in range(9)]
        polite = rigs[0]
        for rig in rigs[1:]:
            await rig.browser.say(*numbered(*range(20 * AT_ONCE)))
        await trio.testing.wait_all_tasks_blocked(0.01)
        async with trio.open_nursery() as crowd:
            for rig in rigs:
                crowd.start_soon(Answerer(rig.client, work).run)
            while answered < 8 * AT_ONCE:  # once, all of them are answered together
                await trio.lowlevel.checkpoint()
            crowd.start_soon(step)
            for number in range(3):
                await polite.browser.say(*numbered(number))
                await heard(polite, number)
            crowd.cancel_scope.cancel()
    assert passes[-1] < 8 * 10 * AT_ONCE, "those who never stop wait"
    in_a_pass = [after - before for before, after in pairwise(passes)]
    assert max(in_a_pass) <= 3 * AT_ONCE


@pytest.mark.skipif(not HAS_REACTOR, reason="there is no reactor on this platform")
@pytest.mark.parametrize("side", list(Side))
async def test_a_client_that_was_reset_is_answered_no_more(
    nursery: trio.Nursery, side: Side
) -> None:
    pump = ReactorPump()
    await nursery.start(pump.run)
    async with open_rig(ground=Ground(socket_transport, partial(open_legs, pump))) as rig:
        is_client = side is Side.CLIENT
        peer, leg = (rig.browser, rig.client) if is_client else (rig.model, rig.upstream)
        await peer.say(*numbered(*range(20)))
        await trio.testing.wait_all_tasks_blocked(0.01)
        assert isinstance(peer.stream, trio.SocketStream)
        peer.stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await trio.aclose_forcefully(peer.stream)
        await trio.testing.wait_all_tasks_blocked(0.01)
        answerer = Answerer(leg)
        await answerer.run()
        assert answerer.closed is not None
        assert answerer.closed.code == 1006
        # It stood at the first; an upstream's last words may say why it has gone.
        assert answerer.numbers == ([0] if is_client else [*range(20)])
    nursery.cancel_scope.cancel()
