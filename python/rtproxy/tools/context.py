"""What a tool is given beside its arguments.

Owns the words that a tool may have with the session in which it runs. Must not know
how they get there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar, TypeVarTuple

import trio

from rtproxy.model.event import Json
from rtproxy.threads import run_beside
from rtproxy.tools.errors import ToolError
from rtproxy.tools.outputs import sayable

# What is told of progress is a sentence, not a report.
LONGEST_PROGRESS = 1_000

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")

Tell = Callable[[str], Awaitable[None]]
Ask = Callable[..., Awaitable[str]]  # with the parameters of ToolContext.ask


async def _unheard(text: str) -> None:
    """Nobody listens: the tool is called by a test, or by another tool."""
    del text


async def _nobody(**asked: object) -> str:
    """There is no model: the same."""
    del asked
    raise ToolError("There is no session whose model could be asked.")


@dataclass(frozen=True, slots=True)
class ToolContext:
    """The call that a tool answers; one made by hand serves to try a tool out.

    Attributes:
        session_id: of the session in which it is called, as in the log.
        call_id: of this call, as the upstream names it.
        dialect: what the client speaks, "voice" for example.
        user_id: who the client said it is, or whose key it showed; None if nobody knows.
    """

    session_id: str = ""
    call_id: str = ""
    dialect: str = ""
    user_id: str | None = None
    _tell: Tell = _unheard
    _ask: Ask = _nobody
    _threads: trio.CapacityLimiter | None = None

    async def progress(self, text: str) -> None:
        """Say how far it is, in a sentence for the model and the client.

        The first is what the model gets as the call's output, so that it can say so at
        once; what the tool returns is told to it later.
        """
        await self._tell(sayable(text[:LONGEST_PROGRESS]))

    async def ask(
        self,
        instructions: str | None = None,
        *,
        input: list[Json] | None = None,  # noqa: A002 - GA's name for it
        last_items: int | None = None,
        metadata: dict[str, str] | None = None,
    ) -> str:
        """Ask the model something beside the conversation, which does not hear of it.

        Args:
            instructions: what it is to do; without any, those of the session hold.
            input: items (GA) that it is shown.
            last_items: so many of the conversation's last, before `input`; without either
                it is shown the whole conversation.
            metadata: as many as 15 keys that go along, for the upstream's logs.

        Raises:
            AsideFailed: there is no answer, or not all of one (`rtproxy.model.errors`).
        """
        return await self._ask(
            instructions=instructions, input=input, last_items=last_items, metadata=metadata
        )

    async def in_thread(self, work: Callable[[*Arguments], T], *arguments: *Arguments) -> T:
        """Call what blocks (a database driver, a computation) in a thread, and wait for it.

        Audio goes before: the thread stands back for it. When the call's time is over
        or the session ends, nobody waits any more, and the thread's result is lost.
        """
        return await run_beside(work, *arguments, abandon_on_cancel=True, limiter=self._threads)
