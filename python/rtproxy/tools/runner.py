"""Runs one call of a tool: beside the readers, within its time, to an output in any case.

Owns what can go wrong and what the model is told of it. Whatever that is, the session
goes on: wrong arguments, an exception, a deadline, an output that is none become an
output that says so. Of an exception neither model nor client reads more than that there
was one; the log has it. Must not know the conversation, nor who is told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import structlog
import trio

from rtproxy.model import events as ev
from rtproxy.session.commands import RunTool
from rtproxy.session.tool_words import error_output
from rtproxy.tools.context import LONGEST_PROGRESS, ToolContext
from rtproxy.tools.errors import ToolError, WrongArguments
from rtproxy.tools.outputs import UnusableOutput, encode_output, sayable
from rtproxy.tools.steps import Watched
from rtproxy.tools.tool import Tool
from rtproxy.tools.toolbox import Toolbox

# A tool that keeps the loop for so long delays everybody's audio.
LONGEST_STEP_S = 0.05

# A tool that counts every row that it sees is not to fill the queue of a slow client.
FREE_PROGRESS = 20
PROGRESS_EVERY_S = 0.1

Post = Callable[[ev.Event], None]
Log = structlog.typing.FilteringBoundLogger


@dataclass(frozen=True, slots=True)
class Terms:
    """What every call may take: seconds (a tool may say otherwise), and bytes of output."""

    deadline_s: float = 10.0
    output_bytes: int = 65_536


class Runner:
    """Runs the tools of one process.

    `threads` bounds how many of their threads there are, so that tools which hang in
    one take none from anybody else.
    """

    def __init__(self, toolbox: Toolbox, terms: Terms, *, threads: int = 16) -> None:
        """Take what there is to run."""
        self.toolbox = toolbox
        self._terms = terms
        self._threads = trio.CapacityLimiter(threads)

    async def run(self, call: RunTool, context: ToolContext, post: Post, log: Log) -> None:
        """Run the call; `post` is told of its progress and, once, of its end.

        `context` has what is known of the session. Returns when the tool has ended; one
        that cannot be cancelled (in a thread that it waits for) may do so after its end
        was told.
        """
        tool = self.toolbox.tools[call.name]
        log = log.bind(tool=call.name, call=call.call_id)
        tell = _Progress(call, post).tell
        own = replace(context, call_id=call.call_id, _tell=tell, _threads=self._threads)
        deadline_s = tool.deadline_s or self._terms.deadline_s
        began_s = trio.current_time()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_overdue, call, deadline_s, nursery.cancel_scope, post, log)
            ran = await self._outcome(tool, call, own, log)
            if ran.failure is None:
                log.info("tool_done", after_ms=round((trio.current_time() - began_s) * 1000))
            nursery.cancel_scope.cancel()
            post(ran)

    async def _outcome(
        self, tool: Tool, call: RunTool, context: ToolContext, log: Log
    ) -> ev.ToolRan:
        held = partial(_warn_of_hold, log)
        try:
            value = await Watched(tool.run(call.arguments, context), LONGEST_STEP_S, held)
            output = encode_output(value, self._terms.output_bytes)
        except WrongArguments as error:
            return _failed(call, "invalid_arguments", str(error), log)
        except ToolError as error:
            return _failed(call, "tool_error", _words(error), log)
        except UnusableOutput as error:
            return _failed(call, error.code, str(error), log, exc_info=error.__cause__)
        except trio.Cancelled:
            raise
        except BaseException as error:  # noqa: BLE001 - the user's code: it ends its own call alone
            _let_pass(error, log)
            message = "The tool failed; the log of the server says why."
            return _failed(call, "tool_failed", message, log, exc_info=error)
        return ev.ToolRan(call_id=call.call_id, output=output)


def _let_pass(error: BaseException, log: Log) -> None:
    """A tool with tasks of its own may fail in some while its time is over: both are true."""
    passing = error.split(trio.Cancelled)[0] if isinstance(error, BaseExceptionGroup) else None
    if passing is not None:
        log.warning("tool_failed_while_stopped", exc_info=error)
        raise passing


class _Progress:
    """What one call says of how far it is: some of it at any time, then so much a second."""

    def __init__(self, call: RunTool, post: Post) -> None:
        self._call = call
        self._post = post
        self._told = 0
        self._next_s = 0.0

    async def tell(self, text: str) -> None:
        """Have it told, unless too much was just before."""
        now = trio.current_time()
        if self._told < FREE_PROGRESS or now >= self._next_s:
            self._told, self._next_s = self._told + 1, now + PROGRESS_EVERY_S
            self._post(ev.ToolProgressed(call_id=self._call.call_id, text=sayable(text)))
        await trio.lowlevel.checkpoint()


def _words(error: ToolError) -> str:
    """What a tool says of its failure; it may have a way of its own to fail at that."""
    try:
        said = str(error)[:LONGEST_PROGRESS]
    except Exception:  # noqa: BLE001 - the user's code again
        said = ""
    return sayable(said) or "The tool gave no reason."


async def _overdue(
    call: RunTool, deadline_s: float, scope: trio.CancelScope, post: Post, log: Log
) -> None:
    """Tell that the time is over, whether the tool can be stopped or not, and stop it."""
    await trio.sleep(deadline_s)
    message = f"The tool did not answer within {deadline_s:g} s."
    post(_failed(call, "deadline_exceeded", message, log))
    scope.cancel()


def _failed(
    call: RunTool, code: str, message: str, log: Log, *, exc_info: BaseException | None = None
) -> ev.ToolRan:
    message = sayable(message[:LONGEST_PROGRESS])
    log.warning("tool_failed", code=code, text=message, exc_info=exc_info)
    output = error_output(code, message)
    return ev.ToolRan(call_id=call.call_id, output=output, failure=message)


def _warn_of_hold(log: Log, held_s: float) -> None:
    log.warning(
        "tool_held_the_loop",
        held_ms=round(held_s * 1000),
        text="Everybody's audio waited for it; call what takes long by context.in_thread.",
    )
