"""One leg as its splice knows it, whichever driver moves its bytes.

Owns what a leg receives and says, and why it ended: the first reason counts, and
our own comes before the peer's. Must not know sockets, streams or tasks.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import suppress
from math import inf
from typing import NoReturn

import trio

from rtproxy._audio_core import Message, MessageKind, Side, SpliceError
from rtproxy.legs.junction import Junction
from rtproxy.legs.leg import Answer, Outgoing
from rtproxy.model.close import CloseCode, CloseReason, Origin
from rtproxy.model.errors import LegClosed

# RFC 6455 section 7.4.1: these never stand in a close frame.
_ON_THE_WIRE: dict[int, int] = {
    CloseCode.NO_STATUS: CloseCode.DONE,
    CloseCode.ABNORMAL: CloseCode.OUR_FAULT,
}
# So many messages that are there already are received before other tasks have their turn.
AT_ONCE = 8
# Behind one so long, what it leads to is written before the next is answered: bounds on
# what waits for a peer count what it has not been offered yet, too.
LONG_BYTES = 16 * 1024
_WENT = "the connection ended without a close frame"


class SplicedLeg(ABC):
    """A Leg (see `leg.py`); `number` is its id in the splice."""

    def __init__(self, junction: Junction, side: Side, number: int) -> None:
        self.number = number
        self._junction = junction
        self._splice = junction.splice
        self._side = side
        self._message: Message | None = None  # taken from the splice, not yet received
        self._unbroken = 0  # received since others had their turn
        self._arrival: trio.Event | None = None  # somebody waits in `receive`
        self._silent: Callable[[], None] | None = None  # who is told of a silent peer
        self._gone = trio.Event()  # set once the socket is closed
        self._closing: CloseReason | None = None  # why we close
        self._closed: CloseReason | None = None  # why there will be no more messages

    # What runtime sees

    @property
    def side(self) -> Side:
        """Which end of the session this is."""
        return self._side

    async def receive(self) -> Message:
        """The next delivery; raises LegClosed when there will be no more."""
        await self._arrive()
        return self._take()

    async def serve(self, answer: Answer) -> NoReturn:
        """Have whatever comes answered, until there will be no more."""
        while True:
            await self._arrive()
            self._have_answered(answer)

    async def _arrive(self) -> None:
        """Until there is something to take."""
        if self._is_ready():
            await self._let_others_run()
        while not self._is_ready():
            if self._arrival is not None:
                raise trio.BusyResourceError("another task receives from this leg")
            self._arrival = trio.Event()
            try:
                await self._arrival.wait()
            finally:
                self._arrival = None
            self._unbroken = 0

    async def _let_others_run(self) -> None:
        """Now and then.

        Messages that belong together come together, and between each two a pass of the
        event loop would cost as much as answering one.
        """
        if self._unbroken < AT_ONCE:
            await trio.lowlevel.checkpoint_if_cancelled()
        else:
            self._unbroken = 0
            await self._junction.turnstile.go_through()

    def _have_answered(self, answer: Answer) -> None:
        """Have what is there answered in one step, while it goes on; raises LegClosed."""
        if self._message is None or self._message.kind is MessageKind.CLOSED:
            self._take()
        with self._junction:
            answer(self._at_once())

    def _at_once(self) -> Iterator[Message]:
        """What is there, one after the other: each is there once that before it is answered."""
        while self._unbroken < AT_ONCE and self._goes_on() and self._is_ready():
            message = self._message
            if message is None or message.kind is MessageKind.CLOSED:
                return
            self._message = None
            self._unbroken += 1
            yield message
            if len(message.raw) > LONG_BYTES:
                return

    def _goes_on(self) -> bool:
        """Whether who serves has not been told to end."""
        return trio.current_effective_deadline() > -inf

    def _take(self) -> Message:
        """What is ready; raises LegClosed for the end."""
        message, self._message = self._message, None
        if message is None or message.kind is MessageKind.CLOSED:
            raise LegClosed(self._note_closed(message))
        self._unbroken += 1
        return message

    def release(self, message: Message, *outgoing: Outgoing) -> None:
        """Answer a hold or a mark."""
        with self._junction as now:
            if outgoing:
                self._junction.queue(outgoing, now)
            if message.hold:
                self._splice.release(self.number, message.hold, now)

    def resubmit(self, message: Message, payload: bytes) -> bool:
        """Sort the canonical form of a hold anew: true if it was audio."""
        with self._junction as now:
            return self._splice.resubmit(self.number, message.hold, payload, now)
        return False

    def send(self, payload: bytes) -> None:
        """Queue a message to this very leg."""
        with self._junction as now:
            self._splice.send_leg(self.number, payload, now)

    def waiting(self) -> tuple[int, int]:
        """Messages and bytes that this leg has still to write."""
        try:
            return self._splice.waiting(self.number)
        except SpliceError as error:
            self._junction.break_off(error)
            return 0, 0

    def keep_alive(self, *, every_s: float, within_s: float, silent: Callable[[], None]) -> None:
        """Ping in a rhythm; `silent` is called when a pong is overdue."""
        self._silent = silent
        with self._junction as now:
            self._splice.keep_alive(self.number, round(every_s * 1000), round(within_s * 1000), now)

    async def aclose(self, reason: CloseReason) -> None:
        """Close with a handshake, by force after the close deadline."""
        self.begin_closing(reason)
        if self._gone.is_set():
            return
        # Short, because the leg's end has its deadline now.
        with trio.CancelScope(shield=True):
            await self.wait_gone()

    @abstractmethod
    def abort(self) -> None:
        """Close the socket at once, by force."""

    async def wait_gone(self) -> None:
        """Until the socket is closed, even where a hold that is not answered hides the end."""
        await self._gone.wait()

    # Its end

    @property
    def is_gone(self) -> bool:
        """Whether its socket is closed."""
        return self._gone.is_set()

    def begin_closing(self, reason: CloseReason) -> None:
        """Say goodbye, once; the socket is gone when the close deadline has passed."""
        if self._closing is not None:
            return
        self._closing = reason
        if self._gone.is_set():
            self._forget()
            return
        code = _ON_THE_WIRE.get(reason.code, reason.code)
        with self._junction as now:
            self._end_in_time(now)
            self._splice.close(self.number, code, reason.text, now)

    def fail(self, reason: CloseReason) -> None:
        """Our own fault: say so to the peer, and end."""
        now = trio.current_time()
        self._closed = reason
        with suppress(SpliceError):  # one that has panicked has said so itself
            self._splice.close(self.number, reason.code, reason.text, now)
        self._end_in_time(now)
        self._wake()

    @abstractmethod
    def _end_in_time(self, now: float) -> None:
        """Give the leg its time to part, and no more; then settle."""

    def _note_gone(self) -> None:
        """The socket is closed."""
        self._gone.set()
        if self._closing is not None:
            self._forget()

    def _forget(self) -> None:
        """Nobody wants anything from this leg any more."""
        self._closed = self._closed or self._closing
        self._silent = None
        with self._junction:
            self._splice.forget(self.number)
        self._wake()

    # What it receives

    def _wake_if_ready(self) -> None:
        if self._arrival is not None and self._is_ready():
            self._arrival.set()

    def _wake(self) -> None:
        if self._arrival is not None:
            self._arrival.set()

    def _is_ready(self) -> bool:
        """Whether `receive` need not wait; takes the next delivery if there is one."""
        if self._message is None and self._closed is None:
            try:
                self._message = self._splice.receive(self.number)
            except SpliceError as error:
                self._junction.break_off(error)
            else:
                if self._message is not None and self._message.kind is MessageKind.CLOSED:
                    self._tell_of_silence()
        return self._message is not None or self._closed is not None

    def _tell_of_silence(self) -> None:
        if self._silent is not None and self._splice.is_silent(self.number):
            self._silent()

    def _note_closed(self, message: Message | None) -> CloseReason:
        """Remember why it ended, from the leg's last delivery; why we ended it comes first."""
        if self._closed is None:
            assert message is not None  # noqa: S101 - `_is_ready` is true for one of the two
            text = message.reason
            if message.code == CloseCode.ABNORMAL and not text:
                text = _WENT
            theirs = CloseReason(message.code, text, Origin.PEER)
            self._closed = theirs if self._closing is None else self._closing
        return self._closed
