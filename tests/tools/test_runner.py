"""One call of a tool, whatever it does: one end, told once, and nothing of it left running."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import structlog
import trio
from structlog.testing import capture_logs

from rtproxy.model import events as ev
from rtproxy.session.commands import RunTool
from rtproxy.tools.context import LONGEST_PROGRESS, ToolContext
from rtproxy.tools.errors import ToolError
from rtproxy.tools.runner import FREE_PROGRESS, PROGRESS_EVERY_S, Runner, Terms
from rtproxy.tools.tool import Tool, tool
from rtproxy.tools.toolbox import Toolbox

SECRET = "sk-live-abcdefgh12345678"
TERMS = Terms(deadline_s=10.0, output_bytes=1_024)


@dataclass
class Stage:
    """A runner of one tool, and what it posts."""

    tool: Tool
    posted: list[ev.Event] = field(default_factory=list)
    log: list[Any] = field(default_factory=list)
    ended: trio.Event = field(default_factory=trio.Event)

    def post(self, event: ev.Event) -> None:
        self.posted.append(event)
        if isinstance(event, ev.ToolRan):
            self.ended.set()

    async def call(self, arguments: str = "{}", **known: Any) -> ev.ToolRan:
        """Run it to its end."""
        runner = Runner(Toolbox({self.tool.name: self.tool}), TERMS)
        call = RunTool("call_1", self.tool.name, arguments)
        context = ToolContext(session_id="sess_1", **known)
        with capture_logs() as self.log:
            await runner.run(call, context, self.post, structlog.get_logger())
        return self.ran

    @property
    def ran(self) -> ev.ToolRan:
        """The first end that was told: that one counts."""
        found = next(event for event in self.posted if isinstance(event, ev.ToolRan))
        assert found.call_id == "call_1"
        return found

    @property
    def told(self) -> str:
        """All that the model or the client may read of it."""
        return repr([event for event in self.posted if not isinstance(event, ev.ToolProgressed)])


def code_of(ran: ev.ToolRan) -> str:
    error = json.loads(ran.output)["error"]
    assert error["message"] == ran.failure
    code: str = error["code"]
    return code


async def test_what_a_tool_returns_is_its_output() -> None:
    @tool
    async def add(a: int, b: int = 2) -> dict[str, int]:
        return {"sum": a + b}

    stage = Stage(add)
    assert await stage.call('{"a": 1}') == ev.ToolRan(call_id="call_1", output='{"sum":3}')
    (line,) = stage.log
    assert (line["event"], line["tool"], line["call"]) == ("tool_done", "add", "call_1")


async def stops_badly() -> str:
    """A task of the tool's own fails while it is stopped, as the tool itself is."""

    async def beside() -> None:
        try:
            await trio.sleep_forever()
        finally:
            raise ValueError(SECRET)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(beside)
        await trio.sleep_forever()
    return ""


async def test_a_tool_that_fails_while_it_is_stopped_ends_nobody_else(
    autojump_clock: trio.testing.MockClock,
) -> None:
    stage = Stage(tool(stops_badly))
    assert code_of(await stage.call()) == "deadline_exceeded"
    assert SECRET not in stage.told
    assert [line["event"] for line in stage.log] == ["tool_failed", "tool_failed_while_stopped"]


async def test_whoever_cancels_a_call_is_not_told_what_failed_by_that() -> None:
    with trio.move_on_after(0) as scope:
        await Stage(tool(stops_badly)).call()
    assert scope.cancelled_caught


@pytest.mark.parametrize(
    "raised",
    [
        asyncio.CancelledError(),
        GeneratorExit(),
        BaseExceptionGroup(SECRET, [SystemExit(1), KeyError(SECRET)]),
    ],
    ids=lambda raised: type(raised).__name__,
)
async def test_whatever_a_tool_raises_ends_its_own_call_alone(raised: BaseException) -> None:
    @tool
    async def fail() -> str:
        raise raised

    stage = Stage(fail)
    assert code_of(await stage.call()) == "tool_failed"
    assert SECRET not in stage.told


