"""Rooms whose upstream fails: what is lost of what was said, and who is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio
from structlog.testing import capture_logs
from tests.e2e import speech
from tests.e2e.room_member import join, speaker
from tests.e2e.stub_upstream import SESSION, StubUpstream, tell
from trio_websocket import WebSocketConnection

from rtproxy.legs.listener import Listener
from rtproxy.simulator.faults import parse_fault
from rtproxy.simulator.server import open_simulator
from rtproxy.simulator.settings import Settings
from runtime.conftest import serving

WORDS = speech.silence(200) + speech.question()[: 2_000 * speech.BYTES_PER_MS]
PAUSE = speech.silence(2_200)
PACE = 8.0


@asynccontextmanager
async def failing(*faults: str) -> AsyncIterator[Listener]:
    """A proxy before a simulator that fails so; its connections are counted from 1."""
    settings = Settings(
        speed=1_000, first_audio_delay_ms=20, faults=tuple(parse_fault(each) for each in faults)
    )
    async with trio.open_nursery() as nursery:
        url = await open_simulator(nursery, settings)
        async with serving(
            RTPROXY_UPSTREAM__SIM__KIND="compatible",
            RTPROXY_UPSTREAM__SIM__URL=url,
            RTPROXY_LIMITS__DIAL_BACKOFF_S="0.1",
            RTPROXY_ROOMS__LINGER_S="0",
        ) as (process, listener):
            yield listener
            with trio.fail_after(10):
                await process.live.wait_empty()
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize(
    ("fault", "lost"),
    [
        pytest.param("drop@input_audio_buffer.speech_started:1#1", "transcriber", id="mid-item"),
        pytest.param(
            "drop@conversation.item.input_audio_transcription.delta:2#1",
            "transcriber",
            id="mid-transcript",
        ),
        pytest.param("expire@input_audio_buffer.committed:1#1", "transcriber", id="cap"),
        pytest.param("drop@response.output_text.delta:2#2", "interpreter de", id="mid-translation"),
        pytest.param("refuse=503#2", "interpreter de", id="refused-at-first"),
        pytest.param("close=1011@session.updated+400#2", "interpreter de", id="closed-mid-item"),
    ],
)
async def test_a_line_that_is_lost_is_dialled_anew_and_nothing_is_lost(
    fault: str, lost: str
) -> None:
    with capture_logs() as log:
        async with failing(fault) as listener, trio.open_nursery() as nursery:
            anna = await speaker(nursery, listener.port, "hall", "en")
            await trio.sleep(0.2)  # the transcriber is the first that is dialled
            german = await join(nursery, listener.port, "hall", language="de")
            for _ in range(2):
                await anna.say(WORDS + PAUSE, pace=PACE)
            await german.has(2, "translation_done")
            await anna.has(2, "transcript_done")
            await anna.peer.send({"type": "end"})
            await german.has(1, "ended")
            nursery.cancel_scope.cancel()
    assert [item for item, _ in german.finals] == [item for item, _ in anna.finals]
    assert len(german.finals) == 2
    assert all(text for _, text in (*german.finals, *anna.finals))
    assert [line["line"] for line in log if line["event"] == "line_lost"] == [lost]
    assert not [error for error in german.all("error") if error["fatal"]]
    assert not [line for line in log if line["log_level"] == "error"]


async def agree(ws: WebSocketConnection) -> None:
    """Accept whatever session is asked for."""
    await tell(ws, {"type": "session.created", "session": SESSION})
    await ws.get_message()
    await tell(ws, {"type": "session.updated", "session": SESSION})


async def test_an_upstream_that_does_not_read_is_given_up_and_dialled_anew() -> None:
    heard = 0

    async def deaf(ws: WebSocketConnection) -> None:
        await agree(ws)
        await trio.sleep_forever()  # its queue fills, then nobody reads the socket

    async def reading(ws: WebSocketConnection) -> None:
        nonlocal heard
        await agree(ws)
        while True:
            heard += '"input_audio_buffer.append"' in await ws.get_message()

    async with trio.open_nursery() as nursery:
        stub = await StubUpstream(deaf, reading).serve(nursery)
        async with serving(
            RTPROXY_UPSTREAM__STUB__KIND="compatible",
            RTPROXY_UPSTREAM__STUB__URL=stub.url,
            RTPROXY_LIMITS__DIAL_BACKOFF_S="0.1",
            RTPROXY_LIMITS__SEND_S="0.5",
            RTPROXY_LIMITS__RING_MS="240000",
        ) as (_, listener):
            anna = await speaker(nursery, listener.port, "hall", "en")
            with capture_logs() as log, trio.fail_after(30):
                await anna.say(speech.silence(110_000), pace=10_000)
                while not heard:
                    await anna.say(speech.silence(100))
            happened = [line["event"] for line in log]
            assert happened.count("line_lost") == 1
            assert happened[-1] == "line_opened"
            assert not [error for error in anna.all("error") if error["fatal"]]
            assert stub.dials == 2
        nursery.cancel_scope.cancel()


async def test_a_key_that_the_upstream_refuses_is_told_without_the_key() -> None:
    canary = "sk-canary-7f3a09"

    async def part(ws: WebSocketConnection) -> None:
        wrong = {"type": "invalid_request_error", "code": "invalid_api_key"}
        await tell(ws, {"type": "error", "error": {**wrong, "message": f"Bad key: {canary}"}})
        await ws.aclose(3000, f"bad {canary}")

    async with trio.open_nursery() as nursery:
        stub = await StubUpstream(part).serve(nursery)
        async with serving(
            RTPROXY_UPSTREAM__STUB__KIND="compatible",
            RTPROXY_UPSTREAM__STUB__URL=stub.url,
            RTPROXY_UPSTREAM__STUB__API_KEY=canary,
        ) as (process, listener):
            with capture_logs() as log:
                anna = await speaker(nursery, listener.port, "hall", "en")
                (told,) = await anna.has(1, "error")
                assert await anna.ended() == 4502
                with trio.fail_after(10):
                    await process.live.wait_empty()
        nursery.cancel_scope.cancel()
    assert (told["fatal"], stub.dials) == (True, 1)
    assert "Bad key: [key]" in told["message"]
    assert canary not in str(anna.told) + str(anna.ending) + str(log)
