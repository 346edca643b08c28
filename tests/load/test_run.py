"""A run against real sockets: the simulator's echo, and peers that misbehave."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import trio
from trio_websocket import ConnectionClosed, WebSocketRequest, serve_websocket

from rtproxy.load.frontends import OPENAI, VOICE, Frontend
from rtproxy.load.measure import Measurement
from rtproxy.load.plan import Mode, Plan
from rtproxy.load.run import Run
from rtproxy.simulator.server import open_simulator
from rtproxy.simulator.settings import Settings, VoiceName

Serve = Callable[[WebSocketRequest], Awaitable[None]]
ECHO = Settings(voice=VoiceName.ECHO, echo_transcript_hz=20.0)
READY = '{"type":"session_ready"}'


def plan(frontend: Frontend = VOICE, sessions: int = 3, ramp_s: float = 0.1) -> Plan:
    return Plan(sessions, 1.0, ramp_s, Mode.ECHO, frontend)


@asynccontextmanager
async def echo() -> AsyncIterator[str]:
    async with trio.open_nursery() as nursery:
        url = await open_simulator(nursery, ECHO)
        yield url.removesuffix("/v1/realtime")
        nursery.cancel_scope.cancel()


async def against(serve: Serve, sessions: int = 1) -> Run:
    """A whole run against such a peer."""
    async with trio.open_nursery() as nursery:
        bind = await nursery.start(serve_websocket, serve, "127.0.0.1", 0, None)
        run = Run(plan(sessions=sessions), f"ws://127.0.0.1:{bind.port}", tail_s=0.1)
        await run.run()
        nursery.cancel_scope.cancel()
    return run


async def test_an_echo_is_measured_in_both_directions() -> None:
    async with echo() as url:
        measurement = Measurement(plan(OPENAI), url, {})
        with trio.fail_after(10):
            report = await measurement.measure("0")
    assert report.passed, report
    assert (report.sessions.ready, report.sessions.up, report.sessions.failed) == (3, 3, 0)
    assert report.chunks.said == report.chunks.back
    assert 60 <= report.chunks.said <= 120  # 3 sessions, 25 a second, a second and the ramp
    assert report.words.back > 0
    latency = report.latency
    assert latency.to_upstream is not None
    assert latency.to_client is not None
    assert latency.round_trip is not None
    assert 0 < latency.to_upstream.count <= report.chunks.back
    assert latency.round_trip.p50_ms is not None
    assert latency.round_trip.p50_ms < 100


async def test_a_run_that_is_stopped_still_reports() -> None:
    async with echo() as url:
        measurement = Measurement(plan(OPENAI, ramp_s=0.0), url, {})
        async with trio.open_nursery() as nursery:

            @nursery.start_soon
            async def stop() -> None:
                await trio.sleep(0.5)
                measurement.run.stop()

            with trio.fail_after(5):
                report = await measurement.measure("0")
    assert report.interrupted
    assert 0.2 < report.seconds < 0.9
    assert report.chunks.said == report.chunks.back > 0


async def test_nobody_there_is_a_refusal() -> None:
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listeners[0].socket.getsockname()[1]
    await listeners[0].aclose()
    run = Run(plan(), f"ws://127.0.0.1:{port}")
    await run.run()
    assert run.tally.errors == {"refused": 3}
    assert "refused" in run.tally.examples["refused"].lower()
    assert (run.tally.failed, run.tally.ready) == (3, 0)


async def test_a_refused_handshake_is_told_with_its_status() -> None:
    async def refuse(request: WebSocketRequest) -> None:
        await request.reject(503)

    run = await against(refuse, sessions=2)
    assert run.tally.errors == {"refused 503": 2}


async def test_a_session_that_is_closed_is_told_with_its_code() -> None:
    async def hang_up(request: WebSocketRequest) -> None:
        socket = await request.accept()
        await socket.send_message(READY)
        await socket.get_message()
        await socket.aclose(1013, "try later")

    run = await against(hang_up)
    assert run.tally.errors == {"closed 1013": 1}
    assert run.tally.examples == {"closed 1013": "try later"}
    assert (run.tally.ready, run.tally.failed, run.tally.up) == (1, 1, 0)
    assert run.tally.cut_off > 0
    assert run.tally.lost == 0


async def test_silence_is_loss() -> None:
    async def swallow(request: WebSocketRequest) -> None:
        socket = await request.accept()
        await socket.send_message(READY)
        await _read(socket.get_message)

    run = await against(swallow)
    assert run.tally.said == run.tally.lost > 0
    assert not run.tally.errors


async def test_a_session_that_never_gets_ready_is_a_timeout(monkeypatch) -> None:
    async def wait(request: WebSocketRequest) -> None:
        await _read((await request.accept()).get_message)

    monkeypatch.setattr("rtproxy.load.run.READY_S", 0.3)
    run = await against(wait)
    assert run.tally.errors == {"timeout": 1}
    assert run.tally.failed == 1


async def test_nonsense_breaks_the_session() -> None:
    async def babble(request: WebSocketRequest) -> None:
        socket = await request.accept()
        await socket.send_message(READY)
        await socket.send_message('{"type":"audio_chunk","audio":"AAAA"}')
        await _read(socket.get_message)

    run = await against(babble)
    assert run.tally.errors == {"protocol": 1}
    assert run.tally.failed == 1


async def _read(get_message: Callable[[], Awaitable[object]]) -> None:
    try:
        while True:
            await get_message()
    except ConnectionClosed:
        pass
