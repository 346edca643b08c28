"""One upstream session of a room: what it is asked, what it tells, how it ends."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import structlog
import trio
import trio.testing
from tests.e2e.proxy_process import free_port
from tests.e2e.stub_upstream import SESSION, Part, StubUpstream, silent, tell
from trio_websocket import ConnectionClosed, WebSocketConnection

from rtproxy.legs.driver import start_driver
from rtproxy.legs.leg import Leg, LegsOptions
from rtproxy.model import events as ev
from rtproxy.model.room import TranslationDelta
from rtproxy.resilience.backoff import Backoff
from rtproxy.rooms.events import Heard, LineLost, LineReady
from rtproxy.rooms.line import Line, LineKind
from rtproxy.runtime.dialing import Dialler
from rtproxy.runtime.process import Process
from rtproxy.runtime.room_line import LineTask, LineTerms
from rtproxy.upstreams.upstream import Upstream

CANARY = "sk-canary-1234567"
TRANSCRIBER = Line(LineKind.TRANSCRIBER)
INTERPRETER = Line(LineKind.INTERPRETER, "de")
TRANSLATOR = Line(LineKind.TRANSLATOR, "de")
ASKED = {"type": "transcription", "audio": {"input": {"turn_detection": {"type": "semantic_vad"}}}}


@dataclass
class Trial:
    """A line, and what it has told."""

    task: LineTask
    process: Process
    told: list[LineReady | Heard | LineLost] = field(default_factory=list)
    watched: list[Leg] = field(default_factory=list)
    changed: trio.Event = field(default_factory=trio.Event)

    def hear(self, event: LineReady | Heard | LineLost) -> None:
        self.told.append(event)
        self.changed.set()
        self.changed = trio.Event()

    async def until(self, kind: type) -> Any:
        with trio.fail_after(10):
            while not self.told or not isinstance(self.told[-1], kind):
                await self.changed.wait()
        return self.told[-1]


@asynccontextmanager
async def trying(
    line: Line, part: Part, *, first_event_s: float = 5.0, url: str | None = None
) -> AsyncIterator[Trial]:
    """The line, with that upstream (or the one at `url`), while the block runs."""
    async with trio.open_nursery() as nursery:
        stub = await StubUpstream(part).serve(nursery)
        process = Process("stub", trio.current_time, trio.current_time())
        upstream = Upstream("stub", url or stub.url, "gpt-realtime", secrets=(CANARY,))
        terms = LineTerms(
            dialler=Dialler([upstream], 5.0, Backoff(0.01, retries=1)),
            open_legs=(await start_driver(nursery, "auto")).open_legs,
            options=LegsOptions(lead_ms=None),
            message_bytes=1_000_000,
            first_event_s=first_event_s,
            translation_model="gpt-realtime-translate",
            process=process,
            interpreter_model="gpt-realtime-mini",
        )
        trial = Trial(None, process)  # type: ignore[arg-type] # made with the trial's own ears
        trial.task = LineTask(
            line,
            ASKED,
            terms,
            watch=trial.watched.append,
            tell=trial.hear,
            log=structlog.get_logger(),
        )
        nursery.start_soon(trial.task.run)
        yield trial
        nursery.cancel_scope.cancel()


async def agree(ws: WebSocketConnection) -> dict[str, Any]:
    """Accept a session; what was asked for."""
    await tell(ws, {"type": "session.created", "session": SESSION})
    asked: dict[str, Any] = json.loads(await ws.get_message())
    await tell(ws, {"type": "session.updated", "session": SESSION})
    return asked


@pytest.mark.parametrize(
    ("line", "path"),
    [
        (TRANSCRIBER, "/v1/realtime?intent=transcription"),
        (INTERPRETER, "/v1/realtime?model=gpt-realtime-mini"),
        (TRANSLATOR, "/v1/realtime/translations?model=gpt-realtime-translate"),
    ],
    ids=str,
)
async def test_a_line_asks_for_its_session_and_is_ready(line: Line, path: str) -> None:
    said: list[Any] = []

    async def part(ws: WebSocketConnection) -> None:
        said.append(ws.path)
        said.append(await agree(ws))
        await tell(ws, {"type": "input_audio_buffer.committed", "item_id": "i1"})
        try:
            while True:
                said.append(json.loads(await ws.get_message()))
        except ConnectionClosed as closed:
            said.append(closed.reason.code)

    async with trying(line, part) as trial:
        heard = await trial.until(Heard)
        assert trial.told == [LineReady(line), heard]
        assert heard.event.item_id == "i1"
        assert len(trial.watched) == 1
        trial.task.tell(ev.InputCommit(event_id="c1"))
        trial.task.send(trial.task.appends.encode(7, b"AAAA"))
        trial.task.close()
        with trio.fail_after(5):
            while len(said) < 5:  # noqa: ASYNC110 - the stub's own task tells nobody
                await trio.sleep(0.01)
        assert trial.told[2:] == []
    prefix = "session." if line is TRANSLATOR else ""
    assert said == [
        path,
        {"type": "session.update", "event_id": "session", "session": ASKED},
        {"type": "input_audio_buffer.commit", "event_id": "c1"},
        {"type": f"{prefix}input_audio_buffer.append", "event_id": "audio_7", "audio": "AAAA"},
        1000,
    ]


async def test_a_translation_is_heard_as_such() -> None:
    async def part(ws: WebSocketConnection) -> None:
        await agree(ws)
        delta = {"type": "session.output_transcript.delta", "delta": "Hallo", "elapsed_ms": 400}
        await tell(ws, delta)
        await ws.get_message()

    async with trying(TRANSLATOR, part) as trial:
        heard = await trial.until(Heard)
        assert heard.event == TranslationDelta(event_id="event_stub", delta="Hallo", elapsed_ms=400)


def error(kind: str, code: str, message: str = "no") -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "code": code, "message": message}}


@pytest.mark.parametrize(
    ("failure", "final"),
    [
        (error("invalid_request_error", "invalid_api_key"), True),
        (error("invalid_request_error", "unknown_parameter"), True),
        (error("server_error", "overloaded"), False),
    ],
)
async def test_a_session_that_is_refused_is_lost(failure: dict[str, Any], final: bool) -> None:
    async def part(ws: WebSocketConnection) -> None:
        await tell(ws, {"type": "session.created", "session": SESSION})
        await ws.get_message()
        failure["error"]["message"] = f"not with {CANARY}"
        await tell(ws, failure)
        await ws.get_message()

    async with trying(TRANSCRIBER, part) as trial:
        lost = await trial.until(LineLost)
    assert trial.told == [lost]
    assert (lost.line, lost.reason, lost.final) == (TRANSCRIBER, "not with [key]", final)
    assert 0 <= lost.die < 1


@pytest.mark.parametrize(("code", "final"), [(1001, False), (1006, False), (3000, True)])
async def test_a_line_whose_upstream_goes_is_lost(code: int, final: bool) -> None:
    async def part(ws: WebSocketConnection) -> None:
        await agree(ws)
        if code == 1006:
            await trio.aclose_forcefully(ws._stream)
        else:
            await ws.aclose(code, "gone")

    async with trying(INTERPRETER, part) as trial:
        lost = await trial.until(LineLost)
    assert trial.told == [LineReady(INTERPRETER), lost]
    assert trial.process.upstream_answered
    assert lost.final is final


async def test_an_upstream_that_accepts_and_says_nothing_is_given_up() -> None:
    async def part(ws: WebSocketConnection) -> None:
        await ws.get_message()

    async with trying(TRANSCRIBER, part, first_event_s=0.1) as trial:
        lost = await trial.until(LineLost)
    assert "said nothing for 0.1 s" in lost.reason
    assert not lost.final


async def test_an_upstream_that_cannot_be_reached_is_told_once() -> None:
    nobody = f"ws://127.0.0.1:{free_port()}/v1/realtime"
    async with trying(TRANSCRIBER, silent, url=nobody) as trial:
        lost = await trial.until(LineLost)
    assert trial.told == [lost]
    assert not lost.final
    assert not trial.process.upstream_answered


async def test_a_line_that_is_closed_before_it_is_ready_tells_nothing() -> None:
    reached = trio.Event()

    async def part(ws: WebSocketConnection) -> None:
        reached.set()
        await silent(ws)

    async with trying(TRANSCRIBER, part) as trial:
        with trio.fail_after(5):
            await reached.wait()
        trial.task.close()
        await trio.testing.wait_all_tasks_blocked(0.05)
    assert trial.told == []
