"""The core of a session whose client speaks the upstream's own protocol.

Owns nothing of the conversation: the two talk to each other, and what their dialect
has to translate between two shapes it translates. It watches for what concerns the
proxy itself: errors that end the session, and whether somebody is being answered. It
must not change, add or withhold anything that passes.
"""

from __future__ import annotations

from math import inf

from rtproxy.model import events as ev
from rtproxy.model.close import CloseCode, CloseReason, Origin
from rtproxy.session import telling
from rtproxy.session.commands import Command, End, JoinAudio, Note, ToClient, ToUpstream
from rtproxy.session.failures import end_after_loss, told_of_loss
from rtproxy.session.formats import UnknownFormatError, UpstreamAudio, audio_named_in
from rtproxy.session.states import SESSION_STEPS, State, step


class RelaySession:
    """One conversation between two that understand each other."""

    def __init__(self, session_id: str) -> None:
        """Begin without an upstream."""
        self.session_id = session_id
        self.state = State.CONNECTING
        self._audio = UpstreamAudio()
        self._active: set[str] = set()
        self._errors_told = 0
        self._done = False  # the upstream has said all, as it was asked to

    @property
    def deadline(self) -> float:
        """It waits for nothing: how long a session lasts is between the two."""
        return inf

    def receive(self, event: ev.Event, now: float) -> list[Command]:
        """What the event calls for; `now` in seconds."""
        del now  # relaying has no deadlines of its own
        if self.state is State.CLOSED:
            return []
        match event:
            case ev.Opaque(to_upstream=True):
                return [ToUpstream(event)]
            case ev.Opaque():
                return [ToClient(event)]
            case ev.SessionUpdate(dropped=dropped):
                return [*telling.otherwise(dropped), ToUpstream(event)]
            case ev.Misunderstood():
                return [self._tell(event.failure)]
            case ev.UpstreamLost():
                return self._upstream_lost(event)
            case ev.ErrorTold():
                fields = {"code": event.error.code, "text": event.error.message}
                return [Note("upstream_error", "warning", fields)]
            case _:
                self._watch(event)
                return self._agreed_audio(event)

    def _watch(self, event: ev.Event) -> None:
        match event:
            case ev.SessionCreated():
                self.state = step(SESSION_STEPS, self.state, State.READY)
            case ev.ResponseCreated(response=response):
                self._active.add(str(response.get("id")))
            case ev.ResponseDone(response=response):
                self._active.discard(str(response.get("id")))
            case ev.Other(type="session.closed"):
                self._done = True
        if self.state is not State.CONNECTING:
            then = State.RESPONDING if self._active else State.READY
            self.state = step(SESSION_STEPS, self.state, then)

    def _agreed_audio(self, event: ev.Event) -> list[Command]:
        """What the two have agreed upon; it is not converted, but has to be measured."""
        if not isinstance(event, ev.SessionCreated | ev.SessionUpdated):
            return []
        try:
            audio = audio_named_in(event.session)
        except UnknownFormatError:
            return []  # between them they may speak what we do not
        if audio == self._audio:
            return []
        self._audio = audio
        return [JoinAudio(audio)]

    def _tell(self, failure: ev.Failure, *, fatal: bool = False) -> Command:
        """An error of ours, with an id: official SDKs refuse events without one."""
        self._errors_told += 1
        number = f"event_rtproxy_{self._errors_told}"
        return ToClient(ev.ErrorTold(event_id=number, error=failure, fatal=fatal))

    def _upstream_lost(self, event: ev.UpstreamLost) -> list[Command]:
        self.state = step(SESSION_STEPS, self.state, State.CLOSED)
        if self._done:
            return [End(CloseReason(CloseCode.DONE, "the session was closed", Origin.PEER))]
        reason = end_after_loss(event.code, event.reason, final=event.final)
        failure = told_of_loss(event.reason, reason)
        return [
            Note("upstream_lost", "warning", {"code": event.code, "text": event.reason}),
            self._tell(failure, fatal=True),
            End(reason),
        ]
