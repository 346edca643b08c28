"""Carries the session core's commands out, without deciding anything.

Owns the way from a message to events, through the core, to messages again: all
of it synchronous, because a hold must be answered without awaiting in between.
Must not know what any event means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Protocol

import msgspec

from rtproxy.dialects import realtime
from rtproxy.dialects.dialect import Dialect
from rtproxy.legs.leg import (
    Leg,
    Mark,
    Message,
    MessageKind,
    Outgoing,
    SayWhenPlayed,
    Side,
    SpliceLegs,
    ToSide,
)
from rtproxy.model import events as ev
from rtproxy.model.close import CloseReason
from rtproxy.runtime.notes import Log, Notes
from rtproxy.session import commands as cmd
from rtproxy.session.formats import UpstreamAudio
from rtproxy.session.states import State
from rtproxy.upstreams.upstream import conceal

# What of a client's message is carried out, at that time.
Screen = Callable[[Sequence[ev.Event], float], Sequence[ev.Event]]


class Core(Protocol):
    """The pure core of a session."""

    state: State

    @property
    def deadline(self) -> float:
        """When it is to be told that time has passed, by its clock; inf: never."""

    def receive(self, event: ev.Event, now: float) -> list[cmd.Command]:
        """What the event calls for."""


def ignore(aside: cmd.Aside) -> None:
    """Nobody in the proxy asks anything beside the conversation."""
    del aside


def let_pass(events: Sequence[ev.Event], now: float) -> Sequence[ev.Event]:
    """All of it."""
    del now
    return events


def no_tools(call: cmd.RunTool) -> None:
    """There are none: a core that was given no tools' names asks for none."""
    raise AssertionError(f"nobody runs {call.name}")


