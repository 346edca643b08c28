"""WebSockets by the hundred with no task of their own: both ends of a load.

Owns the one descriptor that all of them stand behind (Trio waits for that alone:
waking a task for each socket costs more than all else that is done with a chunk)
and the life of one such leg: frames in and out, pings answered, the close
handshake. Must not know what the messages mean.

It is not the way of a session: nothing is paced or bounded here but what waits for
a peer that does not read. Only plain sockets can stand behind a descriptor, so
there is no TLS.
"""

from __future__ import annotations

import selectors
import time
from typing import Protocol

import trio

from rtproxy._audio_core import FrameDecoder, FrameEncoder
from rtproxy.legs.containment import report
from rtproxy.legs.transport import LOST, SocketTransport
from rtproxy.model.close import CloseCode, CloseReason, Origin

WAITING_BYTES = 8 * 1024 * 1024  # for a peer that does not read; then it is given up
# At a visit: some six chunks, half a millisecond of an echo. A peer that floods always
# has more to read, and all others wait for as long as its visits take.
VISIT_BYTES = 16 * 1024
_NO_STATUS_ON_THE_WIRE = 0


class Receiver(Protocol):
    """Who is told what happens on a leg; it must not wait."""

    def receive(self, payload: bytes, *, text: bool, at_ns: int) -> None:
        """A whole message came; `at_ns`: when it was read, on CLOCK_MONOTONIC."""

    def ended(self, reason: CloseReason) -> None:
        """There will be no more; called once."""


class LeanLegs:
    """The legs that are watched together; `run` serves them until it is cancelled."""

    def __init__(self) -> None:
        self._watched = selectors.DefaultSelector()

    async def run(self) -> None:
        """Read whatever can be read, write whatever had to wait."""
        descriptor = self._watched.fileno()
        try:
            while True:
                await trio.lowlevel.wait_readable(descriptor)
                for key, ready in self._watched.select(0):
                    leg: LeanLeg = key.data
                    leg.serve(writable=bool(ready & selectors.EVENT_WRITE))
        finally:
            for key in list(self._watched.get_map().values()):
                key.data.abort()
            self._watched.close()

    def watch(self, leg: LeanLeg, descriptor: int) -> None:
        """Serve this leg from now on."""
        self._watched.register(descriptor, selectors.EVENT_READ, leg)

    def want_write(self, leg: LeanLeg, descriptor: int, *, wanted: bool) -> None:
        """Serve the leg also when it can be written, or no longer."""
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if wanted else 0)
        self._watched.modify(descriptor, events, leg)

    def forget(self, descriptor: int) -> None:
        """The descriptor is about to be closed."""
        self._watched.unregister(descriptor)


