"""The call: dispatches events to what knows them, and keeps the session's state.

Owns the state of one conversation whose client speaks a dialect of its own. It
only dispatches; turns live in `turns`, errors in `failures` and `causes`. It must
not know sockets, dialects, tasks or the clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, ClassVar

from rtproxy.model import events as ev
from rtproxy.model.close import CloseCode, CloseReason, Origin
from rtproxy.session.causes import Causes
from rtproxy.session.commands import (
    Command,
    DiscardInput,
    End,
    FlushInput,
    JoinAudio,
    Measure,
    Note,
    Resubmit,
    ToClient,
    ToUpstream,
)
from rtproxy.session.failures import end_after_loss, end_of_session
from rtproxy.session.formats import UnknownFormatError, UpstreamAudio, audio_named_in
from rtproxy.session.lifetime import Lifetime, Patience
from rtproxy.session.playback import judge
from rtproxy.session.states import SESSION_STEPS, State, step
from rtproxy.session.tool_calls import ToolCalls
from rtproxy.session.turns import Turns

# Refusals of things that we do on our own account: the client never asked for them.
_OUR_OWN = (ev.ItemTruncate, ev.ResponseCancel)


_PATIENCE = Patience()


class Session:
    """One conversation.

    Args:
        session_id: what the client and the log call it.
        config: the GA session object that the upstream is asked for.
        bare_audio: audio reaches the client without names, so each item's is announced.
        patience: how long it may last.
    """

    def __init__(
        self,
        session_id: str,
        config: ev.Json,
        *,
        bare_audio: bool = False,
        patience: Patience = _PATIENCE,
    ) -> None:
        """Begin without an upstream."""
        self.session_id = session_id
        self.state = State.CONNECTING
        self._config = config
        self._model = ""
        self._audio_agreed: UpstreamAudio | None = None
        self.turns = Turns(announces_audio=bare_audio)
        self._causes = Causes()
        self._commits_to_answer = 0
        self._updates: deque[str | None] = deque()  # of the client, that wait for their answer
        self._tools = ToolCalls()
        self._lifetime = Lifetime(patience)
        self._now = 0.0

    @property
    def deadline(self) -> float:
        """When it wants to be told that time has passed (`TimePassed`)."""
        return self._lifetime.deadline

    def receive(self, event: ev.Event, now: float) -> list[Command]:
        """What the event calls for; `now` in seconds."""
        if self.state is State.CLOSED:
            return []
        self._now = now
        self._lifetime.note(event, now)
        dispatch = self._dispatch.get(type(event))
        commands = dispatch(self, event) if dispatch else []
        self._settle()
        return [self._numbered(command) for command in commands]

    def _settle(self) -> None:
        if self.state in (State.READY, State.RESPONDING):
            then = State.RESPONDING if self.turns.responding else State.READY
            self.state = step(SESSION_STEPS, self.state, then)

    def _numbered(self, command: Command) -> Command:
        if isinstance(command, ToUpstream) and not isinstance(command.event, ev.Opaque):
            return ToUpstream(self._causes.number(command.event))
        return command

    def _end(self, reason: CloseReason) -> list[Command]:
        self.state = step(SESSION_STEPS, self.state, State.CLOSED)
        return [End(reason)]

    # Setting up

    def _session_created(self, event: ev.SessionCreated) -> list[Command]:
        self._model = str(event.session.get("model", ""))
        self._lifetime.note_expiry(event.session.get("expires_at"), self._now)
        return [ToUpstream(ev.SessionUpdate(session=self._config))]

    def _session_updated(self, event: ev.SessionUpdated) -> list[Command]:
        audio = event.session.get("audio") or {}
        detection = (audio.get("input") or {}).get("turn_detection") or {}
        self.turns.interruptible = detection.get("interrupt_response", True) is not False
        self.turns.answers_speech = detection.get("create_response", True) is not False
        self._lifetime.note_expiry(event.session.get("expires_at"), self._now)
        try:
            joined = self._join_audio(audio_named_in(event.session))
        except UnknownFormatError as error:
            return self._no_common_audio(str(error))
        voice = (audio.get("output") or {}).get("voice", "")
        name = voice if isinstance(voice, str) else str(voice.get("id", ""))
        if self.state is not State.CONNECTING:
            return [*joined, *self._changed(name)]
        self.state = step(SESSION_STEPS, self.state, State.READY)
        ready = ev.SessionReady(session_id=self.session_id, model=self._model, voice=name)
        return [*joined, ToClient(ready)]

    def _changed(self, voice: str) -> list[Command]:
        if not self._updates:
            return []
        return [ToClient(ev.SessionChanged(event_id=self._updates.popleft(), voice=voice))]

    def _join_audio(self, audio: UpstreamAudio) -> list[Command]:
        if audio == self._audio_agreed:
            return []
        self._audio_agreed = audio
        return [JoinAudio(audio)]

    def _no_common_audio(self, message: str) -> list[Command]:
        failure = ev.Failure(type="server_error", code="unknown_audio_format", message=message)
        note = Note("upstream_audio_unknown", "error", {"text": message})
        reason = CloseReason(CloseCode.UPSTREAM_REFUSED, message, Origin.PEER)
        return [note, ToClient(ev.ErrorTold(error=failure, fatal=True)), *self._end(reason)]

    # The client

    def _commit(self, event: ev.InputCommit) -> list[Command]:
        self._commits_to_answer += event.respond
        return [FlushInput(), ToUpstream(event)]

    def _clear(self, event: ev.InputClear) -> list[Command]:
        return [DiscardInput(), ToUpstream(event)]

    def _session_update(self, event: ev.SessionUpdate) -> list[Command]:
        """The upstream answers updates in order, each by the session or by an error."""
        self._updates.append(event.event_id)
        kind = self._config.get("type", "realtime")
        wanted = ev.SessionUpdate(
            event_id=event.event_id, session={"type": kind, **event.session}
        )
        notes = [Note("session_field_dropped", fields={"text": text}) for text in event.dropped]
        return [*notes, ToUpstream(wanted)]

    def _tool_answered(self, event: ev.ToolAnswered) -> list[Command]:
        commands, complete = self._tools.answered(event)
        return commands + (self._go_on() if complete else [])

    def _go_on(self) -> list[Command]:
        """All outputs are there: have them answered, unless who speaks is answered anyway."""
        return [] if self.turns.answer_is_due else self.turns.request(ev.ResponseCreate())

    def _measured(self, event: ev.Measured) -> list[Command]:
        plays = event.item_id is not None and self.turns.plays(event.item_id)
        return judge(event, plays=plays)

    def _pass_upstream(self, event: ev.Event) -> list[Command]:
        return [ToUpstream(event)]

    def _misunderstood(self, event: ev.Misunderstood) -> list[Command]:
        failure = ev.Failure(
            code=event.code, message=event.message, param=event.param, event_id=event.event_id
        )
        note = Note("client_message_refused", fields={"code": event.code, "param": event.param})
        return [note, ToClient(ev.ErrorTold(error=failure))]

    def _client_ping(self, event: ev.ClientPing) -> list[Command]:
        return [ToClient(ev.Pong(event_id=event.event_id))]

    def _audio(self, event: ev.InputAudio | ev.OutputAudio) -> list[Command]:
        return [Resubmit(event.canonical)]

    # The upstream

    def _pass_to_client(self, event: ev.Event) -> list[Command]:
        return [ToClient(event)]

    def _speech_started(self, event: ev.SpeechStarted) -> list[Command]:
        return [ToClient(event), *self.turns.speech_started()]

    def _speech_stopped(self, event: ev.SpeechStopped) -> list[Command]:
        self.turns.speech_stopped()
        return [ToClient(event)]

    def _call_made(self, event: ev.CallMade) -> list[Command]:
        return [] if self.turns.excludes(event.response_id) else self._tools.called(event)

    def _response_done(self, event: ev.ResponseDone) -> list[Command]:
        commands = self.turns.done(event)
        if self._tools.response_over(str(event.response.get("id", ""))):
            commands += self._go_on()
        return commands

    def _committed(self, event: ev.InputCommitted) -> list[Command]:
        if not self._commits_to_answer:
            return []
        self._commits_to_answer -= 1
        return self.turns.request(ev.ResponseCreate(only_if_idle=True))

    def _error(self, event: ev.ErrorTold) -> list[Command]:
        cause = self._causes.of(event.error.event_id)
        sent = cause.event if cause else None
        if isinstance(sent, ev.ResponseCreate):
            if event.error.code == "conversation_already_has_active_response":
                self.turns.refused_as_active(sent)
                return []
            return [*self._tell(event, cause), *self.turns.refused()]
        if isinstance(sent, _OUR_OWN):
            return [Note("upstream_refused_ours", "debug", {"code": event.error.code})]
        if isinstance(sent, ev.InputCommit) and sent.respond:
            self._commits_to_answer = max(0, self._commits_to_answer - 1)
        if isinstance(sent, ev.SessionUpdate) and self.state is State.CONNECTING:
            reason = CloseReason(CloseCode.UPSTREAM_REFUSED, event.error.message, Origin.PEER)
            return [*self._tell(event, cause, fatal=True), *self._end(reason)]
        if isinstance(sent, ev.SessionUpdate) and self._updates:
            self._updates.popleft()
        reason_to_end = end_of_session(event.error)
        if reason_to_end is not None:
            return [*self._tell(event, cause, fatal=True), *self._end(reason_to_end)]
        return self._tell(event, cause)

    def _tell(self, event: ev.ErrorTold, cause: Any, *, fatal: bool = False) -> list[Command]:
        failure = ev.Failure(
            type=event.error.type,
            code=event.error.code,
            message=event.error.message,
            param=event.error.param,
            event_id=cause.client_event_id if cause else None,
        )
        about = type(cause.event).__name__ if cause else None
        fields = {"code": failure.code, "text": failure.message, "about": about}
        note = Note("upstream_error", "error" if fatal else "warning", fields)
        return [note, ToClient(ev.ErrorTold(error=failure, fatal=fatal))]

    def _upstream_lost(self, event: ev.UpstreamLost) -> list[Command]:
        reason = end_after_loss(event.code, event.reason, final=event.final)
        code = "upstream_refused" if reason.code == CloseCode.UPSTREAM_REFUSED else "upstream_lost"
        failure = ev.Failure(type="server_error", code=code, message=event.reason)
        note = Note("upstream_lost", "warning", {"code": event.code, "text": event.reason})
        return [note, ToClient(ev.ErrorTold(error=failure, fatal=True)), *self._end(reason)]

    # Time

    def _time_passed(self, _: ev.TimePassed) -> list[Command]:
        told, reason = self._lifetime.passed(self._now, busy=self.turns.responding)
        return told if reason is None else [*told, *self._end(reason)]

    def _clock_read(self, event: ev.ClockRead) -> list[Command]:
        self._lifetime.read_clock(event.unix_s, self._now)
        return []

    _dispatch: ClassVar[dict[type[ev.Event], Callable[[Session, Any], list[Command]]]] = {
        ev.SessionCreated: _session_created,
        ev.SessionUpdated: _session_updated,
        ev.InputAudio: _audio,
        ev.OutputAudio: _audio,
        ev.InputCommit: _commit,
        ev.InputClear: _clear,
        ev.ItemCreate: _pass_upstream,
        ev.SessionUpdate: _session_update,
        ev.ToolAnswered: _tool_answered,
        ev.Playback: lambda _, event: [Measure(event.item_id, event.played_ms, event.event_id)],
        ev.Measured: _measured,
        ev.ClientPing: _client_ping,
        ev.Misunderstood: _misunderstood,
        ev.SpeechStarted: _speech_started,
        ev.SpeechStopped: _speech_stopped,
        ev.InputCommitted: _committed,
        ev.InputTranscriptDelta: _pass_to_client,
        ev.InputTranscriptDone: _pass_to_client,
        ev.Reconnecting: _pass_to_client,
        ev.ErrorTold: _error,
        ev.UpstreamLost: _upstream_lost,
        ev.ResponseCreate: lambda self, event: self.turns.request(event),
        ev.Interrupt: lambda self, _: self.turns.interrupt(),
        ev.ResponseCreated: lambda self, event: self.turns.created(event),
        ev.OutputItemAdded: lambda self, event: self.turns.item_added(event),
        ev.PartAdded: lambda self, event: self.turns.part_added(event),
        ev.OutputTextDelta: lambda self, event: self.turns.text(event),
        ev.OutputTextDone: lambda self, event: self.turns.text(event),
        ev.OutputAudioDone: lambda self, event: self.turns.audio_generated(event),
        ev.CallMade: _call_made,
        ev.ResponseDone: _response_done,
        ev.MarkReached: lambda self, event: self.turns.mark_reached(event),
        ev.Dropped: lambda self, event: self.turns.dropped(event),
        ev.ClockRead: _clock_read,
        ev.TimePassed: _time_passed,
    }
