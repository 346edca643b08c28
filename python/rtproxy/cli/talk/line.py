"""The connection of `talk`: speaks a question into a WebSocket and hears the answer.

Owns the socket, by trio-websocket, which shares no code with the proxy's own legs.
Decides nothing: `Exchange` knows what is due and when it is over. Two tasks: the
speaker sends at the pace of a microphone, the listener reads until it is over; the
speaker is never cancelled in the middle of a message, it sees the end by itself.
"""

from __future__ import annotations

import json
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

import trio
from trio_websocket import (
    ConnectionClosed,
    ConnectionRejected,
    ConnectionTimeout,
    DisconnectionTimeout,
    HandshakeError,
    WebSocketConnection,
    open_websocket_url,
)

from rtproxy.cli.talk.exchange import Exchange
from rtproxy.cli.talk.frontends import Frontend, Heard
from rtproxy.cli.talk.question import CHUNK_MS, Question

CONNECT_S = 10.0
CLOSE_S = 3.0
SEND_S = 30.0
_LARGEST_MESSAGE_BYTES = 16 * 1024 * 1024
_SILENCE = bytes(48 * CHUNK_MS)  # PCM16 at 24 kHz


class CannotConnect(Exception):
    """There is no line; `refused` where nothing listens at that address at all."""

    def __init__(self, message: str, *, refused: bool = False) -> None:
        """Keep the words and the distinction."""
        super().__init__(message)
        self.refused = refused


class Screen(Protocol):
    """Who shows what goes on."""

    def show(self, heard: Heard) -> None:
        """Something came."""

    def progress(self, exchange: Exchange) -> None:
        """Something went out, or time went by."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is to be said, where, and how.

    `patience_s`: how long the proxy may be silent once the question is out.
    `fast`: the question goes out at once, not in real time.
    """

    url: str
    frontend: Frontend
    question: Question
    patience_s: float = 15.0
    fast: bool = False
    verify: bool = True


async def converse(conversation: Conversation, exchange: Exchange, screen: Screen) -> None:
    """Hold the conversation; how it went is in `exchange` afterwards.

    Raises CannotConnect where it does not come to one.
    """
    async with _open(conversation) as socket:
        exchange.started_at = trio.current_time()
        line = _Line(conversation, exchange, screen, socket)
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(line.listen)
                await line.speak()
        finally:
            exchange.ended_at = trio.current_time()


@asynccontextmanager
async def _open(conversation: Conversation) -> AsyncIterator[WebSocketConnection]:
    """The socket; trio-websocket's exceptions end here."""
    connected = False
    try:
        async with open_websocket_url(
            conversation.url,
            _tls(conversation),
            max_message_size=_LARGEST_MESSAGE_BYTES,
            connect_timeout=CONNECT_S,
            disconnect_timeout=CLOSE_S,
        ) as socket:
            connected = True
            yield socket
    except DisconnectionTimeout:
        pass  # all was said; the other end only took its time to say goodbye
    except ConnectionTimeout as error:
        raise CannotConnect(f"nothing answers within {CONNECT_S:.0f} s") from error
    except ConnectionRejected as error:
        words = (error.body or b"").decode("utf-8", "replace").strip()
        raise CannotConnect(f"it answers with HTTP {error.status_code} {words}".strip()) from error
    except HandshakeError as error:
        if connected:
            raise
        raise _unreachable(error.__cause__ or error) from error


def _unreachable(cause: BaseException) -> CannotConnect:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return CannotConnect(f"its certificate is not trusted ({cause.verify_message})")
    if isinstance(cause, OSError):
        return CannotConnect(_plain_words(_first_os_error(cause)), refused=True)
    return CannotConnect(str(cause) or type(cause).__name__)


def _plain_words(error: OSError) -> str:
    """The system's words for it; a name that is not found has words of its own."""
    if error.errno is not None and error.errno > 0:
        return os.strerror(error.errno)
    return error.strerror or str(error)


def _first_os_error(error: OSError) -> OSError:
    """The reason of the first address that was tried: Trio gathers one for each."""
    group = error.__cause__
    while isinstance(group, BaseExceptionGroup):
        found = group.exceptions[0]
        if isinstance(found, OSError):
            return found
        group = found
    return group if isinstance(group, OSError) else error


def _tls(conversation: Conversation) -> ssl.SSLContext | None:
    if not conversation.url.startswith("wss:"):
        return None
    context = ssl.create_default_context()
    if not conversation.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class _Line:
    """A conversation on an open socket."""

    def __init__(
        self,
        conversation: Conversation,
        exchange: Exchange,
        screen: Screen,
        socket: WebSocketConnection,
    ) -> None:
        self._conversation = conversation
        self._frontend = conversation.frontend
        self._exchange = exchange
        self._screen = screen
        self._socket = socket

    async def speak(self) -> None:
        """Say the question, then be silent as a microphone is, until it is over."""
        for message in self._frontend.opening:
            await self._send(json.dumps(message))
        await self._say_question()
        await self._wait_for_answer()

    async def _say_question(self) -> None:
        due = trio.current_time()
        for chunk in self._conversation.question.chunks():
            if not self._conversation.fast:
                await trio.sleep_until(due)
            if self._exchange.is_over:
                return
            await self._send(self._frontend.audio(chunk))
            chunk_ms = len(chunk) / 48
            self._exchange.send_question(chunk_ms, trio.current_time())
            self._screen.progress(self._exchange)
            due += chunk_ms / 1000

    async def _wait_for_answer(self) -> None:
        due = trio.current_time()
        while not self._exchange.is_over:
            due += CHUNK_MS / 1000
            await trio.sleep_until(due)
            if self._exchange.is_unnoticed and self._frontend.end_turn:
                self._exchange.end_turn()
                for message in self._frontend.end_turn:
                    await self._send(json.dumps(message))
            elif self._exchange.wants_silence:
                await self._send(self._frontend.audio(_SILENCE))
                self._exchange.send_silence(CHUNK_MS)
            self._screen.progress(self._exchange)

    async def _send(self, message: str) -> None:
        try:
            with trio.fail_after(SEND_S):
                await self._socket.send_message(message)
        except trio.TooSlowError:
            self._exchange.fail(f"the proxy has not taken a message for {SEND_S:.0f} s")
        except ConnectionClosed as closed:
            self._exchange.fail(_closed(closed))

    async def listen(self) -> None:
        """Read until it is over."""
        while not self._exchange.is_over:
            with trio.move_on_after(1.0):
                await self._hear()
            since = self._exchange.quiet_since()
            patience_s = self._conversation.patience_s
            if since is not None and trio.current_time() - since >= patience_s:
                self._exchange.fail(f"no answer came for {patience_s:g} s")

    async def _hear(self) -> None:
        try:
            raw = await self._socket.get_message()
            heard = self._frontend.read(raw)
        except ConnectionClosed as closed:
            self._exchange.fail(_closed(closed))
        except ValueError as error:
            self._exchange.fail(f"a message came that is none of a proxy's: {error}")
        else:
            if heard is not None:
                self._exchange.receive(heard, trio.current_time())
                self._screen.show(heard)


def _closed(closed: ConnectionClosed) -> str:
    if closed.reason is None:
        return "the connection broke"
    words = f"{closed.reason.code} {closed.reason.reason or closed.reason.name}"
    return f"the proxy closed the connection ({words})"
