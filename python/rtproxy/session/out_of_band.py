"""Responses outside the conversation: asked for, known again, and told as one result.

Owns those that are under way, and the mark in the metadata by which one is known again:
the upstream gives metadata back (protocol reference, 5 (h)), so a key of ours goes with
the asker's own and is taken out before anybody is told. Such a response never enters the
conversation's lane, turns or history, and runs beside its answers. Must not know who asks
in the proxy, nor what the answer is for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rtproxy.model import events as ev
from rtproxy.model.aside import MARK
from rtproxy.session.commands import Aside, Command, Note, ToClient, ToUpstream
from rtproxy.session.failures import failure_in
from rtproxy.session.history import History

# So many at once; whoever asks for more is refused until one is done.
MAX_ASIDES = 16


@dataclass(slots=True)
class _Question:
    """One that is under way; `response_id` once it has begun."""

    asked: ev.AskAside
    response_id: str | None = None
    forgotten: bool = False


class Asides:
    """The responses outside one session's conversation."""

    def __init__(self, history: History) -> None:
        """Start without any."""
        self._history = history
        self._open: dict[str, _Question] = {}  # by the mark in the metadata
        self._count = 0

    def ask(self, event: ev.AskAside) -> list[Command]:
        """Ask the upstream; it need not be free."""
        if len(self._open) >= MAX_ASIDES:
            return _refusal(event, _too_many(event))
        self._count += 1
        mark = str(self._count)
        self._open[mark] = _Question(event)
        response = {
            "conversation": "none",
            "output_modalities": ["text"],
            "tool_choice": "none",  # nobody would run them
            **with_context(event.response, event.last_items, self._history),
        }
        response["metadata"] = {**(response.get("metadata") or {}), MARK: mark}
        return [ToUpstream(ev.ResponseCreate(event_id=event.event_id, response=response))]

    def forget(self, event: ev.ForgetAside) -> list[Command]:
        """Stop it, now or as soon as it begins; nobody is told of it."""
        found = (one for one in self._open.values() if one.asked.number == event.number)
        question = next(found, None)
        if question is None:
            return []
        question.forgotten = True
        return _cancel(question)

    def created(self, response: ev.Json) -> list[Command]:
        """A response has begun: one that nobody waits for any more is stopped."""
        question = self._open.get(_mark_in(response)) if self._open else None
        if question is None:
            return []
        question.response_id = str(response.get("id", ""))
        return _cancel(question) if question.forgotten else []

    def done(self, response: ev.Json) -> list[Command]:
        """A response has ended: tell who asked, if it was one of these."""
        question = self._open.pop(_mark_in(response), None) if self._open else None
        if question is None or question.forgotten:
            return []
        status = str(response.get("status", "completed"))
        text, metadata = _text_of(response.get("output") or ()), _metadata_of(response)
        asked, failure = question.asked, failure_in(response, question.asked.event_id)
        if asked.number is not None:
            return [Aside(asked.number, text, status, metadata, failure)]
        answered = ev.AsideAnswered(
            event_id=asked.event_id,
            response_id=str(response.get("id", "")),
            text=text,
            status=status,
            metadata=metadata,
        )
        told: list[Command] = [] if failure is None else _refusal(asked, failure)
        return [*told, ToClient(answered)]

    def refused(self, sent: ev.Event) -> ev.AskAside | None:
        """What was asked, if this is how the upstream was: it will not be answered."""
        response = sent.response if isinstance(sent, ev.ResponseCreate) else None
        question = self._open.pop(_mark_in(response or {}), None)
        return question.asked if question else None


def with_context(response: ev.Json, last_items: int | None, history: History) -> ev.Json:
    """The response; with so many of the last items before its own input, where asked for."""
    if last_items is None:
        return response
    references = [{"type": "item_reference", "id": one} for one in history.last(last_items)]
    return {**response, "input": [*references, *response.get("input", ())]}


def refusal(asked: ev.AskAside, failure: ev.Failure) -> list[Command]:
    """What the proxy asked was refused; a client is told as of any message of its own."""
    if asked.number is None:
        return []
    return [
        Note("aside_refused", "warning", {"code": failure.code, "text": failure.message}),
        Aside(asked.number, "", "failed", failure=failure),
    ]


def _refusal(asked: ev.AskAside, failure: ev.Failure) -> list[Command]:
    if asked.number is not None:
        return refusal(asked, failure)
    return [ToClient(ev.ErrorTold(error=failure, about=asked.message_type))]


def _too_many(event: ev.AskAside) -> ev.Failure:
    message = (
        f"{MAX_ASIDES} responses outside the conversation are under way; ask again when one of "
        "them is done."
    )
    return ev.Failure(code="too_many_responses", message=message, event_id=event.event_id)


def _cancel(question: _Question) -> list[Command]:
    if question.response_id is None:
        return []
    return [ToUpstream(ev.ResponseCancel(response_id=question.response_id))]


def _mark_in(response: ev.Json) -> str:
    """Empty where it is none of these: one of the conversation may bear any metadata."""
    metadata = response.get("metadata") or {}
    outside = response.get("conversation_id", "") is None or response.get("conversation") == "none"
    return str(metadata.get(MARK, "")) if outside else ""


def _metadata_of(response: ev.Json) -> ev.Json:
    metadata = response.get("metadata") or {}
    return {key: value for key, value in metadata.items() if key != MARK}


def _text_of(output: Sequence[ev.Json]) -> str:
    parts = [part for item in output for part in item.get("content") or ()]
    return "\n".join(str(part.get("text") or part.get("transcript") or "") for part in parts)
