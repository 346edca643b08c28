"""The main job: what was spoken comes back sample for sample."""

from __future__ import annotations

import pytest
import trio

from . import speech
from .dialect import ALL, OPENAI, SMALL, Dialect
from .peer import Peer
from .proxy_process import ProxyProcess
from .witness import witnessed

# Turn detection may let the start and the end of speech go: a fraction of it, no more.
MISSED_MS = 200


async def answer(peer: Peer, dialect: Dialect) -> bytes:
    """The audio of the next answer."""
    events = await peer.until(dialect.done)
    return b"".join(dialect.audio_of(event) for event in events)


def assert_heard(answered: bytes, spoken: bytes, *, before_ms: float, speech_ms: float) -> None:
    """The answer is one uncut, unchanged stretch of what was spoken, with all the words in it."""
    at = spoken.find(answered)
    assert answered, "the answer has no audio"
    assert at >= 0, "the answer is not what was spoken, sample for sample"
    assert at % 2 == 0
    assert speech.ms(spoken[:at]) <= before_ms + MISSED_MS
    assert speech.ms(spoken[: at + len(answered)]) >= before_ms + speech_ms - MISSED_MS


@pytest.mark.parametrize("dialect", ALL, ids=lambda dialect: dialect.name)
async def test_a_turn_found_by_voice_activity(proxy: ProxyProcess, dialect: Dialect) -> None:
    spoken = speech.utterance(800, before_ms=400, after_ms=1_000)
    async with witnessed(proxy) as nursery:
        peer = await dialect.open(nursery, proxy.port)
        await dialect.speak(peer, spoken)
        assert_heard(await answer(peer, dialect), spoken, before_ms=400, speech_ms=800)


async def test_a_turn_ended_by_hand(proxy: ProxyProcess) -> None:
    spoken = speech.question()
    manual = {"type": "realtime", "audio": {"input": {"turn_detection": None}}}
    async with witnessed(proxy) as nursery:
        peer = await OPENAI.open(nursery, proxy.port)
        await peer.send({"type": "session.update", "session": manual})
        await OPENAI.speak(peer, spoken)
        await peer.send({"type": "input_audio_buffer.commit"})
        await peer.send({"type": "response.create"})
        assert await answer(peer, OPENAI) == spoken


@pytest.mark.parametrize("dialect", SMALL, ids=lambda dialect: dialect.name)
async def test_what_a_small_dialect_tells_of_a_turn(proxy: ProxyProcess, dialect: Dialect) -> None:
    async with witnessed(proxy) as nursery:
        peer = await dialect.open(nursery, proxy.port)
        await dialect.speak(peer, speech.utterance(600))
        told = [event["type"] for event in await peer.until(dialect.done)]
    in_order = ["speech_started", "speech_stopped", dialect.started, dialect.delta]
    places = [told.index(name) for name in in_order]
    assert places == sorted(places), told
    assert told[-2:] == ["audio_done", dialect.done], told


async def test_chunks_of_any_size_come_back_whole(proxy: ProxyProcess) -> None:
    spoken = speech.question()
    sizes = [2, 480, 1_922, 9_600, 31_234]
    manual = {"type": "realtime", "audio": {"input": {"turn_detection": None}}}
    async with witnessed(proxy) as nursery:
        peer = await OPENAI.open(nursery, proxy.port)
        await peer.send({"type": "session.update", "session": manual})
        start = 0
        while start < len(spoken):
            size = sizes[start % len(sizes)]
            await peer.send(OPENAI.audio(spoken[start : start + size]))
            start += size
        await peer.send({"type": "input_audio_buffer.commit"})
        await peer.send({"type": "response.create"})
        assert await answer(peer, OPENAI) == spoken


async def test_many_at_once_hear_only_themselves(proxy: ProxyProcess) -> None:
    whole = speech.question()

    async def one(nursery: trio.Nursery, number: int) -> None:
        dialect = ALL[number % len(ALL)]
        spoken = speech.silence(400) + whole[number * 960 :][: 700 * speech.BYTES_PER_MS]
        spoken += speech.silence(900)
        peer = await dialect.open(nursery, proxy.port)
        await dialect.speak(peer, spoken)
        assert_heard(await answer(peer, dialect), spoken, before_ms=400, speech_ms=500)

    async with witnessed(proxy) as nursery, trio.open_nursery() as speakers:
        for number in range(12):
            speakers.start_soon(one, nursery, number)
