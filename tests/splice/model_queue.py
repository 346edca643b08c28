"""The model's queue: what waits to be written on one leg, and how it becomes frames.

Owns the order on the wire: whole messages first in, first out; control frames
between frames; a frame that has begun is finished; what a message is (its wrap, its
number, whether its time has passed) is decided when its frame begins. Must not know
where messages come from.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction

from tests.splice.model_kinds import Chunk, Wrap
from tests.splice.wsclient import Opcode, frame

MAX_PONGS = 16


@dataclass(frozen=True)
class Text:
    """A whole message that is not audio."""

    payload: bytes
    binary: bool = False


@dataclass(eq=False)
class Audio:
    """A chunk that has been released: when it is to be played, on the splice's clock."""

    chunk: Chunk
    start: Fraction | None = None  # None: it never expires
    end: Fraction | None = None

    def expired(self, now: Fraction) -> bool:
        return self.end is not None and self.end <= now


class Queue:
    """The outgoing side of a leg, or the backlog of a side that has no leg."""

    def __init__(self, *, masked: bool = False, wrap: Wrap | None = None) -> None:
        self.waiting: list[Text | Audio] = []
        self.wrap = wrap
        self.closing: bytes | None = None  # the close frame, last of all
        self.close_begun = False
        self.number = 0
        self.replayed = Fraction(0)  # of the audio that waits, or waited with it
        self.lost: list[Chunk] = []  # audio discarded because its time had passed
        self._masked = masked
        self._controls: list[bytes] = []
        self._begun: list[bytes] = []  # the frame being written, then its second message

    def put(self, entry: Text | Audio) -> None:
        self.waiting.append(entry)

    def control(self, opcode: Opcode, payload: bytes) -> None:
        """Before the next message; of many pongs the latest (RFC 6455 section 5.5.3)."""
        if self.close_begun:
            return
        pongs = [one for one in self._controls if one[0] & 0x0F == Opcode.PONG]
        if opcode is Opcode.PONG and len(pongs) == MAX_PONGS:
            self._controls.remove(pongs[0])
        self._controls.append(frame(opcode, payload, masked=self._masked))

    def close(self, code: int, reason: str) -> None:
        """The close frame goes last, once all that waits has gone."""
        if self.closing is None:
            payload = b"" if code == 1005 else struct.pack("!H", code) + reason.encode()
            self.closing = frame(Opcode.CLOSE, payload, masked=self._masked)

    def cut_audio(self) -> None:
        self.lost += [one.chunk for one in self.waiting if isinstance(one, Audio)]
        self.waiting = [one for one in self.waiting if isinstance(one, Text)]

    def abandon(self) -> None:
        """The socket is gone: nothing more can be written."""
        self._controls, self._begun = [], []
        self.closing, self.close_begun = b"", True

    def expire(self, now: Fraction) -> None:
        """Discard the audio whose play time has passed."""
        gone = [one for one in self.waiting if isinstance(one, Audio) and one.expired(now)]
        self.waiting = [one for one in self.waiting if one not in gone]
        self.lost += [one.chunk for one in gone]

    def cut(self, response: str) -> list[Chunk]:
        """Take out the response's audio whose frames have not begun."""
        cut = [
            one for one in self.waiting if isinstance(one, Audio) and one.chunk.response == response
        ]
        self.waiting = [one for one in self.waiting if one not in cut]
        return [one.chunk for one in cut]

    def pull(self, now: Fraction, max_bytes: int) -> bytes:
        pulled = b""
        while len(pulled) < max_bytes and self._begin(now):
            room = max_bytes - len(pulled)
            pulled, self._begun[0] = pulled + self._begun[0][:room], self._begun[0][room:]
            if not self._begun[0]:
                self._begun.pop(0)
        self.replayed = self.replayed if self.audio else Fraction(0)
        return pulled

    @property
    def audio(self) -> Fraction:
        """Seconds of audio that wait."""
        waiting = [one.chunk.seconds for one in self.waiting if isinstance(one, Audio)]
        return sum(waiting, Fraction(0))

    def _begin(self, now: Fraction) -> bool:
        """Make sure that a frame has begun, if there is one."""
        if self._begun or self.close_begun:
            return bool(self._begun)
        self.expire(now)
        if self._controls:
            self._begun = [self._controls.pop(0)]
        elif self.waiting:
            self._begun = self._frames(self.waiting.pop(0))
        elif self.closing is not None:
            self.close_begun = True
            self._begun = [self.closing]
        return bool(self._begun)

    def _frames(self, entry: Text | Audio) -> list[bytes]:
        if isinstance(entry, Text):
            messages = [(entry.binary, entry.payload)]
        else:
            assert self.wrap is not None
            self.number += 1
            messages = self.wrap.messages(entry.chunk, self.number)
        return [
            frame(Opcode.BINARY if binary else Opcode.TEXT, payload, masked=self._masked)
            for binary, payload in messages
        ]

    @property
    def size(self) -> tuple[int, int]:
        """Messages, and the bytes of what they are made of."""
        texts = [one.payload if isinstance(one, Text) else one.chunk.raw for one in self.waiting]
        return len(texts), sum(map(len, texts)) + sum(map(len, self._begun))

    @property
    def closed(self) -> bool:
        """The close frame has been written to its last byte."""
        return self.close_begun and not self._begun

    @property
    def idle(self) -> bool:
        """Nothing is left to write."""
        wrote_close = self.closing is None or self.close_begun
        return not (self.waiting or self._controls or self._begun) and wrote_close
