"""Before an upstream is dialled: who the client is, and what it wants.

Owns what a session may be told while it greets, and what its start leads to. Who is
admitted, and which session object a start asks for, is decided by two callables that
it is given. Must not know credentials, personas, nor any dialect's words: a dialect
says by the codes of the refusals what is due.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from rtproxy.model import events as ev
from rtproxy.model.brief import Brief
from rtproxy.model.close import CloseCode, CloseReason
from rtproxy.session.commands import Command, End, Note, ToClient

# What is told of what comes too early.
INTRODUCTION_DUE = "introduction_due"
START_DUE = "start_due"
ALREADY_INTRODUCED = "already_introduced"
_WORDS = {
    INTRODUCTION_DUE: "Who you are is due first.",
    START_DUE: "The conversation has not been started yet.",
    ALREADY_INTRODUCED: "You have said who you are; for somebody else, connect anew.",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a client may not come in: told as a fatal error, then closed with `close`."""

    code: str
    message: str
    close: CloseCode
    type: str = "invalid_request_error"


# What is about a conversation, and has none yet.
NEEDS_START: frozenset[type[ev.Event]] = frozenset(
    {
        ev.SessionUpdate,
        ev.InputCommit,
        ev.InputClear,
        ev.ItemCreate,
        ev.ResponseCreate,
        ev.AskAside,
        ev.Playback,
        ev.ToolAnswered,
        ev.ApprovalGiven,
    }
)

# Why the client may not come in, or the session that its token stands for, if any.
Admit = Callable[[ev.Introduced], Refusal | ev.Json | None]
Configure = Callable[[ev.StartAsked], Brief | ev.Misunderstood]


def admit_all(introduced: ev.Introduced) -> None:
    """Everybody is welcome."""
    del introduced


class Greeting:
    """The first words of one client: an introduction, then a start.

    Args:
        configure: what a session is to be by a start, or what is wrong with that.
        admit: why the client may not come in; or what its token says of its session
            (partial, GA), None without one.
        once: the client starts once, and is told no errors: a start that is refused is
            the end.
    """

    def __init__(
        self, configure: Configure, *, admit: Admit = admit_all, once: bool = False
    ) -> None:
        """Begin with a stranger."""
        self._configure = configure
        self._admit = admit
        self._once = once
        self._bound: ev.Json | None = None
        self.client: ev.Introduced | None = None

    def introduced(self, event: ev.Introduced) -> list[Command]:
        """The client says who it is; once."""
        if self.client is not None:
            return [_refuse(ALREADY_INTRODUCED, event.event_id)]
        verdict = self._admit(event)
        if isinstance(verdict, Refusal):
            failure = ev.Failure(
                type=verdict.type,
                code=verdict.code,
                message=verdict.message,
                event_id=event.event_id,
            )
            told = ToClient(ev.ErrorTold(error=failure, fatal=True))
            return [told, End(CloseReason(verdict.close, verdict.message))]
        self.client, self._bound = event, verdict
        if event.user_id is None:
            return []  # a telephone: `call_started` says who calls
        return [Note("client_introduced", fields={"user": event.user_id})]

    def brief_for(self, event: ev.StartAsked) -> Brief | list[Command]:
        """What a start asks for, or why that cannot be."""
        if self.client is None:
            return [_refuse(INTRODUCTION_DUE, event.event_id)]
        brief = self._configure(event)
        if not isinstance(brief, ev.Misunderstood):
            return brief.bound_to(self._bound, own=event.session)
        failure = msgspec.structs.replace(brief.failure, event_id=event.event_id)
        told: list[Command] = [ToClient(ev.ErrorTold(error=failure, fatal=self._once))]
        reason = CloseReason(CloseCode.BAD_REQUEST, brief.message)
        return [*told, End(reason)] if self._once else told

    def too_early(self, event: ev.Event) -> list[Command]:
        """Something that needs a conversation: say what is due before."""
        if isinstance(event, ev.ResponseCreate):
            return []  # it came with an item, of which this is told already
        code = START_DUE if self.client else INTRODUCTION_DUE
        return [_refuse(code, event.event_id)]

    def overdue(self) -> list[Command]:
        """The time for it has passed; who has said who it is may take its time."""
        if self.client is not None:
            return []
        message = "Nobody said in time who is there."
        failure = ev.Failure(code="introduction_overdue", message=message)
        told = ToClient(ev.ErrorTold(error=failure, fatal=True))
        return [told, End(CloseReason(CloseCode.POLICY, message))]


def _refuse(code: str, event_id: str | None) -> ToClient:
    failure = ev.Failure(code=code, message=_WORDS[code], event_id=event_id)
    return ToClient(ev.ErrorTold(error=failure))
