"""What follows from an error of the upstream: that depends on what of ours it is about.

Owns the sorting. Must not know what any part of the session does about a refusal, nor
what the client is told of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from rtproxy.model import events as ev
from rtproxy.model.close import CloseCode, CloseReason, Origin
from rtproxy.session import out_of_band, telling
from rtproxy.session.agreement import Agreement
from rtproxy.session.causes import Cause
from rtproxy.session.commands import Command, End, Note
from rtproxy.session.failures import end_of_session
from rtproxy.session.questions import Questions
from rtproxy.session.turns import Turns

# Refusals of things that we do on our own account: the client never asked for them.
_OUR_OWN = (ev.ItemTruncate, ev.ResponseCancel)

_ALREADY_ACTIVE = "conversation_already_has_active_response"


@dataclass(frozen=True, slots=True)
class Refused:
    """Those of a session's parts that ask the upstream for something."""

    turns: Turns
    agreement: Agreement
    asides: out_of_band.Asides
    questions: Questions

    def answer(
        self, event: ev.ErrorTold, cause: Cause | None, *, connecting: bool
    ) -> list[Command]:
        """What the error calls for; `connecting`: the first agreement is still due."""
        match cause:
            case None if event.error.code == _ALREADY_ACTIVE:
                return self.turns.missed()
            case Cause(event=ev.ResponseCreate() as sent):
                return self._response(event, cause, sent)
            case Cause(event=sent) if isinstance(sent, _OUR_OWN):
                fields = {"code": event.error.code, **telling.caused_by(event, cause)}
                return [Note("upstream_refused_ours", "debug", fields)]
            case Cause(event=ev.InputCommit() as sent):
                self.questions.refused(sent)
        return self._told(event, cause, connecting=connecting)

    def _response(
        self, event: ev.ErrorTold, cause: Cause, sent: ev.ResponseCreate
    ) -> list[Command]:
        aside = self.asides.refused(sent)
        if aside is not None:
            ours = out_of_band.refusal(aside, event.error)
            return ours or telling.upstream_error(event, cause)
        if event.error.code == _ALREADY_ACTIVE:
            self.turns.refused_as_active(sent)
            return []
        return [*telling.upstream_error(event, cause), *self.turns.refused()]

    def _told(self, event: ev.ErrorTold, cause: Cause | None, *, connecting: bool) -> list[Command]:
        of_session = cause is not None and isinstance(cause.event, ev.SessionUpdate)
        reason = end_of_session(event.error)
        if of_session and connecting:
            reason = CloseReason(CloseCode.UPSTREAM_REFUSED, event.error.message, Origin.PEER)
        if reason is not None:
            return [*telling.upstream_error(event, cause, fatal=True), End(reason)]
        told = telling.upstream_error(event, cause)
        return told + self.agreement.refused() if of_session else told
