"""What runtime sees of a session's two ends, and all that it sees.

Owns the interface between the session's tasks and whichever driver is below:
legs, and the splice between them. No bytes, sockets or TLS appear above it, and
it must not know which driver implements it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass
from typing import NoReturn, Protocol

import msgspec

from rtproxy._audio_core import Counters, Kinds, Level, Message, MessageKind, Side, Wrap
from rtproxy.legs.transport import Connection
from rtproxy.model.audio_format import PCM16_24K, LegAudio
from rtproxy.model.close import CloseReason

__all__ = [
    "Answer",
    "Attachment",
    "Leg",
    "LegsOptions",
    "Mark",
    "Message",
    "MessageKind",
    "OpenLegs",
    "Outgoing",
    "SayWhenPlayed",
    "SessionLegs",
    "Side",
    "SpliceLegs",
    "ToSide",
]


class ToSide(msgspec.Struct, frozen=True):
    """One whole message for the leg that `side` has.

    `response_id` ties text to its response: while that response's start is still
    waiting in the lane, the text waits behind it.
    """

    side: Side
    payload: bytes
    response_id: str | None = None
    binary: bool = False


class Mark(msgspec.Struct, frozen=True):
    """A place in the lane to the client; comes back when all audio before it was played."""

    response_id: str
    token: bytes


class SayWhenPlayed(msgspec.Struct, frozen=True):
    """Whole messages for the client, for when all audio before them was played."""

    response_id: str
    payloads: tuple[bytes, ...]
    starts: bool = False


Outgoing = ToSide | Mark | SayWhenPlayed

# Answers deliveries that are there already, each before it takes the next. It must not wait.
Answer = Callable[[Iterator[Message]], None]


@dataclass(frozen=True, slots=True)
class Attachment:
    """How a leg's messages are sorted and how audio for it is wrapped.

    `speaks` is the audio that comes from it, `hears` what it takes; None while it is
    not to be sent any. The lanes convert between the two legs.
    """

    kinds: Kinds
    wrap: Wrap
    speaks: LegAudio = PCM16_24K
    hears: LegAudio | None = PCM16_24K


@dataclass(frozen=True, slots=True)
class LegsOptions:
    """What holds for the legs of one session; the reasons are in the configuration.

    `lead_ms` None: the client buffers by protocol and is not paced.
    """

    lead_ms: int | None = 400
    answer_ms: int = 300_000
    burst_ms: int = 120_000
    ring_ms: int = 60_000
    waiting_messages: int = 1_000
    waiting_bytes: int = 1_048_576
    stall_ms: int = 10_000
    message_ms: int = 60_000
    tiny_fragments: int = 4_096
    send_buffer_bytes: int = 131_072
    send_s: float = 10.0
    close_s: float = 3.0


class Leg(Protocol):
    """One WebSocket, from the end of its handshake to the end of its socket."""

    @property
    def side(self) -> Side:
        """Which end of the session this is."""

    async def receive(self) -> Message:
        """The next hold, copy or mark.

        Raises LegClosed, with the reason, when there will be no more.
        """

    async def serve(self, answer: Answer) -> NoReturn:
        """Have whatever comes answered as soon as it is there, a few deliveries at once.

        What they lead to is one step (see `together`). No task need wake for them:
        `answer` may be called by another task while this one waits, but not once it is
        cancelled. Raises LegClosed, with the reason, when there will be no more, and
        whatever `answer` raises.
        """

    def release(self, message: Message, *outgoing: Outgoing) -> None:
        """Answer a hold or a mark: once, in order, without awaiting in between.

        The messages go out even if this leg has gone meanwhile.
        """

    def resubmit(self, message: Message, payload: bytes) -> bool:
        """Sort the canonical form of a hold anew: true if it was audio and took the lane.

        The hold must still be released.
        """

    def send(self, payload: bytes) -> None:
        """Queue a message to this very leg; never waits."""

    def waiting(self) -> tuple[int, int]:
        """Messages and bytes that this leg has still to write.

        What the kernel has taken is not counted; frames that have begun count as one
        message.
        """

    def keep_alive(self, *, every_s: float, within_s: float, silent: Callable[[], None]) -> None:
        """Ping each `every_s` from now on; time in which we do not read does not count.

        Where no pong is there `within_s` later, the leg has ended with 1006, as its
        reader learns, and `silent` is called, once: the socket is to be aborted.
        """

    def begin_closing(self, reason: CloseReason) -> None:
        """Say goodbye; never waits. Idempotent."""

    async def aclose(self, reason: CloseReason) -> None:
        """Close with a handshake, by force after the close deadline.

        Idempotent; returns when the socket is gone.
        """

    def abort(self) -> None:
        """Close the socket at once, by force."""

    async def wait_gone(self) -> None:
        """Until the socket is closed, even where a hold that is not answered hides the end."""


class SpliceLegs(Protocol):
    """The splice of one session."""

    def together(self) -> AbstractContextManager[object]:
        """What is done in the block becomes one step: written, and told, at its end.

        Nothing may be awaited inside.
        """

    def attach(self, leg: Leg, attachment: Attachment) -> None:
        """Make the leg its side's leg, in place of any before it."""

    def detach(self, side: Side) -> None:
        """Leave the side without a leg."""

    def post(self, outgoing: Sequence[Outgoing]) -> None:
        """Send outside of any hold."""

    def drop(self, response_id: str) -> list[tuple[str, int, float, float]]:
        """Cut a response; (item id, content index, heard ms, received ms) of its parts."""

    def finish(self, response_id: str) -> None:
        """The upstream is done with the response: no more audio of it will come."""

    def exclude(self, response_id: str) -> None:
        """The response is out-of-band: keep its audio out of the lane."""

    def end_input(self) -> float:
        """A commit goes out: flush conversion tails before it.

        Returns where it stands in the upstream's own input time, in milliseconds.
        """

    def discard_input(self) -> None:
        """What was said is to be forgotten: conversion tails with it."""

    def forget_input(self, before_ms: float) -> None:
        """Nobody will ask for what came before that, in the upstream's own input time."""

    def shape(self, gain: float, pitch: float) -> None:
        """How loud (0 to 4) and how high (0.5 to 2, the duration kept) answers are heard.

        From the next audio on that leaves the lane. ValueError beyond these.
        """

    def pause(self) -> None:
        """Stop the lane to the client."""

    def resume(self) -> None:
        """Let the lane go on."""

    def counters(self, item_id: str) -> Counters | None:
        """What was received, released, heard and dropped of an item."""

    def playing(self) -> str | None:
        """The item that is being heard, if any is."""

    def playback(self, item_id: str, played_ms: float) -> bool:
        """The client says how much of an item has been heard by now; false: unknown.

        The play-out clock goes by it from here on.
        """

    def level(self, side: Side) -> Level | None:
        """How loud audio from that side is, and whether somebody speaks; None after a panic.

        To be asked costs half as much again for every chunk that follows.
        """

    def replay(self, from_ms: float) -> float:
        """Say the input from that millisecond on to the attached upstream again.

        Returns the milliseconds that were sent.
        """


class SessionLegs(SpliceLegs, Protocol):
    """The splice of one session, and the way in for its connections."""

    def add(self, side: Side, connection: Connection, *, max_message_bytes: int) -> Leg:
        """Make a leg of a connection whose handshake is done, and own it from now on.

        Until it is attached, all its messages are holds.
        """


class OpenLegs(Protocol):
    """How sessions get their legs: what a driver is to everybody else."""

    def __call__(
        self, options: LegsOptions | None = None, *, seed: bytes | None = None
    ) -> AbstractAsyncContextManager[SessionLegs]:
        """The legs of one session, as long as the block runs.

        Legs that are still open when the block ends are closed: with 1011 if an
        exception ends it, else with 1001. `seed` are 32 random bytes for masks.
        """
