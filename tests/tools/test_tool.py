"""The mark that makes a tool of a function, and what it refuses."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
import trio

import rtproxy
from rtproxy.tools.errors import UnusableTool, WrongArguments
from rtproxy.tools.tool import Tool


@rtproxy.tool
async def order_status(number: int, context: rtproxy.ToolContext) -> dict[str, Any]:
    """Tell how far an order is.

    Args:
        number: of the order.
    """
    await context.progress("Asking.")
    return {"number": number, "session": context.session_id}


def test_a_tool_is_declared_as_the_upstream_takes_it() -> None:
    assert order_status.declared == {
        "type": "function",
        "name": "order_status",
        "description": "Tell how far an order is.",
        "parameters": {
            "type": "object",
            "properties": {"number": {"type": "integer", "description": "of the order."}},
            "required": ["number"],
            "additionalProperties": False,
        },
    }
    assert order_status.origin == f"{__file__}:{order_status.call.__code__.co_firstlineno}"  # type: ignore[attr-defined] # it is a function


async def test_it_is_called_as_a_model_calls_it_or_as_the_function_that_it_is() -> None:
    context = rtproxy.ToolContext(session_id="s")
    assert await order_status.run('{"number": 5}', context) == {"number": 5, "session": "s"}
    assert await order_status(6, context=context) == {"number": 6, "session": "s"}
    with pytest.raises(WrongArguments):
        await order_status.run('{"number": 5, "context": {}}', context)


def test_what_is_said_with_the_mark_goes_over_the_function() -> None:
    @rtproxy.tool(name="other", description="Something else.", deadline_s=0.5)
    async def one() -> None:
        """Do it."""

    assert (one.name, one.description, one.deadline_s) == ("other", "Something else.", 0.5)


def test_a_tool_may_say_nothing_of_itself() -> None:
    @rtproxy.tool
    async def bare() -> None: ...

    assert "description" not in bare.declared


def plain() -> None: ...


async def good() -> None: ...


async def wrong(a: object) -> None: ...


async def maybe(a: rtproxy.ToolContext | None = None) -> None: ...


async def two(a: rtproxy.ToolContext, b: rtproxy.ToolContext) -> None: ...


@dataclasses.dataclass
class Watcher:
    tell: Callable[[str], None]


async def callback(a: Watcher) -> None: ...


async def unfinished(a: "int |") -> None: ...  # type: ignore[syntax] # noqa: F722 - as it may be written


@pytest.mark.parametrize(
    ("function", "options", "words"),
    [
        (plain, {}, "plain: it is no async function; write async def"),
        (good, {"name": "two words"}, "good: its name is 'two words'; it must be 1 to 64"),
        (good, {"name": "x" * 65}, "1 to 64"),
        (good, {"deadline_s": 0}, "deadline_s is 0; it must be a number of seconds"),
        (good, {"deadline_s": True}, "deadline_s is True"),
        (good, {"deadline_s": "5"}, "deadline_s is '5'"),
        (good, {"name": 5}, "its name is 5"),
        (good, {"description": 5}, "its description is 5; it must be text"),
        (good, {"description": "word " * 4_000}, "20000 characters"),
        (wrong, {}, "wrong: a is annotated object"),
        (maybe, {}, "a is one ToolContext too many, or not that alone"),
        (two, {}, "b is one ToolContext too many"),
        (callback, {}, "callback: a is annotated Watcher"),
        (unfinished, {}, "unfinished: an annotation cannot be read"),
        (order_status, {}, "it is a tool already"),
    ],
)
def test_what_cannot_be_a_tool_is_refused_where_it_stands(
    function: Any, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(UnusableTool) as caught:
        rtproxy.tool(**options)(function)
    assert words in str(caught.value)
    assert "Tool(" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert isinstance(function, Tool) or str(caught.value).startswith(f"{__file__}:")


async def test_a_context_made_by_hand_serves_to_try_a_tool_out() -> None:
    context = rtproxy.ToolContext()
    await context.progress("half way")
    assert await context.in_thread(sum, [1, 2]) == 3
    with pytest.raises(rtproxy.ToolError):
        await context.ask("Who are you?")
    assert isinstance(context, rtproxy.ToolContext)
    assert trio.lowlevel.in_trio_run()
