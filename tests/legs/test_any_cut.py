"""However the bytes are cut on their way, and whoever is slow: nothing is lost or reordered."""

from __future__ import annotations

import json
import random

import trio
import trio.testing
from hypothesis import given, settings
from hypothesis import strategies as st
from rig import Ground, answered, audio_in, open_rig, pcm, said
from ws_peer import WsPeer

from rtproxy.legs.leg import Leg, LegsOptions
from rtproxy.legs.transport import StreamTransport, Transport

ROUNDS = 12


class Choppy(trio.abc.Stream):
    """A stream that gives and takes a few bytes at a time, as its dice fall."""

    def __init__(self, inner: trio.abc.Stream, seed: int, most_bytes: int) -> None:
        self._inner = inner
        self._dice = random.Random(seed)
        self._most_bytes = most_bytes

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        rest = memoryview(data)
        while rest:
            size = self._dice.randint(1, self._most_bytes)
            await self._inner.send_all(rest[:size])
            rest = rest[size:]
            await self._dawdle()

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        await self._dawdle()
        return await self._inner.receive_some(self._dice.randint(1, self._most_bytes))

    async def wait_send_all_might_not_block(self) -> None:
        await trio.lowlevel.checkpoint()

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def _dawdle(self) -> None:
        for _ in range(self._dice.randint(0, 2)):
            await trio.lowlevel.checkpoint()


@given(seed=st.integers(0, 2**32), most_bytes=st.sampled_from([60, 400, 5_000]))
@settings(max_examples=12, deadline=None)
def test_everything_arrives_once_and_in_order(seed: int, most_bytes: int) -> None:
    def pair() -> tuple[Transport, trio.abc.Stream]:
        ours, theirs = trio.testing.lockstep_stream_pair()
        return StreamTransport(Choppy(ours, seed, most_bytes)), Choppy(theirs, ~seed, most_bytes)

    async def run() -> None:
        async with (
            open_rig(LegsOptions(lead_ms=None), ground=Ground(pair)) as rig,
            trio.open_nursery() as nursery,
        ):
            for leg in (rig.client, rig.upstream):
                nursery.start_soon(_answer, leg)
            nursery.start_soon(_speak, rig.browser, said)
            nursery.start_soon(_speak, rig.model, answered)
            async with trio.open_nursery() as hearing:
                hearing.start_soon(_hear, rig.browser)
                hearing.start_soon(_hear, rig.model)
            nursery.cancel_scope.cancel()

    trio.run(run, clock=trio.testing.MockClock(autojump_threshold=0))


async def _speak(peer: WsPeer, chunk: object) -> None:
    """Audio with a message behind every chunk, which a hold turns back to us."""
    assert callable(chunk)
    for n in range(ROUNDS):
        await peer.say(chunk(20, n), json.dumps({"n": n}))


async def _answer(leg: Leg) -> None:
    while True:
        message = await leg.receive()
        leg.send(message.raw)
        leg.release(message)


async def _hear(peer: WsPeer) -> None:
    """All audio of the other side and all of our own messages, each in order."""
    chunks, turned_back = 0, 0
    while chunks < ROUNDS or turned_back < ROUNDS:
        heard = await peer.hear()
        assert isinstance(heard, str), heard
        if "audio" in heard:
            assert audio_in(heard) == pcm(20, chunks)
            chunks += 1
        else:
            assert json.loads(heard) == {"n": turned_back}
            turned_back += 1
