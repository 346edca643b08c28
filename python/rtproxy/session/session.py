"""The call: dispatches events to what knows them, and keeps the session's state.

Owns the state of one conversation whose client speaks a dialect of its own. It
only dispatches; who the client is lives in `greeting`, what the upstream was asked in
`agreement`, turns in `turns`, what is answered beside them in `out_of_band`, what was said
in `history` and `transcripts`, errors in `refused`, `causes` and `telling`. It must not
know sockets, dialects, tasks or the clock.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any, ClassVar

import msgspec

from rtproxy.model import events as ev
from rtproxy.model.close import DONE
from rtproxy.session import out_of_band, telling
from rtproxy.session.agreement import Agreement
from rtproxy.session.call import Call
from rtproxy.session.causes import Causes
from rtproxy.session.commands import (
    Command,
    Dial,
    DiscardInput,
    End,
    FlushInput,
    Measure,
    Note,
    Resubmit,
    Shape,
    ToClient,
    ToUpstream,
)
from rtproxy.session.formats import UnknownFormatError
from rtproxy.session.greeting import NEEDS_START, Greeting
from rtproxy.session.hearing import hearings
from rtproxy.session.history import History
from rtproxy.session.kept_input import KeptInput
from rtproxy.session.lifetime import Lifetime, Patience
from rtproxy.session.playback import judge
from rtproxy.session.questions import Questions
from rtproxy.session.refused import Refused
from rtproxy.session.states import SESSION_STEPS, State, step
from rtproxy.session.tools import Tools
from rtproxy.session.transcripts import Transcripts
from rtproxy.session.turns import Turns

_PATIENCE = Patience()
_TALKING = (State.READY, State.RESPONDING)


class Session:
    """One conversation.

    Args:
        session_id: what the client and the log call it.
        config: the GA session object that the upstream is asked for; of a client that
            is greeted, its start says so.
        bare_audio: audio reaches the client without names, so each item's is announced.
        greeting: for a client that says who it is and what it wants, before an upstream
            is dialled; None for one whose upstream is dialled at once.
        patience: how long it may last.
        opening: the response to ask for before the client has spoken, if any.
        call: what is different where the client is a telephone.
        tools: the names of those of its tools that the proxy runs.
    """

    def __init__(
        self,
        session_id: str,
        config: ev.Json,
        *,
        bare_audio: bool = False,
        greeting: Greeting | None = None,
        patience: Patience = _PATIENCE,
        opening: ev.Json | None = None,
        call: Call | None = None,
        tools: frozenset[str] = frozenset(),
    ) -> None:
        """Begin without an upstream."""
        self.session_id = session_id
        self.state = State.CONNECTING if greeting is None else State.GREETING
        self.turns = Turns(announces_audio=bare_audio, playout=call.playout if call else None)
        self._greeting = greeting
        self._opening = opening
        self._agreement = Agreement(session_id, config)
        self._causes = Causes()
        self._history = History()
        self._transcripts = Transcripts(self._history)
        self._kept = KeptInput()
        self._asides = out_of_band.Asides(self._history)
        self._questions = Questions()
        self._refused = Refused(self.turns, self._agreement, self._asides, self._questions)
        self._tools = Tools(tools, self.turns)
        self._lifetime = Lifetime(patience)
        self._call = call
        self._now = 0.0

    @property
    def deadline(self) -> float:
        """When it wants to be told that time has passed (`TimePassed`)."""
        if self.state is State.CLOSED:
            return inf
        due = min(self._lifetime.deadline, self._transcripts.deadline)
        return min(due, self._call.deadline) if self._call else due

    def receive(self, event: ev.Event, now: float) -> list[Command]:
        """What the event calls for; `now` in seconds."""
        if self.state is State.CLOSED:
            return []
        self._now = now
        kind = type(event)
        heard = self._heard.get(kind)
        if heard is None:
            return []
        if heard.shows_life:
            self._lifetime.note(event, now)
        if heard.makes_history:
            self._history.note(event)
        if self.state is State.GREETING and kind in NEEDS_START:
            commands = self._greeter.too_early(event)
        else:
            commands = heard.answer(self, event)
        if self._transcripts.waiting:
            commands = self._transcripts.ended(commands)
        if heard.frees_input:
            commands = commands + self._kept.note(event)
        self._settle(commands)
        return [self._addressed(command, event) for command in commands] if commands else commands

    def _settle(self, commands: list[Command]) -> None:
        for command in commands:
            if type(command) is End:
                self.state = step(SESSION_STEPS, self.state, State.CLOSED)
                return
        if self.state in _TALKING:
            then = State.RESPONDING if self.turns.responding else State.READY
            if then is not self.state:
                self.state = step(SESSION_STEPS, self.state, then)

    def _addressed(self, command: Command, answered: ev.Event) -> Command:
        """With what ties it to its cause, which may be a message of the client's."""
        if type(command) is ToUpstream and type(command.event) is not ev.Opaque:
            self._history.note(command.event)
            return ToUpstream(self._causes.number(command.event, answered))
        if type(command) is ToClient and answered.message_type is not None:
            return telling.about(command, answered.message_type)
        return command

    # Greeting

    @property
    def _greeter(self) -> Greeting:
        assert self._greeting is not None  # noqa: S101 - no other dialect says such things
        return self._greeting

    def _start(self, event: ev.StartAsked) -> list[Command]:
        brief = self._greeter.brief_for(event)
        if isinstance(brief, list):
            return brief
        told: list[Command] = telling.otherwise(event.dropped)
        told.append(Shape(event.gain, event.pitch))
        self._tools.offer.ours = brief.tools
        if self.state is not State.GREETING:
            return told + self._agreement.change(brief.session, event.event_id)
        self.state = step(SESSION_STEPS, self.state, State.CONNECTING)
        self._agreement.aim(brief.session)
        self._opening = brief.opening
        return [*told, Dial(brief.model)]

    def _greeting_overdue(self, _: ev.GreetingOverdue) -> list[Command]:
        return self._greeter.overdue() if self.state is State.GREETING else []

    # Setting up

    def _session_created(self, event: ev.SessionCreated) -> list[Command]:
        self._lifetime.note_expiry(event.session.get("expires_at"), self._now)
        return self._agreement.created(event)

    def _session_updated(self, event: ev.SessionUpdated) -> list[Command]:
        self._lifetime.note_expiry(event.session.get("expires_at"), self._now)
        self.turns.take_terms(event.session)
        self._tools.offer.take_terms(event.session)
        self._transcripts.take_terms(event.session)
        try:
            told = self._agreement.updated(event.session)
        except UnknownFormatError as error:
            return telling.unknown_audio(str(error))
        if self.state is not State.CONNECTING:
            return told
        self.state = step(SESSION_STEPS, self.state, State.READY)
        return [*told, *self._open()]

    def _open(self) -> list[Command]:
        """Speak first, where that is wished; who has begun meanwhile is answered instead."""
        if self._opening is None:
            return []
        return self.turns.request(ev.ResponseCreate(response=self._opening, only_if_idle=True))

    # The client

    def _commit(self, event: ev.InputCommit) -> list[Command]:
        self._questions.ask(event)
        return [FlushInput(), ToUpstream(event)]

    def _request(self, event: ev.ResponseCreate) -> list[Command]:
        context = out_of_band.with_context(event.response or {}, event.last_items, self._history)
        return self.turns.request(msgspec.structs.replace(event, response=context or None))

    def _measured(self, event: ev.Measured) -> list[Command]:
        plays = event.item_id is not None and self.turns.plays(event.item_id)
        return judge(event, plays=plays)

    def _pass_upstream(self, event: ev.Event) -> list[Command]:
        return [ToUpstream(event)]

    def _audio(self, event: ev.InputAudio | ev.OutputAudio) -> list[Command]:
        return [Resubmit(event.canonical)]

    # A caller

    def _stream_started(self, event: ev.StreamStarted) -> list[Command]:
        return [Note("call_started", fields={"stream": event.stream_id, "call": event.call_id})]

    def _key_pressed(self, event: ev.KeyPressed) -> list[Command]:
        return self._call.press(event.key, self.turns, self._now) if self._call else []

    # The upstream

    def _pass_to_client(self, event: ev.Event) -> list[Command]:
        return [ToClient(event)]

    def _speech_started(self, event: ev.SpeechStarted) -> list[Command]:
        return [ToClient(event), *self.turns.speech_started()]

    def _speech_stopped(self, event: ev.SpeechStopped) -> list[Command]:
        return [ToClient(event), *self.turns.speech_stopped()]

    def _response_done(self, event: ev.ResponseDone) -> list[Command]:
        response_id = str(event.response.get("id", ""))
        aside = self.turns.excludes(response_id)
        commands = self.turns.done(event) + self._asides.done(event.response)
        commands += self._transcripts.generated(response_id)
        return commands if aside else commands + self._tools.response_over(event.response)

    def _committed(self, event: ev.InputCommitted) -> list[Command]:
        self._transcripts.committed(event.item_id)
        request = self._questions.taken()
        return [] if request is None else self.turns.request(request)

    def _created(self, event: ev.ResponseCreated) -> list[Command]:
        return self.turns.created(event) + self._asides.created(event.response)

    def _item_added(self, event: ev.OutputItemAdded) -> list[Command]:
        if self.turns.excludes(event.response_id):
            self._history.leave_out(str(event.item.get("id")))
            return []
        self._transcripts.begun(event)
        return self.turns.item_added(event)

    def _text_done(self, event: ev.OutputTextDone) -> list[Command]:
        if self.turns.excludes(event.response_id):
            return []
        return self._transcripts.final(event, self._now)

    def _unheard(self, event: ev.InputTranscriptFailed) -> list[Command]:
        return telling.unheard(event) + self._transcripts.failed(event.item_id)

    def _error(self, event: ev.ErrorTold) -> list[Command]:
        cause = self._causes.of(event.error.event_id)
        connecting = self.state is State.CONNECTING
        return self._refused.answer(event, cause, connecting=connecting)

    # Time

    def _time_passed(self, _: ev.TimePassed) -> list[Command]:
        busy = self.turns.responding or self._tools.running
        told, reason = self._lifetime.passed(self._now, busy=busy)
        keys = self._call.pause(self.turns, self._now) if self._call else []
        told = self._transcripts.overdue(self._now) + told + keys
        return told if reason is None else [*told, End(reason)]

    def _clock_read(self, event: ev.ClockRead) -> list[Command]:
        self._lifetime.read_clock(event.unix_s, self._now)
        return []

    _dispatch: ClassVar[dict[type[ev.Event], Callable[[Session, Any], list[Command]]]] = {
        ev.Introduced: lambda self, event: self._greeter.introduced(event),
        ev.StartAsked: _start,
        ev.GreetingOverdue: _greeting_overdue,
        ev.StreamStarted: _stream_started,
        ev.KeyPressed: _key_pressed,
        ev.Hangup: lambda _self, _event: [End(DONE)],
        ev.Unheeded: lambda _, event: [
            Note("client_message_unheeded", "debug", {"what": event.what})
        ],
        ev.SessionCreated: _session_created,
        ev.SessionUpdated: _session_updated,
        ev.InputAudio: _audio,
        ev.OutputAudio: _audio,
        ev.InputCommit: _commit,
        ev.InputClear: lambda _, event: [DiscardInput(), ToUpstream(event)],
        ev.ItemCreate: _pass_upstream,
        ev.SessionUpdate: lambda self, event: self._tools.update(event, self._agreement),
        ev.ToolAnswered: lambda self, event: self._tools.answered(event),
        ev.ApprovalGiven: lambda self, event: self._tools.mcp.given(event),
        ev.Playback: lambda _, event: [Measure(event.item_id, event.played_ms, event.event_id)],
        ev.Measured: _measured,
        ev.ClientPing: lambda _, event: [ToClient(ev.Pong(event_id=event.event_id))],
        ev.Misunderstood: lambda _, event: telling.misunderstood(event),
        ev.SpeechStarted: _speech_started,
        ev.SpeechStopped: _speech_stopped,
        ev.InputCommitted: _committed,
        ev.InputTranscriptDelta: _pass_to_client,
        ev.InputTranscriptDone: lambda self, event: self._transcripts.final(event, self._now),
        ev.InputTranscriptFailed: _unheard,
        ev.Reconnecting: _pass_to_client,
        ev.ErrorTold: _error,
        ev.UpstreamLost: lambda _, event: telling.upstream_lost(event),
        ev.ResponseCreate: _request,
        ev.AskAside: lambda self, event: self._asides.ask(event),
        ev.ForgetAside: lambda self, event: self._asides.forget(event),
        ev.Interrupt: lambda self, _: self.turns.interrupt(),
        ev.ResponseCreated: _created,
        ev.OutputItemAdded: _item_added,
        ev.PartAdded: lambda self, event: self.turns.part_added(event),
        ev.OutputTextDelta: lambda self, event: self.turns.text(event),
        ev.OutputTextDone: _text_done,
        ev.OutputAudioDone: lambda self, event: self.turns.audio_generated(event),
        ev.CallMade: lambda self, event: self._tools.called(event),
        ev.ToolProgressed: lambda self, event: self._tools.progressed(event),
        ev.ToolRan: lambda self, event: self._tools.ran(event),
        ev.ItemAdded: lambda self, event: self._tools.mcp.added(event),
        ev.McpCallFailed: lambda self, event: self._tools.mcp.call_failed(event),
        ev.McpListFailed: lambda self, event: self._tools.mcp.list_failed(event),
        ev.ResponseDone: _response_done,
        ev.MarkReached: lambda self, event: self.turns.mark_reached(event),
        ev.Dropped: lambda self, event: self.turns.dropped(event),
        ev.ClockRead: _clock_read,
        ev.TimePassed: _time_passed,
    }
    _heard: ClassVar = hearings(_dispatch)
