"""What operators and load balancers ask."""

from __future__ import annotations

import trio

from rtproxy.api.application import create_application
from rtproxy.runtime.process import Process, ProcessPhase


def process() -> Process:
    return Process("simulator", lambda: 12.5, 10.0, phase=ProcessPhase.SERVING)


async def ask(process: Process, path: str) -> tuple[int, dict[str, object]]:
    response = await create_application(process).test_client().get(path)
    return response.status_code, await response.get_json()


async def test_health_says_what_runs() -> None:
    status, body = await ask(process(), "/health")
    version = body.pop("version")
    assert (status, bool(version)) == (200, True)
    assert body == {"status": "ok", "uptime_s": 2.5, "upstream": "simulator", "sessions": 0}


async def test_health_is_still_200_with_the_upstream_away() -> None:
    degraded = process()
    degraded.upstream_answered = False
    status, body = await ask(degraded, "/health")
    assert (status, body["status"]) == (200, "degraded")


async def test_metrics_tell_of_the_reactor_where_there_is_one() -> None:
    state = process()
    state.live.created = 3
    status, body = await ask(state, "/api/realtime/metrics")
    assert (status, body) == (200, {"active_sessions": 0, "sessions_created": 3, "reactor": None})
    client = create_application(state, lambda: {"turns": 7}).test_client()
    told = await (await client.get("/api/realtime/metrics")).get_json()
    assert told["reactor"] == {"turns": 7}


async def test_ready_only_while_serving() -> None:
    state = process()
    for phase in ProcessPhase:
        state.phase = phase
        status, body = await ask(state, "/readyz")
        if phase is ProcessPhase.SERVING:
            assert (status, body) == (200, {"status": "ok"})
        else:
            assert (status, body) == (503, {"status": phase.value})
        assert (await ask(state, "/livez")) == (200, {"status": "ok"})
    await trio.lowlevel.checkpoint()