class Performer:
    """The hands of one session's core.

    `end` is called with the reason, after everything said before it was sent; `join`
    with what the upstream takes and speaks, each time that it is something else; `dial`
    when an upstream is wanted (with a model, or None); `adopt` with the dialect that is
    spoken from here on; `aside` with what the proxy asked beside the conversation, `run_tool`
    with each call of a tool of ours: neither waits.
    `screen` says what of a client's message is carried out. `secrets` are the keys of the
    upstreams: whatever an upstream says of its key, the client must not read it.
    """

    def __init__(
        self,
        core: Core,
        dialect: Dialect,
        legs: SpliceLegs,
        *,
        clock: Callable[[], float],
        end: Callable[[CloseReason], None],
        join: Callable[[UpstreamAudio], None],
        dial: Callable[[str | None], None],
        adopt: Callable[[Dialect], None],
        run_tool: Callable[[cmd.RunTool], None] = no_tools,
        aside: Callable[[cmd.Aside], None] = ignore,
        screen: Screen = let_pass,
        log: Log,
        secrets: tuple[bytes, ...] = (),
    ) -> None:
        """Take what the session is made of."""
        self._core = core
        self._dialect = dialect
        self._legs = legs
        self._clock = clock
        self._end = end
        self._join = join
        self._dial = dial
        self._adopt = adopt
        self._run_tool = run_tool
        self._aside = aside
        self._screen = screen
        self._notes = Notes(log, clock)
        self._secrets = secrets
        self._reason: CloseReason | None = None  # why it ends, once all is sent

    def client_message(self, leg: Leg, message: Message) -> None:
        """Answer what the client said, or a mark that was reached in the lane to it."""
        if message.kind is MessageKind.MARK:
            self._answer(leg, message, [ev.MarkReached(token=message.raw)])
        elif message.kind is MessageKind.HOLD:
            events = self._dialect.decode(message.raw, binary=message.binary)
            self._answer(leg, message, self._screen(events, self._clock()))

    def upstream_message(self, leg: Leg, message: Message, raw: bytes | None = None) -> None:
        """Answer what the upstream said; a copy has been passed on already.

        `raw` is what it is taken to say, where that is something else.
        """
        if message.kind is MessageKind.HOLD:
            said = message.raw if raw is None else raw
            self._answer(leg, message, self._dialect.decode_upstream(said))
        else:
            self.post(realtime.decode_server(message.raw))

    def post(self, event: ev.Event) -> None:
        """Tell the core something that no leg said."""
        outgoing: list[Outgoing] = []
        self._run([event], outgoing, None)
        self._legs.post(outgoing)
        if self._reason is not None:
            self._end_session(self._reason)

    def _answer(self, leg: Leg, message: Message, events: Iterable[ev.Event]) -> None:
        outgoing: list[Outgoing] = []
        with self._legs.together():
            try:
                self._run(events, outgoing, (leg, message))
            finally:
                leg.release(message, *outgoing)
        if self._reason is not None:
            self._end_session(self._reason)

    def _end_session(self, reason: CloseReason) -> None:
        self._reason = None
        said = conceal(reason.text.encode(), self._secrets).decode()
        self._end(replace(reason, text=said))

    def _run(
        self,
        events: Iterable[ev.Event],
        outgoing: list[Outgoing],
        held: tuple[Leg, Message] | None,
    ) -> None:
        for event in events:
            dialect = self._dialect.after(event)
            if dialect is not self._dialect:
                # Whatever is said from here on is said, sorted and wrapped as this one does it.
                self._dialect = dialect
                self._adopt(dialect)
            for command in self._core.receive(event, self._clock()):
                follow_up = self._perform(command, outgoing, held)
                if follow_up is not None:
                    about = msgspec.structs.replace(follow_up, message_type=event.message_type)
                    self._run([about], outgoing, held)

    def _perform(  # noqa: C901 - one case per command is the clearest form of a table
        self, command: cmd.Command, outgoing: list[Outgoing], held: tuple[Leg, Message] | None
    ) -> ev.Event | None:
        match command:  # the usual ones first
            case cmd.ToClient(event, response_id):
                outgoing.extend(ToSide(Side.CLIENT, said, response_id) for said in self._say(event))
            case cmd.TellWhenPlayed(response_id, event, starts):
                payloads = tuple(self._say(event))
                outgoing.append(SayWhenPlayed(response_id, payloads, starts))
            case cmd.PlaceMark(response_id, token):
                outgoing.append(Mark(response_id, token))
            case cmd.Finish(response_id):
                self._legs.finish(response_id)
            case cmd.ForgetInput(before_ms):
                self._legs.forget_input(before_ms)
            case cmd.ToUpstream(event):
                outgoing.append(ToSide(Side.UPSTREAM, realtime.encode_client(event)))
            case cmd.Drop(response_id):
                return self._drop(response_id)
            case cmd.Exclude(response_id):
                self._legs.exclude(response_id)
            case cmd.FlushInput():
                return ev.InputFlushed(at_ms=self._legs.end_input())
            case cmd.DiscardInput():
                self._legs.discard_input()
            case cmd.JoinAudio(audio):
                self._join(audio)
            case cmd.Resubmit(payload) if held is not None:
                leg, message = held
                leg.resubmit(message, payload)
            case cmd.Dial(model):
                self._dial(model)
            case cmd.Shape(gain, pitch):
                self._legs.shape(gain, pitch)
            case cmd.Measure(item_id, played_ms, event_id):
                return self._measure(item_id, played_ms, event_id)
            case cmd.Playback(item_id, played_ms):
                self._legs.playback(item_id, played_ms)
            case cmd.RunTool():
                self._run_tool(command)
            case cmd.Aside():
                self._aside(command)
            case cmd.End(reason):
                self._reason = reason
            case cmd.Note(name, level, fields):
                self._notes.write(name, level, fields)
        return None

    def _say(self, event: ev.Event) -> Sequence[bytes]:
        """The client's words for it, without any key of an upstream's."""
        payloads = self._dialect.encode(event)
        if not self._secrets:
            return payloads
        return [conceal(payload, self._secrets) for payload in payloads]

    def _measure(self, item_id: str | None, played_ms: float, event_id: str | None) -> ev.Event:
        item_id = item_id or self._legs.playing()
        counted = self._legs.counters(item_id) if item_id else None
        return ev.Measured(
            event_id=event_id,
            item_id=item_id,
            sent_ms=counted.released_ms if counted else None,
            played_ms=played_ms,
        )

    def _drop(self, response_id: str) -> ev.Event:
        heard = tuple(
            ev.HeardPart(
                item_id=item_id,
                content_index=content_index,
                heard_ms=heard_ms,
                received_ms=received_ms,
            )
            for item_id, content_index, heard_ms, received_ms in self._legs.drop(response_id)
        )
        return ev.Dropped(response_id=response_id, heard=heard)
