"""A transport that is encrypted: a socket below, TLS between.

Owns the order in which plaintext and ciphertext move. Must not know certificates
(`tls.py`) or what is said inside.

    read   socket -> session -> caller     no socket is read while plaintext waits
    send   caller -> session -> socket     nothing is encrypted while ciphertext waits

So a peer that does not read, or one that sends more than is taken, fills no more
than one piece here. Both directions may make ciphertext (an answer to a change of
keys, an alert), but there is one queue of it, in the session, and whoever adds to
it writes from its front; so two tasks may use the two directions at once.

The stream's end is only an end where TLS said so (`close_notify`): a stream that
stops without it may have been cut by somebody in between, and is a broken one.
"""

from __future__ import annotations

import sys
from contextlib import suppress

import trio

from rtproxy._audio_core import TlsError, TlsSession
from rtproxy.legs.transport import LOST, READ_BYTES, Address, SocketTransport, Transport

# A record of TLS is no longer, and more is not encrypted ahead of the socket.
_PIECE_BYTES = 16 * 1024


class TlsTransport(Transport):
    """TLS on a socket; made by `secure`, when the handshake is done.

    What `send_now` did not take must be what is sent next: its first part may be
    encrypted already.
    """

    def __init__(self, below: SocketTransport, session: TlsSession) -> None:
        self.session = session
        self._below = below
        self._owed_bytes = 0  # plaintext that is encrypted, but not yet all on its way

    @property
    def closed(self) -> bool:
        """Whether it was closed on this side."""
        return self._below.closed

    async def read(self, max_bytes: int = READ_BYTES) -> bytes:
        """The next bytes; b"" where the peer has said that it is done."""
        await trio.lowlevel.checkpoint_if_cancelled()
        while not (data := self.session.read(max_bytes)) and not self.session.ended:
            self._feed(await self._below.read())
        return data

    def send_now(self, data: bytes | memoryview) -> int:
        """Encrypt and write piece by piece, until the kernel takes no more."""
        rest = memoryview(data)
        while self._push_now():
            rest, self._owed_bytes = rest[self._owed_bytes :], 0
            if not rest:
                break
            piece = rest[:_PIECE_BYTES]
            self._encrypt(piece)
            self._owed_bytes = len(piece)
        return len(data) - len(rest)

    async def send_all(self, data: bytes) -> None:
        """Write everything as fast as the kernel takes it."""
        await trio.lowlevel.checkpoint_if_cancelled()
        rest = memoryview(data)
        while rest := rest[self.send_now(rest) :]:
            await self._below.wait_writable()

    async def end_writing(self) -> None:
        """Say `close_notify`, then FIN."""
        with suppress(*LOST):
            self.session.close()
            await self._push()
        await self._below.end_writing()

    def abort(self) -> None:
        """Send RST."""
        self._below.abort()

    async def aclose(self) -> None:
        """Say `close_notify`, if it can be said at once, and close."""
        self._shut()

    def detach(self) -> int:
        """Give the socket's descriptor away; what goes on with it needs `session`, too."""
        return self._below.detach()

    def unread(self) -> bytes:
        """Take all that is decrypted already, for whoever goes on with `session`."""
        return self.session.read(sys.maxsize)

    def addresses(self) -> tuple[Address, Address]:
        """Where the peer and we are."""
        return self._below.addresses()

    def limit_send_buffer(self, size_bytes: int) -> None:
        """Set SO_SNDBUF of the socket."""
        self._below.limit_send_buffer(size_bytes)

    async def shake_hands(self) -> None:
        """Do TLS's handshake, or close; raises TlsError, or what a socket raises."""
        try:
            await self._push()
            while self.session.handshaking:
                self.session.feed(await self._next_flight())
                await self._push()
        except TlsError:
            self._shut()  # with the alert that says why
            raise
        except BaseException:  # cancellation included: nobody else will close it
            self._below.abort()
            raise

    async def _next_flight(self) -> bytes:
        """More of the handshake. Who just goes breaks no rule of TLS: nobody is to be told."""
        if data := await self._below.read():
            return data
        raise trio.BrokenResourceError("it ended during the TLS handshake")

    def _feed(self, ciphertext: bytes) -> None:
        try:
            self.session.feed(ciphertext)
        except TlsError as error:
            raise trio.BrokenResourceError(f"the other end broke TLS: {error}") from error
        finally:
            with suppress(*LOST):  # it does not listen; what it said may still be read
                self._push_now()

    def _encrypt(self, piece: memoryview) -> None:
        try:
            self.session.write(piece)
        except TlsError as error:
            raise trio.BrokenResourceError(f"the other end broke TLS: {error}") from error

    def _push_now(self) -> bool:
        """Write ciphertext that waits; whether it was all of it."""
        waiting = self.session.unsent()
        if not waiting:
            return True
        sent = self._below.send_now(waiting)
        self.session.sent(sent)
        return sent == len(waiting)

    async def _push(self) -> None:
        while not self._push_now():
            await self._below.wait_writable()

    def _shut(self) -> None:
        if not self.closed:
            self.session.close()
            with suppress(*LOST):
                self._push_now()
            self._below.shut()


async def secure(below: SocketTransport, session: TlsSession) -> TlsTransport:
    """Do the handshake on a fresh connection; where that fails, it is closed.

    Raises TlsError, whose words begin with the other end; BrokenResourceError where
    the connection is lost meanwhile.
    """
    transport = TlsTransport(below, session)
    await transport.shake_hands()
    return transport
