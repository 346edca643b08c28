"""Questions that the proxy itself asks beside a conversation, for who waits for the answer.

Owns the waiting, and that nobody is left to wait when the session ends: who asks runs in
the session's nursery. Must not know what is asked, nor how it is kept apart from the
conversation: that is the core's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import trio

from rtproxy.model import events as ev
from rtproxy.model.errors import AsideFailed
from rtproxy.session.commands import Aside


class Asking:
    """The questions of one session; `post` tells its core something."""

    def __init__(self, post: Callable[[ev.Event], None]) -> None:
        """Wait for nothing."""
        self._post = post
        self._count = 0
        self._waits: dict[int, trio.Event] = {}
        self._answers: dict[int, Aside] = {}

    async def ask(
        self,
        *,
        instructions: str | None = None,
        input: list[dict[str, Any]] | None = None,  # noqa: A002 - GA's name for it
        last_items: int | None = None,
        metadata: dict[str, str] | None = None,
    ) -> str:
        """The text that the model answers with; the conversation goes on meanwhile.

        Without `instructions` those of the session hold. The model is shown the last
        `last_items` of the conversation and then `input` (GA items, or references to some);
        without either, the whole conversation. `metadata` has at most 15 keys. Raises
        AsideFailed where there is no answer, or not all of one, and TypeError or ValueError
        where JSON cannot say what is asked; who is cancelled meanwhile has the upstream stop.
        """
        named = {"instructions": instructions, "input": input, "metadata": metadata}
        response = {name: value for name, value in named.items() if value is not None}
        msgspec.json.encode(response)  # what JSON cannot say is the asker's mistake, and only its
        self._count += 1
        number = self._count
        there = self._waits[number] = trio.Event()
        try:
            self._post(ev.AskAside(number=number, response=response, last_items=last_items))
            await there.wait()
            return _text_of(self._answers[number])
        except trio.Cancelled:
            self._post(ev.ForgetAside(number=number))
            raise
        finally:
            del self._waits[number]
            self._answers.pop(number, None)

    def answered(self, aside: Aside) -> None:
        """The core has an answer, or knows that there will be none."""
        there = self._waits.get(aside.number)
        if there is not None:
            self._answers[aside.number] = aside
            there.set()


def _text_of(aside: Aside) -> str:
    if aside.status == "completed":
        return aside.text
    why = aside.failure.message if aside.failure else f"it ended as '{aside.status}'"
    message = f"The model gave no whole answer beside the conversation: {why}"
    raise AsideFailed(message, status=aside.status, text=aside.text)
