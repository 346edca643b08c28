"""Who in a session hears of which event: one table, so that nobody else is asked.

Owns the joining of what each part says it listens to. Must not know what any of them
makes of an event. Between two events of a session its memory has left the processor's
caches, and whoever is called costs what has to be fetched for it, even to do nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from rtproxy.model.events import Event
from rtproxy.session.commands import Command
from rtproxy.session.history import History
from rtproxy.session.kept_input import KeptInput
from rtproxy.session.lifetime import SIGNS_OF_LIFE

# What a session answers to an event; the first argument is the session.
Answer = Callable[[Any, Any], list[Command]]


class Hearing(msgspec.Struct, frozen=True):
    """Who hears of one kind of event, besides what `answer` tells of it."""

    answer: Answer
    shows_life: bool
    makes_history: bool
    frees_input: bool


def hearings(answers: Mapping[type[Event], Answer]) -> dict[type[Event], Hearing]:
    """For each kind of event that somebody hears of; `answers` are the session's own."""
    kinds = {*answers, *SIGNS_OF_LIFE, *History.noted, *KeptInput.noted}
    return {
        kind: Hearing(
            answers.get(kind, _nothing),
            kind in SIGNS_OF_LIFE,
            kind in History.noted,
            kind in KeptInput.noted,
        )
        for kind in kinds
    }


def _nothing(_session: object, _event: Event) -> list[Command]:
    return []