class Wordless(ToolError):
    def __str__(self) -> str:
        raise KeyError(SECRET)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ToolError("no file caf\udce9"), "no file caf?"),
        (Wordless(), "The tool gave no reason."),
    ],
    ids=["no text", "no words"],
)
async def test_a_reason_that_cannot_be_told_ends_nobody_else(error: ToolError, words: str) -> None:
    @tool
    async def fail() -> str:
        raise error

    ran = await Stage(fail).call()
    assert (code_of(ran), ran.failure) == ("tool_error", words)


async def test_progress_is_text_that_can_be_written() -> None:
    @tool
    async def halfway(context: ToolContext) -> str:
        await context.progress("reading caf\udce9")
        return "done"

    stage = Stage(halfway)
    await stage.call()
    assert stage.posted[0] == ev.ToolProgressed(call_id="call_1", text="reading caf?")


async def test_a_tool_knows_where_it_runs() -> None:
    @tool
    async def where(context: ToolContext) -> list[str | None]:
        return [context.session_id, context.call_id, context.dialect, context.user_id]

    ran = await Stage(where).call(dialect="voice", user_id="anna")
    assert json.loads(ran.output) == ["sess_1", "call_1", "voice", "anna"]


async def test_progress_is_posted_before_the_end() -> None:
    @tool
    async def slow(context: ToolContext) -> str:
        await context.progress("half way")
        await context.progress("x" * 5_000)
        return "done"

    stage = Stage(slow)
    await stage.call()
    first, second, ran = stage.posted
    assert first == ev.ToolProgressed(call_id="call_1", text="half way")
    assert second == ev.ToolProgressed(call_id="call_1", text="x" * LONGEST_PROGRESS)
    assert isinstance(ran, ev.ToolRan)


def raises(error: BaseException) -> Callable[[], Any]:
    async def failing() -> None:
        await trio.lowlevel.checkpoint()
        raise error

    return failing


async def grouped() -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(raises(RuntimeError(SECRET)))


async def ten_megabytes() -> str:
    return "x" * 10_000_000


async def no_json() -> object:
    return object()


async def needs(number: int) -> int:
    return number


@pytest.mark.parametrize(
    ("function", "code"),
    [
        (raises(RuntimeError(SECRET)), "tool_failed"),
        (raises(KeyError(SECRET)), "tool_failed"),
        (raises(SystemExit(SECRET)), "tool_failed"),
        (raises(trio.TooSlowError(SECRET)), "tool_failed"),
        (grouped, "tool_failed"),
        (raises(ToolError("There is no order 5.")), "tool_error"),
        (raises(ToolError()), "tool_error"),
        (ten_megabytes, "output_too_large"),
        (no_json, "output_not_json"),
        (needs, "invalid_arguments"),
    ],
)
async def test_whatever_goes_wrong_is_an_output_and_a_line_in_the_log(
    function: Callable[..., Any], code: str
) -> None:
    stage = Stage(tool(function))
    assert code_of(await stage.call()) == code
    assert SECRET not in stage.told
    assert "Traceback" not in stage.told
    (line,) = stage.log
    assert (line["event"], line["log_level"], line["code"]) == ("tool_failed", "warning", code)


async def test_what_a_tool_says_by_tool_error_is_for_the_model() -> None:
    ran = await Stage(tool(raises(ToolError("There is no order 5.")))).call()
    assert ran.failure == "There is no order 5."
    ran = await Stage(tool(raises(ToolError("x" * 1_000_000)))).call()
    assert len(ran.output) < 2_000


async def test_the_log_has_the_error_that_nobody_is_told_of() -> None:
    stage = Stage(tool(raises(RuntimeError("the database is down"))))
    await stage.call()
    assert "the database is down" in repr(stage.log[0]["exc_info"])


@pytest.mark.parametrize(("own_s", "after_s"), [(None, 10.0), (2.0, 2.0)])
async def test_a_tool_that_hangs_ends_at_its_deadline(
    own_s: float | None, after_s: float, autojump_clock: object
) -> None:
    cleaned: list[str] = []

    @tool(deadline_s=own_s)
    async def hang() -> None:
        try:
            await trio.sleep_forever()
        finally:
            cleaned.append("yes")

    stage = Stage(hang)
    began_s = trio.current_time()
    assert code_of(await stage.call()) == "deadline_exceeded"
    assert trio.current_time() - began_s == pytest.approx(after_s)
    assert stage.ran.failure == f"The tool did not answer within {after_s:g} s."
    assert cleaned == ["yes"]
    assert len(stage.posted) == 1


