"""A room that goes on for longer than an upstream session may, in virtual time."""

from __future__ import annotations

import pytest
import structlog
import trio
import trio.testing
from tests.e2e import speech

from rtproxy.model.room import Role
from rtproxy.simulator.reception import Reception
from rtproxy.simulator.server import _Server
from rtproxy.simulator.settings import Settings
from runtime.memory_hall import Guest, MemoryDialler, enter, make_room, say

HOUR_S = 3_600
EVERY_S = 120.0
TURNS = 32
TURN = speech.utterance(1_500, before_ms=300, after_ms=2_000)


@pytest.mark.slow
async def test_an_upstreams_cap_is_no_end_of_a_room(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    server = _Server(Reception(Settings(seed=7, session_max_s=HOUR_S)))
    dialler = MemoryDialler(nursery, server)
    room = await make_room(nursery, dialler)
    anna, german = Guest("anna", Role.SPEAKER, "en"), Guest("german", Role.LISTENER, "de")
    with structlog.testing.capture_logs() as log, room.visited():
        nursery.start_soon(room.run)
        enter(room, anna, german)
        for turn in range(TURNS):
            await trio.sleep_until(trio.current_time() + EVERY_S - len(TURN) / 48_000)
            await say(room, anna, TURN)
            assert len(german.told("translation_done")) >= turn
        await trio.sleep(20)
        room.leave(anna)
        room.leave(german)
        await trio.sleep(60)
    transcripts, translations = anna.told("transcript_done"), german.told("translation_done")
    assert len(transcripts) == len(translations) == TURNS
    assert [each["itemId"] for each in transcripts] == [each["itemId"] for each in translations]
    assert len({each["itemId"] for each in transcripts}) == TURNS
    assert all(each["text"] for each in (*transcripts, *translations))
    assert not [each for each in (*anna.told("error"), *german.told("error")) if each["fatal"]]
    assert dialler.dials >= 4
    assert not [line for line in log if line["log_level"] == "error"]
