"""Tools: which calls wait for an output, and when the answer goes on.

Owns the calls of a session from the upstream's `function_call_arguments.done` until
their outputs are in the conversation. The outputs of one response go upstream in the
order of its calls, whichever tool is done first; after the last one an answer is
asked for, once the response is over and no further call of it can come (protocol
reference, 5 (f): the upstream does not go on unasked). Who was interrupted can still
be answered: the upstream has the call in its conversation. But a call that was cut while
its arguments were written is none; the upstream says its end like any other's, so that
arguments which are no JSON wait for what becomes of their response. Must not know who
runs a tool, nor how.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from rtproxy.model import events as ev
from rtproxy.session.commands import Command, ToClient, ToUpstream

# A client that never answers must not make us remember for ever.
MAX_ROUNDS = 256


@dataclass(slots=True)
class _Round:
    """The calls of one response, in order, each with its output once that is there."""

    calls: dict[str, ev.ToolAnswered | None] = field(default_factory=dict)
    unclear: list[ev.CallMade] = field(default_factory=list)  # not told yet
    passed_on: int = 0
    closed: bool = False  # the response is over: no further call will come

    def ready(self) -> list[ev.ToolAnswered]:
        """The outputs whose turn it is; each is given once."""
        found = []
        for output in list(self.calls.values())[self.passed_on :]:
            if output is None:
                break
            found.append(output)
        self.passed_on += len(found)
        return found

    @property
    def finished(self) -> bool:
        """Whether every output has been passed on, if there was any."""
        return self.closed and self.passed_on == len(self.calls)


class ToolCalls:
    """The calls of one session that the client has to answer."""

    def __init__(self) -> None:
        """Start without any."""
        self._rounds: dict[str, _Round] = {}  # by response id, the oldest first

    def called(self, event: ev.CallMade) -> list[Command]:
        """The upstream wants a tool's output: have the client run it."""
        made = self._rounds.setdefault(event.response_id, _Round())
        made.calls[event.call_id] = None
        if len(self._rounds) > MAX_ROUNDS:
            del self._rounds[next(iter(self._rounds))]
        if not _is_json(event.arguments):
            made.unclear.append(event)
            return []
        return [_told(event)]

    def answered(self, event: ev.ToolAnswered) -> tuple[list[Command], bool]:
        """What goes upstream now, and whether an answer is to be asked for."""
        response_id = self._response_of(event.call_id)
        if response_id is None:
            return [self._refuse(event, "unknown_call", self._words(event.call_id))], False
        calls = self._rounds[response_id].calls
        if calls[event.call_id] is not None:
            words = f"callId '{event.call_id[:64]}' has its output already; the first one counts."
            return [self._refuse(event, "call_answered", words)], False
        calls[event.call_id] = event
        return self._pass_on(response_id)

    def response_over(self, response: ev.Json) -> tuple[list[Command], bool]:
        """The response makes no further call; the same two answers."""
        response_id = str(response.get("id", ""))
        made = self._rounds.get(response_id)
        if made is None:
            return [], False
        made.closed = True
        told = []
        for call in made.unclear:
            if response.get("status") == "completed":
                told.append(_told(call))
            else:
                del made.calls[call.call_id]
        made.unclear.clear()
        if not made.calls:
            del self._rounds[response_id]
            return [], False
        commands, complete = self._pass_on(response_id)
        return told + commands, complete

    def _pass_on(self, response_id: str) -> tuple[list[Command], bool]:
        made = self._rounds[response_id]
        commands: list[Command] = [ToUpstream(_item(output)) for output in made.ready()]
        if made.finished:
            del self._rounds[response_id]
            return commands, True
        return commands, False

    def _response_of(self, call_id: str) -> str | None:
        found = (name for name, made in self._rounds.items() if call_id in made.calls)
        return next(found, None)

    def _words(self, call_id: str) -> str:
        open_calls = [
            name for made in self._rounds.values() for name, said in made.calls.items() if not said
        ]
        waiting = ", ".join(open_calls[:8]) or "none"
        return f"No tool_call had callId '{call_id[:64]}'; waiting for an output: {waiting}."

    def _refuse(self, event: ev.ToolAnswered, code: str, words: str) -> Command:
        failure = ev.Failure(code=code, message=words, param="callId", event_id=event.event_id)
        return ToClient(ev.ErrorTold(error=failure))


def _told(call: ev.CallMade) -> Command:
    told = ev.ToolCalled(
        call_id=call.call_id,
        name=call.name,
        arguments=call.arguments,
        response_id=call.response_id,
        item_id=call.item_id,
    )
    return ToClient(told, response_id=call.response_id)


def _is_json(text: str) -> bool:
    try:
        msgspec.json.decode(text)
    except msgspec.DecodeError:
        return False
    return True


def _item(output: ev.ToolAnswered) -> ev.ItemCreate:
    item = {
        "type": "function_call_output",
        "call_id": output.call_id,
        "output": output.output,
    }
    return ev.ItemCreate(event_id=output.event_id, item=item)