async def test_a_tool_that_cannot_be_stopped_is_answered_for_at_its_deadline() -> None:
    """The end is told in time; the tool's own, later one counts no more."""
    free = threading.Event()

    @tool(deadline_s=0.05)
    async def stuck() -> str:
        await trio.to_thread.run_sync(free.wait)  # which does not let itself be cancelled
        return "late"

    stage = Stage(stuck)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(stage.call)
        with trio.fail_after(10):
            await stage.ended.wait()
        assert code_of(stage.ran) == "deadline_exceeded"
        free.set()
    assert code_of(stage.ran) == "deadline_exceeded"


async def test_a_tool_in_a_thread_of_ours_is_left_alone_at_its_deadline() -> None:
    free = threading.Event()

    @tool(deadline_s=0.05)
    async def stuck(context: ToolContext) -> bool:
        return await context.in_thread(free.wait)

    stage = Stage(stuck)
    try:
        with trio.fail_after(10):
            assert code_of(await stage.call()) == "deadline_exceeded"
    finally:
        free.set()


async def test_a_cancelled_session_leaves_no_tool_behind(autojump_clock: object) -> None:
    ended: list[str] = []

    @tool
    async def hang() -> None:
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(trio.sleep_forever)
        finally:
            ended.append("yes")

    stage = Stage(hang)
    async with trio.open_nursery() as session:
        session.start_soon(stage.call)
        await trio.testing.wait_all_tasks_blocked()
        session.cancel_scope.cancel()
    assert ended == ["yes"]
    assert stage.posted == []


async def test_a_tool_that_holds_the_loop_is_named_in_the_log() -> None:
    @tool
    async def greedy() -> str:
        time.sleep(0.08)  # noqa: ASYNC251 - that is the point
        return "done"

    stage = Stage(greedy)
    assert (await stage.call()).output == "done"
    held, done = stage.log
    assert (held["event"], held["tool"], held["log_level"]) == (
        "tool_held_the_loop",
        "greedy",
        "warning",
    )
    assert held["held_ms"] >= 80
    assert done["event"] == "tool_done"


async def test_threads_of_tools_have_a_bound() -> None:
    running = 0
    most = 0
    lock = threading.Lock()

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1

    @tool
    async def busy(context: ToolContext) -> None:
        await context.in_thread(work)

    runner = Runner(Toolbox({"busy": busy}), TERMS, threads=2)
    posted: list[ev.Event] = []
    async with trio.open_nursery() as nursery:
        for number in range(8):
            call = RunTool(f"call_{number}", "busy", "{}")
            log = structlog.get_logger()
            nursery.start_soon(runner.run, call, ToolContext(), posted.append, log)
    assert len(posted) == 8
    assert most == 2


class Mute(ToolError):
    def __str__(self) -> str:
        raise ValueError(SECRET)


@pytest.mark.parametrize(
    ("error", "words"),
    [(Mute("x"), "The tool gave no reason."), (ToolError("half \ud800"), "half ?")],
)
async def test_whatever_a_tool_says_of_its_failure_can_be_told(error: Any, words: str) -> None:
    ran = await Stage(tool(raises(error))).call()
    assert (code_of(ran), ran.failure) == ("tool_error", words)


async def test_a_tool_that_raises_what_is_not_its_to_raise_has_failed() -> None:
    ran = await Stage(tool(raises(KeyboardInterrupt()))).call()
    assert code_of(ran) == "tool_failed"


async def test_of_progress_without_end_some_is_told(autojump_clock: trio.abc.Clock) -> None:
    @tool
    async def count(context: ToolContext) -> str:
        for number in range(1_000):
            await context.progress(f"row {number} \ud800")
        await trio.sleep(PROGRESS_EVERY_S)
        await context.progress("all rows")
        return "done"

    stage = Stage(count)
    await stage.call()
    *told, ran = stage.posted
    assert isinstance(ran, ev.ToolRan)
    texts = [each.text for each in told if isinstance(each, ev.ToolProgressed)]
    assert len(texts) == FREE_PROGRESS + 1
    assert (texts[0], texts[-1]) == ("row 0 ?", "all rows")
