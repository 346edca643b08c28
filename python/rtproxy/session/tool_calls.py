"""Tools: which calls wait for an output, and when the answer goes on.

Owns the calls of a session from the upstream's `function_call_arguments.done` until
their outputs are in the conversation. The outputs of one response go upstream in the
order of its calls, whichever tool is done first; after the last one an answer is
asked for, once the response is over and no further call of it can come (protocol
reference, 5 (f): the upstream does not go on unasked). Who was interrupted can still
be answered: the upstream has the call in its conversation. But a call that was cut while
its arguments were written is none; the upstream says its end like any other's, so that
arguments which are no JSON wait for what becomes of their response.

Who runs a tool shows in its name: the proxy, the client, or nobody, which the upstream is
told as the call's output. What a tool says of its progress becomes its output, so that the
model can talk of it; the result then follows as an item of the system's. Must not know
how a tool is run.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from rtproxy.model import events as ev
from rtproxy.session import tool_words as words
from rtproxy.session.commands import Command, Note, RunTool, ToClient, ToUpstream
from rtproxy.session.offer import Offer

# A client that never answers must not make us remember for ever.
MAX_ROUNDS = 256
# A model that calls and calls must not take the whole machine.
MAX_RUNNING = 32

# Commands, and whether an answer is to be asked for.
Step = tuple[list[Command], bool]


@dataclass(slots=True)
class _Call:
    """One call, and its output once that is there."""

    made: ev.CallMade
    output: ev.ToolAnswered | None = None
    waits: bool = False  # its arguments are no JSON: nobody has been told of it
    theirs: bool = False  # the client was told, and answers


@dataclass(slots=True)
class _Round:
    """The calls of one response, in order."""

    calls: dict[str, _Call] = field(default_factory=dict)
    passed_on: int = 0
    closed: bool = False  # the response is over: no further call will come

    def ready(self) -> list[ev.ToolAnswered]:
        """The outputs whose turn it is; each is given once."""
        found = []
        for call in list(self.calls.values())[self.passed_on :]:
            if call.output is None:
                break
            found.append(call.output)
        self.passed_on += len(found)
        return found

    def waits_for(self, call_id: str) -> bool:
        """Whether the call's output has not been passed on."""
        return call_id in list(self.calls)[self.passed_on :]

    @property
    def finished(self) -> bool:
        """Whether every output has been passed on, if there was any."""
        return self.closed and self.passed_on == len(self.calls)


class ToolCalls:
    """The calls of one session; `offer` says who runs which tool."""

    def __init__(self, offer: Offer | None = None) -> None:
        """Start without any."""
        self._offer = offer or Offer()
        self._rounds: dict[str, _Round] = {}  # by response id, the oldest first
        self._running: dict[str, ev.CallMade] = {}  # what the proxy runs just now, by call id

    @property
    def running(self) -> bool:
        """Whether the proxy runs a tool just now."""
        return bool(self._running)

    # What the upstream says

    def called(self, event: ev.CallMade) -> list[Command]:
        """The upstream wants a tool's output: have it run."""
        made = self._rounds.setdefault(event.response_id, _Round())
        call = made.calls[event.call_id] = _Call(event, waits=not _is_json(event.arguments))
        if len(self._rounds) > MAX_ROUNDS:
            del self._rounds[next(iter(self._rounds))]
        return [] if call.waits else [*self._begin(call), *self._pass_on(event.response_id)[0]]

    def response_over(self, response: ev.Json) -> Step:
        """The response makes no further call."""
        response_id = str(response.get("id", ""))
        made = self._rounds.get(response_id)
        if made is None:
            return [], False
        made.closed = True
        begun: list[Command] = []
        for call_id, call in list(made.calls.items()):
            if call.waits and response.get("status") == "completed":
                begun += self._begin(call)
            elif call.waits:
                del made.calls[call_id]
        if not made.calls:
            del self._rounds[response_id]
            return [], False
        commands, complete = self._pass_on(response_id)
        return begun + commands, complete

    def _begin(self, call: _Call) -> list[Command]:
        made, call.waits = call.made, False
        if made.name in self._offer.ours:
            return self._run(call)
        if self._offer.has(made.name):
            call.theirs = True
            return [words.told(made)]
        return self._nobodys(call)

    def _run(self, call: _Call) -> list[Command]:
        made = call.made
        if len(self._running) >= MAX_RUNNING:
            call.output = words.too_many(made, MAX_RUNNING)
            return [Note("tool_calls_too_many", "warning", {"tool": made.name})]
        self._running[made.call_id] = made
        started = ev.ToolProgress(call_id=made.call_id, name=made.name, state="started")
        return [
            RunTool(made.call_id, made.name, made.arguments),
            ToClient(started, response_id=made.response_id),
        ]

    def _nobodys(self, call: _Call) -> list[Command]:
        made, names = call.made, self._offer.names
        call.output = words.unknown(made, names)
        note = Note("tool_unknown", "warning", {"tool": made.name})
        return [note, ToClient(words.unknown_told(made, names), response_id=made.response_id)]

    # What tools come to

    def answered(self, event: ev.ToolAnswered) -> Step:
        """The client has run one."""
        response_id = self._response_of(event.call_id)
        call = self._rounds[response_id].calls[event.call_id] if response_id else None
        if response_id is None or call is None or not call.theirs:
            return [words.unknown_call(event, self._open_calls())], False
        if call.output is not None:
            return [words.answered_before(event)], False
        call.output = event
        return self._pass_on(response_id)

    def ran(self, event: ev.ToolRan) -> Step:
        """The proxy has; what comes after that of a call counts no more."""
        call = self._running.pop(event.call_id, None)
        if call is None:
            return [], False
        told = ToClient(words.ended(event, call.name), response_id=call.response_id)
        response_id = self._response_of(event.call_id)
        if response_id is None:
            return [told, ToUpstream(words.late(event, call.name))], True
        made = self._rounds[response_id]
        if not made.waits_for(event.call_id):
            return [
                told,
                ToUpstream(words.late(event, call.name)),
            ], False  # asked for after the last
        made.calls[event.call_id].output = words.output(event.call_id, event.output)
        commands, complete = self._pass_on(response_id)
        return [told, *commands], complete

    def progressed(self, event: ev.ToolProgressed) -> Step:
        """A tool of the proxy's says how far it is; for the model, what it says first."""
        run = self._running.get(event.call_id)
        if run is None:
            return [], False
        told = ToClient(words.running(event, run.name), response_id=run.response_id)
        response_id = self._response_of(event.call_id)
        if response_id is None:
            return [told], False
        call = self._rounds[response_id].calls[event.call_id]
        if call.output is not None:
            return [told], False
        call.output = words.output(event.call_id, words.in_progress(event.text))
        commands, complete = self._pass_on(response_id)
        return [told, *commands], complete

    def _pass_on(self, response_id: str) -> Step:
        made = self._rounds[response_id]
        commands: list[Command] = [ToUpstream(words.item(output)) for output in made.ready()]
        if made.finished:
            del self._rounds[response_id]
            return commands, True
        return commands, False

    def _response_of(self, call_id: str) -> str | None:
        found = (name for name, made in self._rounds.items() if call_id in made.calls)
        return next(found, None)

    def _open_calls(self) -> list[str]:
        calls = (call for made in self._rounds.values() for call in made.calls.items())
        return [call_id for call_id, call in calls if call.theirs and call.output is None]


def _is_json(text: str) -> bool:
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):  # of a model that has run away
        return False
    return True
