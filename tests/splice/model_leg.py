"""The model's leg: bytes to arrivals, arrivals to deliveries, one hold at a time.

Owns what is known of one WebSocket: what came and is not yet sorted, what Python
has not yet read, the hold that stands, the ping that is open, the way it ends.
Must not know the other legs or the lanes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from tests.splice.model_kinds import Format, Kinds, Wrap
from tests.splice.model_queue import Queue
from tests.splice.wsclient import Broken, Heard, Opcode, Reader

INBOX_BYTES = 1_048_576


class Side(Enum):
    CLIENT = "client"
    UPSTREAM = "upstream"

    @property
    def other(self) -> Side:
        return Side.UPSTREAM if self is Side.CLIENT else Side.CLIENT


class MessageKind(Enum):
    HOLD = "hold"
    COPY = "copy"
    MARK = "mark"
    CLOSED = "closed"


@dataclass(frozen=True)
class Message:
    """What Python reads; the same fields as the extension's Message."""

    kind: MessageKind
    raw: bytes = b""
    binary: bool = False
    hold: int = 0
    code: int = 0
    reason: str = ""
    violation: bool = False


class Leg:
    """One leg; `inbox` holds whole messages and, last, how it ended."""

    def __init__(self, side: Side, max_message_bytes: int) -> None:
        self.side = side
        self.queue = Queue(masked=side is Side.UPSTREAM)
        self.inbox: list[Heard | Message] = []
        self.deliveries: list[Message] = []
        self.hold: int | None = None
        self.kinds = Kinds()
        self.format = Format()
        self.hears = True
        self.sent_ms = Fraction(0)  # input audio sent to it, in its own time
        self.ping_at: Fraction | None = None
        self.unread = Fraction(0)  # how long we have not read since the ping
        self.unread_since: Fraction | None = None
        self.ended = False  # the peer's close, its end of stream, or a violation has come
        self.closed_by_us = False
        self._reader = Reader(masked=side is Side.CLIENT, max_message_bytes=max_message_bytes)

    def set_up(self, kinds: Kinds, wrap: Wrap, speaks: Format, *, hears: bool) -> None:
        self.kinds, self.queue.wrap, self.format, self.hears = kinds, wrap, speaks, hears

    # Bytes
    def feed(self, data: bytes) -> None:
        """Decode everything at once; control frames are dealt with here."""
        if self.ended:
            return
        if not data:
            self.end(Message(MessageKind.CLOSED, code=1006))
            if not self.closed_by_us:  # else the frame may still reach half a peer
                self.queue.abandon()
        for heard in self._reader.read(data):
            if isinstance(heard, Broken):
                self.violate(heard.code, "")
            elif heard.opcode is Opcode.PING:
                self.queue.control(Opcode.PONG, heard.payload)
            elif heard.opcode is Opcode.PONG:
                self.ping_at = None
            elif heard.opcode is Opcode.CLOSE:
                self.queue.close(heard.code, "")
                reason = heard.payload.decode()
                self.end(Message(MessageKind.CLOSED, code=heard.code, reason=reason))
            elif not self.closed_by_us:
                self.inbox.append(heard)

    def violate(self, code: int, reason: str) -> None:
        self.queue.close(code, reason)
        self.end(Message(MessageKind.CLOSED, code=code, reason=reason, violation=True))

    def end(self, closed: Message) -> None:
        if not self.ended:
            self.ended = True
            self.ping_at = None
            self.inbox.append(closed)

    def close(self, code: int, reason: str) -> None:
        """Of our own accord."""
        if not self.ended:
            self.closed_by_us = True
            self.queue.close(code, reason)

    @property
    def open(self) -> bool:
        """Messages may still be sent to it."""
        return not self.ended and not self.closed_by_us

    @property
    def takes_audio(self) -> bool:
        return self.open and self.hears

    @property
    def finished(self) -> bool:
        return self.ended and self.queue.closed

    @property
    def inbox_full(self) -> bool:
        """So much waits behind a hold that the leg is not read."""
        waiting = sum(len(one.payload) for one in self.inbox if isinstance(one, Heard))
        return self.hold is not None and waiting > INBOX_BYTES

    # Pings
    def ping(self, now: Fraction) -> None:
        if self.ping_at is None and self.open:
            self.ping_at, self.unread = now, Fraction(0)
            self.unread_since = now if self.unread_since is not None else None
            self.queue.control(Opcode.PING, b"")

    def note_reading(self, reads: bool, now: Fraction) -> None:
        """While we do not read, the pong cannot be seen: that time does not count."""
        if self.unread_since is not None:
            self.unread += now - self.unread_since
        self.unread_since = None if reads else now

    def pong_wait(self, now: Fraction) -> Fraction | None:
        if self.ping_at is None:
            return None
        open_gap = now - self.unread_since if self.unread_since is not None else Fraction(0)
        return now - self.ping_at - self.unread - open_gap
