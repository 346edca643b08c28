"""The tools that one session has running.

Owns their tasks, which live in the session's nursery and no longer. Must not know what a
tool does, nor what its output leads to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import structlog
import trio

from rtproxy.model import events as ev
from rtproxy.session.commands import RunTool
from rtproxy.tools.context import Ask, ToolContext
from rtproxy.tools.runner import Runner

Log = structlog.typing.FilteringBoundLogger


@dataclass(frozen=True, slots=True)
class ToolTasks:
    """Starts tools for one session.

    `user` says whose session it is, as far as that is known by then.
    """

    runner: Runner
    session_id: str
    dialect: str
    user: Callable[[], str | None]

    def start(
        self,
        call: RunTool,
        nursery: trio.Nursery,
        post: Callable[[ev.Event], None],
        ask: Ask,
        log: Log,
    ) -> None:
        """Run the call in a task of its own; `post` is told what becomes of it.

        `ask` puts a question beside the conversation.
        """
        context = ToolContext(self.session_id, dialect=self.dialect, user_id=self.user(), _ask=ask)
        nursery.start_soon(self.runner.run, call, context, post, log)