class LeanLeg:
    """One WebSocket whose handshake is done.

    Args:
        masked: whether we are the client, so that our frames are.
        seed: 32 random bytes for the masks.
        leftover: bytes of frames that came with the handshake.
    """

    def __init__(
        self,
        legs: LeanLegs,
        transport: SocketTransport,
        *,
        seed: bytes | None,
        max_message_bytes: int,
    ) -> None:
        self.gone = trio.Event()
        self._legs = legs
        self._transport = transport
        self._descriptor = transport.fileno()
        self._encode = FrameEncoder(seed=seed).encode
        self._decoder = FrameDecoder(masked=seed is None, max_message_bytes=max_message_bytes)
        self._waiting = b""
        self._closing: CloseReason | None = None
        self._receiver: Receiver | None = None

    def start(self, receiver: Receiver, leftover: bytes = b"") -> None:
        """Tell `receiver` from now on; `leftover` are bytes that came with the handshake."""
        self._receiver = receiver
        self._legs.watch(self, self._descriptor)
        if leftover:
            self._contained(leftover)

    def send(self, payload: bytes) -> None:
        """Send a text message now, or as soon as the peer reads; nothing after a close."""
        if self._closing is None:
            self._write(self._encode("text", payload))

    def ping(self) -> None:
        """Send a ping; its answer is not waited for."""
        if self._closing is None:
            self._write(self._encode("ping", b""))

    async def aclose(self, reason: CloseReason, *, within_s: float) -> None:
        """Close with a handshake, by force after the deadline."""
        self.close(reason)
        with trio.move_on_after(within_s):
            await self.gone.wait()
        self.abort()

    def close(self, reason: CloseReason) -> None:
        """Send a close frame; the peer's is still waited for."""
        if self._closing is None and not self.gone.is_set():
            self._closing = reason
            self._write(self._encode("close", reason.text.encode(), reason.code))

    def abort(self) -> None:
        """Close the socket at once."""
        self._end(self._closing or CloseReason(CloseCode.ABNORMAL, "closed by force"))

    def serve(self, *, writable: bool) -> None:
        """The socket is ready: what `LeanLegs` calls."""
        if self.gone.is_set():
            return  # by what was done for another leg of the same round
        if writable:
            self._write(b"")
        try:
            data = self._transport.receive_now(VISIT_BYTES)
        except LOST as error:
            self._end(self._closing or CloseReason(CloseCode.ABNORMAL, str(error), Origin.PEER))
            return
        if data:
            self._contained(data)
        elif data is not None:
            words = "the connection ended without a close frame"
            self._end(self._closing or CloseReason(CloseCode.ABNORMAL, words, Origin.PEER))

    def _contained(self, data: bytes) -> None:
        try:
            self._feed(data)
        except Exception as error:  # noqa: BLE001 - a bug in one conversation ends that one
            words = f"internal error {report(error, 'a lean leg')}"
            self._end(CloseReason(CloseCode.OUR_FAULT, words, Origin.US))

    def _feed(self, data: bytes) -> None:
        at_ns = time.monotonic_ns()
        assert self._receiver is not None  # noqa: S101 - `start` has watched the leg
        for name, payload, code in self._decoder.feed(data):
            if self.gone.is_set():
                return  # by what a message led to
            match name:
                case "text" | "binary":
                    self._receiver.receive(payload, text=name == "text", at_ns=at_ns)
                case "ping":
                    self._write(self._encode("pong", payload))
                case "close":
                    self._take_close(payload, code)
                case "violation":
                    words = payload.decode(errors="replace")
                    self._write(self._encode("close", payload, code))
                    self._end(CloseReason(CloseCode.PROTOCOL, words, Origin.US))
                case _:
                    pass

    def _take_close(self, words: bytes, code: int) -> None:
        ours, theirs = self._closing, CloseReason(code, words.decode(errors="replace"), Origin.PEER)
        reason = self._closing = ours or theirs  # even if our answer cannot be written any more
        if ours is None:
            on_the_wire = _NO_STATUS_ON_THE_WIRE if code == CloseCode.NO_STATUS else code
            self._write(self._encode("close", b"", on_the_wire))
        self._end(reason)

    def _write(self, data: bytes) -> None:
        if self.gone.is_set():
            return
        whole = self._waiting + data if self._waiting else data
        try:
            sent = self._transport.send_now(whole)
        except LOST as error:
            self._end(self._closing or CloseReason(CloseCode.ABNORMAL, str(error), Origin.PEER))
            return
        rest = whole[sent:]
        if bool(rest) is not bool(self._waiting):
            self._legs.want_write(self, self._descriptor, wanted=bool(rest))
        self._waiting = rest
        if len(rest) > WAITING_BYTES:
            self._end(CloseReason(CloseCode.TRY_LATER, "the peer does not read", Origin.US))

    def _end(self, reason: CloseReason) -> None:
        if self.gone.is_set():
            return
        self.gone.set()
        if self._receiver is not None:
            self._legs.forget(self._descriptor)
            self._receiver.ended(reason)
        self._transport.shut()
