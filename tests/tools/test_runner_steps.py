"""How long one call of a tool has the loop to itself, whatever it returns or raises.

In time of the processor: it does not count what else the machine does.
"""

from __future__ import annotations

import dataclasses
import io
import time
from typing import Any

import msgspec
import pytest
import structlog
import trio

from rtproxy.model import events as ev
from rtproxy.observability.log import configure_logging
from rtproxy.session.commands import RunTool
from rtproxy.tools.context import ToolContext
from rtproxy.tools.errors import ToolError
from rtproxy.tools.runner import Runner, Terms
from rtproxy.tools.tool import tool
from rtproxy.tools.toolbox import Toolbox

LONGEST_STEP_S = 0.005
TRIES = 3  # a collection of garbage may fall into one

MUCH = "x" * 10_000_000
ROWS = ["x" * 100] * 100_000
MANY_ROWS = [{"number": number, "words": ["a", "b"]} for number in range(60_000)]


@dataclasses.dataclass
class Found:
    rows: Any


class Line(msgspec.Struct):
    rows: Any


def chained(levels: int = 100) -> None:
    try:
        chained(levels - 1) if levels else "five".index("six")
    except ValueError as error:
        raise ValueError(levels) from error


def deep() -> int:
    return deep() + 1


async def chain() -> None:
    chained()


async def recur() -> None:
    deep()


RETURNED = [MUCH, {"rows": ROWS}, MANY_ROWS, Found(ROWS), Line(MUCH), [Found(MANY_ROWS)], object()]
RAISED = [
    RuntimeError("no connection"),
    RuntimeError(MUCH),
    KeyError(tuple(ROWS)),
    ToolError(MUCH),
    ExceptionGroup("all", [RuntimeError(MUCH)] * 10_000),
]


def returning(value: object) -> Any:
    async def return_it() -> object:
        return value

    return return_it


def raising(error: BaseException) -> Any:
    async def raise_it() -> None:
        raise error

    return raise_it


async def longest_step_s(function: Any, arguments: str) -> float:
    """Of one call, with all that is written down of it; another task has its turns meanwhile."""
    runner = Runner(Toolbox({function.__name__: tool(function)}), Terms())
    call = RunTool("call_1", function.__name__, arguments)
    posted: list[ev.Event] = []
    steps: list[float] = []

    async def take_turns(task_status: trio.TaskStatus[None]) -> None:
        task_status.started()
        began = time.thread_time()
        while True:
            await trio.lowlevel.cancel_shielded_checkpoint()
            now = time.thread_time()
            steps.append(now - began)
            began = now
            await trio.lowlevel.checkpoint_if_cancelled()

    async with trio.open_nursery() as nursery:
        await nursery.start(take_turns)
        await runner.run(call, ToolContext(), posted.append, structlog.get_logger())
        nursery.cancel_scope.cancel()
    (ran,) = posted
    assert isinstance(ran, ev.ToolRan)
    assert ran.failure is not None
    return max(steps)


async def check(function: Any, arguments: str = "{}") -> None:
    configure_logging("info", "json", stream=io.StringIO())
    seen = [await longest_step_s(function, arguments) for _ in range(TRIES)]
    assert min(seen) < LONGEST_STEP_S, [f"{each * 1000:.1f} ms" for each in seen]


@pytest.mark.parametrize("value", RETURNED, ids=lambda value: type(value).__name__)
async def test_what_cannot_be_an_output_is_refused_at_once(value: object) -> None:
    await check(returning(value))


@pytest.mark.parametrize("error", RAISED, ids=lambda error: type(error).__name__)
async def test_what_is_raised_is_written_down_at_once(error: BaseException) -> None:
    await check(raising(error))


@pytest.mark.parametrize("function", [chain, recur])
async def test_how_it_came_to_that_is_written_down_at_once(function: Any) -> None:
    await check(function)


async def test_arguments_without_end_are_refused_at_once() -> None:
    async def add(numbers: list[int]) -> None:
        raise AssertionError(len(numbers))

    await check(add, '{"numbers":[' + "1," * 2_000_000 + "1]}")
