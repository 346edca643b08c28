"""Turns: who speaks, what was answered, what was heard of it, and barge-in.

Owns the answers of a session from `response.created` until they have been
played or cut, and the requests for answers that wait for their turn. Must not
know any dialect, nor what audio is: of that it learns only milliseconds.

An answer ends when it has been played, not when the upstream has finished it:
what it places in the lane is said, and its marks come back, when all audio before
them has had its time. Speech in between still cuts it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import msgspec

from rtproxy.model import events as ev
from rtproxy.session.commands import (
    Command,
    Drop,
    Exclude,
    Finish,
    PlaceMark,
    TellWhenPlayed,
    ToClient,
    ToUpstream,
)
from rtproxy.session.failures import failure_in
from rtproxy.session.playout import ByClock, Playout
from rtproxy.session.states import ANSWER_STEPS, Phase, step

_AUDIO = b"audio"
_OVER = b"over"

# More requests than this wait for nobody; the newest is refused.
MAX_WAITING_REQUESTS = 32


class Answer(msgspec.Struct):
    """One response of the conversation, from its creation until the client is rid of it."""

    response_id: str
    phase: Phase = Phase.GENERATING
    item_id: str | None = None
    start_placed: bool = False
    cut: bool = False
    status: str = "in_progress"
    usage: ev.Json | None = None
    items: set[str] = set()
    marks: dict[bytes, ev.Event | None] = {}
    generated: set[tuple[str, int]] = set()


class Turns:
    """The answers of one session.

    Every method takes an event and returns the commands that it calls for.
    `announces_audio`: the client is told of each item before the audio of it. `playout`:
    who knows when an answer was played.
    """

    def __init__(self, *, announces_audio: bool = False, playout: Playout | None = None) -> None:
        """Start with nobody speaking."""
        self.playout = playout or ByClock()
        self._announces_audio = announces_audio
        self._answers: dict[str, Answer] = {}
        self._excluded: set[str] = set()
        self._requests: deque[ev.ResponseCreate] = deque()
        self._requested: ev.ResponseCreate | None = None
        self._unwanted = False  # the one that was requested was interrupted before it began
        self.interruptible = True
        self.answers_speech = True  # the upstream answers whoever has spoken, unasked
        self._speaking = False

    def take_terms(self, session: ev.Json) -> None:
        """What the session as it now is says of who speaks when."""
        listening = (session.get("audio") or {}).get("input") or {}
        detection = listening.get("turn_detection") or {}
        self.interruptible = detection.get("interrupt_response", True) is not False
        self.answers_speech = detection.get("create_response", True) is not False

    @property
    def responding(self) -> bool:
        """Whether an answer is being generated or played."""
        return bool(self._answers)

    @property
    def generating(self) -> bool:
        """Whether the upstream has, or is about to have, an active response."""
        return self._requested is not None or any(
            answer.phase is Phase.GENERATING for answer in self._answers.values()
        )

    @property
    def answer_is_due(self) -> bool:
        """Whether somebody speaks who will be answered unasked."""
        return self._speaking and self.answers_speech

    def plays(self, item_id: str) -> bool:
        """Whether the item is of an answer that is neither over nor cut."""
        return any(item_id in one.items and not one.cut for one in self._answers.values())

    def excludes(self, response_id: str) -> bool:
        """Whether the response is outside the conversation."""
        return response_id in self._excluded

    # Asking for answers

    def request(self, event: ev.ResponseCreate) -> list[Command]:
        """Ask the upstream, or wait until it is free: it takes one response at a time."""
        if self.generating:
            return [] if event.only_if_idle else self._wait(event)
        self._requested = event
        return [ToUpstream(event)]

    def _wait(self, event: ev.ResponseCreate) -> list[Command]:
        if len(self._requests) < MAX_WAITING_REQUESTS:
            self._requests.append(event)
            return []
        failure = ev.Failure(
            code="too_many_waiting_responses",
            message=f"{MAX_WAITING_REQUESTS} requests for a response already wait for the one "
            "under way; wait for its end before asking again.",
            event_id=event.event_id,
        )
        return [ToClient(ev.ErrorTold(error=failure))]

    def refused_as_active(self, request: ev.ResponseCreate) -> None:
        """The upstream had begun one of its own meanwhile: ask again when that is done."""
        self._requested = None
        if not request.only_if_idle and not self._unwanted:
            self._requests.appendleft(request)
        self._unwanted = False

    def refused(self) -> list[Command]:
        """The upstream will not answer the last request; the next may have its turn."""
        self._requested, self._unwanted = None, False
        return self._next_request()

    def missed(self) -> list[Command]:
        """The upstream could not answer who has spoken, for another answer was under way.

        Any request that waits will be answered with what they said in view.
        """
        return [] if self._requests else self.request(ev.ResponseCreate())

    def _next_request(self) -> list[Command]:
        """Ask what has waited, but do not talk over somebody."""
        if not self._requests or self.generating or self.answer_is_due:
            return []
        return self.request(self._requests.popleft())

    # The course of an answer

    def created(self, event: ev.ResponseCreated) -> list[Command]:
        """An answer begins; one outside the conversation never enters the lane."""
        response_id = str(event.response.get("id", ""))
        if event.response.get("conversation_id", "") is None:
            self._excluded.add(response_id)
            return [Exclude(response_id)]
        answer = self._answers[response_id] = Answer(response_id, cut=self._unwanted)
        self._requested, self._unwanted = None, False
        if not answer.cut:
            return []
        return [ToUpstream(ev.ResponseCancel(response_id=response_id)), Drop(response_id)]

    def item_added(self, event: ev.OutputItemAdded) -> list[Command]:
        """The first item starts the answer: before, there is nothing to name."""
        answer = self._answers.get(event.response_id)
        if answer is None:
            return []
        answer.items.add(str(event.item.get("id")))
        if answer.start_placed:
            return []
        answer.item_id = event.item.get("id")
        return self._start(answer)

    def part_added(self, event: ev.PartAdded) -> list[Command]:
        """A client of bare audio learns whose it is, once for each item."""
        answer = self._answers.get(event.response_id)
        spoken = event.part.get("type") == "audio"
        if answer is None or not (self._announces_audio and spoken):
            return []
        started = ev.AudioStarted(response_id=event.response_id, item_id=event.item_id)
        if started in answer.marks.values():
            return []
        return self._mark(answer, _AUDIO, started)

    def text(self, event: ev.OutputTextDelta) -> list[Command]:
        """Text passes at once, or behind its answer's start."""
        if self.excludes(event.response_id):
            return []
        return [ToClient(event, response_id=event.response_id)]

    def audio_generated(self, event: ev.OutputAudioDone) -> list[Command]:
        """All audio of a part is in the lane: know when it has been played."""
        answer = self._answers.get(event.response_id)
        if answer is None:
            return []
        answer.generated.add((event.item_id, event.content_index))
        played = ev.AnswerPlayed(response_id=event.response_id, item_id=event.item_id)
        return self.playout.tell(TellWhenPlayed(answer.response_id, played))

    def done(self, event: ev.ResponseDone) -> list[Command]:
        """The upstream has finished; the client learns of it when it was played."""
        response_id = str(event.response.get("id", ""))
        if response_id in self._excluded:
            self._excluded.discard(response_id)
            return [Finish(response_id)]
        answer = self._answers.get(response_id)
        if answer is None:
            return self._next_request()
        answer.phase = step(ANSWER_STEPS, answer.phase, Phase.GENERATED)
        answer.status = str(event.response.get("status", "completed"))
        answer.usage = event.response.get("usage")
        commands: list[Command] = [Finish(response_id), *self._failure(event)]
        if not answer.start_placed:
            commands += self._start(answer)
        commands += self._mark(answer, _OVER, None)
        return commands + self._next_request()

    def _failure(self, event: ev.ResponseDone) -> list[Command]:
        failure = failure_in(event.response)
        return [] if failure is None else [ToClient(ev.ErrorTold(error=failure))]

    # Marks

    def _start(self, answer: Answer) -> list[Command]:
        answer.start_placed = True
        started = ev.AnswerStarted(response_id=answer.response_id, item_id=answer.item_id)
        return self.playout.tell(TellWhenPlayed(answer.response_id, started, starts=True))

    def _mark(self, answer: Answer, kind: bytes, tells: ev.Event | None) -> list[Command]:
        token = b"%s %d %s" % (kind, len(answer.marks), answer.response_id.encode())
        answer.marks[token] = tells
        return self.playout.place(PlaceMark(answer.response_id, token))

    def mark_reached(self, event: ev.MarkReached) -> list[Command]:
        """Everything before the mark was played: tell the client what it stands for."""
        kind = event.token.partition(b" ")[0]
        marked = (one for one in self._answers.values() if event.token in one.marks)
        answer = next(marked, None)
        if answer is None:  # it is over, or a client hands back what it was never given
            return []
        if kind == _OVER:
            return [ToClient(self._over(answer))]
        tells = answer.marks[event.token]
        return [] if tells is None or answer.cut else [ToClient(tells)]

    def _over(self, answer: Answer) -> ev.AnswerOver:
        answer.phase = step(ANSWER_STEPS, answer.phase, Phase.OVER)
        del self._answers[answer.response_id]
        status = "cancelled" if answer.cut else answer.status
        return ev.AnswerOver(response_id=answer.response_id, status=status, usage=answer.usage)

    # Barge-in

    def speech_started(self) -> list[Command]:
        """Someone speaks: what plays stops, unless the session is told not to."""
        self._speaking = True
        return self.cut_all() if self.interruptible else []

    def speech_stopped(self) -> list[Command]:
        """They have ended, and are answered; what waited meanwhile may have its turn."""
        self._speaking = False
        return self._next_request()

    def interrupt(self) -> list[Command]:
        """The client wants the answer stopped; silent where there is none.

        One that was asked for and has not begun is stopped when it does.
        """
        self._unwanted = self._requested is not None
        cancel: list[Command] = [
            ToUpstream(ev.ResponseCancel(response_id=answer.response_id))
            for answer in self._answers.values()
            if answer.phase is Phase.GENERATING and not answer.cut
        ]
        return cancel + self.cut_all()

    def cut_all(self) -> list[Command]:
        """Cut every answer that is not cut yet."""
        live = [answer for answer in self._answers.values() if not answer.cut]
        for answer in live:
            answer.cut = True
        return [Drop(answer.response_id) for answer in live]

    def dropped(self, event: ev.Dropped) -> list[Command]:
        """Tell both sides where the answer was cut: the upstream must forget the rest.

        A part that was heard whole is left alone, for truncation costs its transcript.
        """
        answer = self._answers.get(event.response_id)
        generated = answer.generated if answer else set()
        cut = [
            part
            for part in event.heard
            if not (part.whole and (part.item_id, part.content_index) in generated)
        ]
        if not cut:
            return self._cut_between_parts(answer, event.heard) if answer else []
        return [command for part in cut for command in _cut(event.response_id, part)]

    def _cut_between_parts(self, answer: Answer, heard: Sequence[ev.HeardPart]) -> list[Command]:
        """All that there is was heard: either that was the whole answer, or more was to come."""
        if answer.phase is not Phase.GENERATING:
            answer.cut = False
            return [] if self.playout.certain else [ToClient(self._over(answer))]
        item_id = heard[-1].item_id if heard else answer.item_id
        if item_id is None:
            return []
        played_ms = int(heard[-1].heard_ms) if heard else 0
        told = ev.Interrupted(item_id=item_id, played_ms=played_ms)
        return [ToClient(told, response_id=answer.response_id)]


def _cut(response_id: str, part: ev.HeardPart) -> list[Command]:
    played_ms = int(part.heard_ms)
    told = ev.Interrupted(item_id=part.item_id, played_ms=played_ms)
    truncate = ev.ItemTruncate(
        item_id=part.item_id, content_index=part.content_index, audio_end_ms=played_ms
    )
    return [ToClient(told, response_id=response_id), ToUpstream(truncate)]
