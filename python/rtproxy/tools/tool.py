"""A tool: an async function with what a model has to know to call it.

Owns the decorator and the value that it makes. Must not know which tools there are, nor
what a call leads to.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, overload

from rtproxy.model.event import Json
from rtproxy.tools.arguments import Arguments, arguments_of
from rtproxy.tools.context import ToolContext
from rtproxy.tools.docstring import read_docstring
from rtproxy.tools.errors import UnusableTool

Call = Callable[..., Awaitable[object]]

# What the upstream takes as the name of a function.
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
LONGEST_DEADLINE_S = 86_400.0
LONGEST_DESCRIPTION = 16_384


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool; called, it is the function that it was made of.

    Attributes:
        name: what the model calls it by, as many as 64 of a–z, A–Z, 0–9, `_` and `-`.
        description: what it does, in words for the model.
        arguments: what it takes.
        call: the function.
        deadline_s: how long a call may take; None: as configured for all.
        origin: where it is written, in words.
    """

    name: str
    description: str
    arguments: Arguments
    call: Call
    deadline_s: float | None = None
    origin: str = ""

    @property
    def parameters(self) -> Json:
        """The JSON schema of its arguments."""
        return self.arguments.schema

    @property
    def declared(self) -> Json:
        """The tool as a session declares it to the upstream (GA)."""
        told = {"description": self.description} if self.description else {}
        return {"type": "function", "name": self.name, **told, "parameters": self.parameters}

    def __call__(self, *args: Any, **kwargs: Any) -> Awaitable[object]:
        """Call the function itself, as if it had never been marked."""
        return self.call(*args, **kwargs)

    async def run(self, arguments: str, context: ToolContext) -> object:
        """Call it as the model asked, with arguments as JSON; WrongArguments where it cannot."""
        named = self.arguments.read(arguments)
        if self.arguments.context is not None:
            named[self.arguments.context] = context
        return await self.call(**named)


@overload
def tool(function: Call, /) -> Tool: ...


@overload
def tool(
    *, name: str | None = None, description: str | None = None, deadline_s: float | None = None
) -> Callable[[Call], Tool]: ...


def tool(
    function: Call | None = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    deadline_s: float | None = None,
) -> Tool | Callable[[Call], Tool]:
    """Make a tool of an async function: `@tool`, or `@tool(deadline_s=5)`.

    Its parameters are the tool's, with the types that they are annotated with; its
    docstring tells the model what it does and, under `Args:`, what each parameter is. A
    parameter annotated `ToolContext` is filled in by the proxy.

    Args:
        function: async; it returns whatever JSON can say.
        name: what the model calls it by, instead of the function's name.
        description: what it does, instead of the docstring.
        deadline_s: how long a call may take, instead of `[tools] deadline_s`.

    Raises:
        UnusableTool: the function cannot be called by a model; says where and why.
    """
    if function is not None:
        return _made(function, name, description, deadline_s)
    return lambda function: _made(function, name, description, deadline_s)


def _made(
    function: Call, name: str | None, description: str | None, deadline_s: float | None
) -> Tool:
    if isinstance(function, Tool):
        raise UnusableTool(
            f"{function.origin}: {function.name}: it is a tool already; mark it once"
        )
    called = getattr(function, "__name__", repr(function))
    origin = where(function)
    try:
        told = description or read_docstring(function.__doc__).description
        _check(function, name or called, deadline_s)
        _check_description(told)
        arguments = arguments_of(function)
    except UnusableTool as error:
        raise UnusableTool(f"{origin}: {called}: {error}") from error
    return Tool(name or called, told, arguments, function, deadline_s, origin)


def _check(function: object, name: object, deadline_s: object) -> None:
    if not inspect.iscoroutinefunction(function):
        raise UnusableTool(
            "it is no async function; write async def, and call what blocks by"
            " context.in_thread (context: rtproxy.ToolContext)"
        )
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise UnusableTool(
            f'its name is {name!r}; it must be 1 to 64 of a–z, A–Z, 0–9, _ and -: @tool(name="…")'
        )
    number = isinstance(deadline_s, int | float) and not isinstance(deadline_s, bool)
    if deadline_s is not None and not (number and 0 < deadline_s <= LONGEST_DEADLINE_S):  # type: ignore[operator] # a number, as was just seen
        raise UnusableTool(
            f"deadline_s is {deadline_s!r}; it must be a number of seconds above 0, up to"
            f" {LONGEST_DEADLINE_S:.0f}"
        )


def _check_description(told: object) -> None:
    if not isinstance(told, str):
        raise UnusableTool(f"its description is {told!r}; it must be text")
    if len(told) > LONGEST_DESCRIPTION:
        raise UnusableTool(
            f"its description has {len(told)} characters, and the model reads it in every"
            f" session; it may have {LONGEST_DESCRIPTION}"
        )


def where(function: object) -> str:
    """File and line of a function, as far as they are known."""
    code = getattr(inspect.unwrap(function), "__code__", None) if callable(function) else None
    return "a tool" if code is None else f"{code.co_filename}:{code.co_firstlineno}"
