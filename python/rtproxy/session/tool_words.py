"""What the upstream and the client are told of a call.

Owns the words and the items. Must not know when any of them is due.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from rtproxy.model import events as ev
from rtproxy.session.commands import Command, ToClient

_SHOWN = 64  # of a name or an id that somebody else has chosen


# For the model


def output(call_id: str, text: str) -> ev.ToolAnswered:
    """What a call has come to."""
    return ev.ToolAnswered(call_id=call_id, output=text)


def item(answered: ev.ToolAnswered) -> ev.ItemCreate:
    """The same as an item of the conversation."""
    content = {
        "type": "function_call_output",
        "call_id": answered.call_id,
        "output": answered.output,
    }
    return ev.ItemCreate(event_id=answered.event_id, item=content)


def in_progress(text: str) -> str:
    """The output of a call whose result comes later."""
    return msgspec.json.encode({"status": "in_progress", "progress": text}).decode()


def error_output(code: str, message: str) -> str:
    """The output of a call that has failed."""
    return msgspec.json.encode({"error": {"code": code, "message": message}}).decode()


def unknown(call: ev.CallMade, names: Sequence[str]) -> ev.ToolAnswered:
    """Nobody has a tool of that name."""
    return output(call.call_id, error_output("unknown_tool", _no_such_tool(call, names)))


def too_many(call: ev.CallMade, most: int) -> ev.ToolAnswered:
    """So many calls run already."""
    message = f"{most} calls are being answered already; call again when some of them are."
    return output(call.call_id, error_output("too_many_calls", message))


def late(ran: ev.ToolRan, name: str) -> ev.ItemCreate:
    """The result of a call whose output only told of its progress."""
    ended = "has failed" if ran.failure is not None else "is done"
    text = f"The tool {name} (call {ran.call_id}) {ended}. What it has come to: {ran.output}"
    content = [{"type": "input_text", "text": text}]
    return ev.ItemCreate(item={"type": "message", "role": "system", "content": content})


# For the client


def told(call: ev.CallMade) -> Command:
    """It is to run a tool that it has declared."""
    called = ev.ToolCalled(
        call_id=call.call_id,
        name=call.name,
        arguments=call.arguments,
        response_id=call.response_id,
        item_id=call.item_id,
    )
    return ToClient(called, response_id=call.response_id)


def running(event: ev.ToolProgressed, name: str) -> ev.ToolProgress:
    """A tool of the proxy's says how far it is."""
    return ev.ToolProgress(call_id=event.call_id, name=name, state="running", text=event.text)


def ended(event: ev.ToolRan, name: str) -> ev.ToolProgress:
    """It has come to an end."""
    state: ev.ToolState = "done" if event.failure is None else "failed"
    return ev.ToolProgress(call_id=event.call_id, name=name, state=state, text=event.failure)


def unknown_told(call: ev.CallMade, names: Sequence[str]) -> ev.ErrorTold:
    """The model has called a tool that nobody has."""
    message = f"{_no_such_tool(call, names)} The model was told so; the conversation goes on."
    failure = ev.Failure(code="unknown_tool", message=message, param="name")
    return ev.ErrorTold(error=failure)


def unknown_call(event: ev.ToolAnswered, open_calls: Sequence[str]) -> Command:
    """It answers a call that it was not told of."""
    waiting = ", ".join(open_calls[:8]) or "none"
    shown = event.call_id[:_SHOWN]
    message = f"No tool_call had callId '{shown}'; waiting for an output: {waiting}."
    return _refuse(event, "unknown_call", message)


def answered_before(event: ev.ToolAnswered) -> Command:
    """It answers a call for the second time."""
    message = f"callId '{event.call_id[:_SHOWN]}' has its output already; the first one counts."
    return _refuse(event, "call_answered", message)


def _refuse(event: ev.ToolAnswered, code: str, message: str) -> Command:
    failure = ev.Failure(code=code, message=message, param="callId", event_id=event.event_id)
    return ToClient(ev.ErrorTold(error=failure))


def _no_such_tool(call: ev.CallMade, names: Sequence[str]) -> str:
    listed = ", ".join(names) or "none"
    return f"There is no tool '{call.name[:_SHOWN]}'; there are: {listed}."
