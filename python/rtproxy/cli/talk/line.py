"""The conversation of `talk`: speaks a question into a WebSocket and hears the answer.

Owns the two tasks on its WebSocket. Decides nothing: `Exchange` knows what is due and
when it is over. The speaker sends at the pace of a microphone, the listener reads until
it is over; the speaker is never cancelled in the middle of a message, it sees the end by
itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import trio
from trio_websocket import ConnectionClosed, WebSocketConnection

from rtproxy.cli.talk.dial import dial
from rtproxy.cli.talk.exchange import Exchange
from rtproxy.cli.talk.frontends import Frontend
from rtproxy.cli.talk.heard import AnswerAudio, Heard
from rtproxy.cli.talk.microphone import CHUNK_MS, Microphone
from rtproxy.cli.talk.packets import packer, unpacker
from rtproxy.cli.talk.question import Question
from rtproxy.cli.talk.websocket import websocket_over, words_of
from rtproxy.model.audio_format import samples_of

SEND_S = 30.0


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
    `verify`: whether certificates are.
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
    async with dial(conversation.url, verify=conversation.verify) as stream:
        await converse_over(stream, conversation, exchange, screen)


async def converse_over(
    stream: trio.abc.Stream, conversation: Conversation, exchange: Exchange, screen: Screen
) -> None:
    """Hold it over an open stream, which is the caller's to close."""
    async with websocket_over(stream, conversation.url) as socket:
        await _Line(conversation, exchange, screen, socket).hold()


class _Line:
    """A conversation on an open socket, whose course is kept in `exchange`."""

    def __init__(
        self,
        conversation: Conversation,
        exchange: Exchange,
        screen: Screen,
        socket: WebSocketConnection,
    ) -> None:
        self._conversation = conversation
        self._frontend = conversation.frontend.connect()
        self._exchange = exchange
        self._screen = screen
        self._socket = socket
        self._may_speak = trio.Event()
        self._unpack = unpacker(exchange.formats.speaker)

    async def hold(self) -> None:
        """Speak and listen until it is over."""
        self._exchange.started_at = trio.current_time()
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self.listen)
                await self.speak()
                nursery.cancel_scope.cancel()  # the listener only waits; nothing is cut
        finally:
            self._exchange.ended_at = trio.current_time()

    async def speak(self) -> None:
        """Say the question, then be silent as a microphone is, until it is over."""
        for message in self._frontend.introduction:
            await self._send(json.dumps(message))
        await self._agree_on_formats()
        recording = self._conversation.question.recording
        mic = self._exchange.formats.mic
        self._pack = packer(mic, self._frontend.piece_ms)
        microphone = Microphone(recording, samples_of(mic))
        await self._say_question(microphone)
        await self._wait_for_answer(microphone)

    async def _agree_on_formats(self) -> None:
        opening = self._frontend.opening(self._exchange.formats)
        if not opening:
            return
        self._exchange.ask_formats(trio.current_time())
        for message in opening:
            await self._send(json.dumps(message))
        await self._may_speak.wait()

    async def _say_question(self, microphone: Microphone) -> None:
        due = trio.current_time()
        for chunk in microphone.chunks():
            if not self._conversation.fast:
                await trio.sleep_until(due)
            if self._exchange.is_over:
                return
            await self._send_audio(chunk.audio)
            await self._keep_up()
            self._exchange.send_question(chunk.duration_ms, trio.current_time())
            self._screen.progress(self._exchange)
            due += chunk.duration_ms / 1000

    async def _wait_for_answer(self, microphone: Microphone) -> None:
        due = trio.current_time()
        while not self._exchange.is_over:
            due += CHUNK_MS / 1000
            await trio.sleep_until(due)
            await self._keep_up()
            if self._exchange.is_unnoticed and self._frontend.end_turn:
                self._exchange.end_turn()
                for message in self._frontend.end_turn:
                    await self._send(json.dumps(message))
            elif self._exchange.wants_silence:
                await self._send_audio(microphone.silence())
                self._exchange.send_silence(CHUNK_MS)
            self._screen.progress(self._exchange)

    async def _keep_up(self) -> None:
        """Do what is due on this side."""
        now = trio.current_time()
        for each in self._frontend.due(now):
            if isinstance(each, Mapping):
                await self._send(json.dumps(each))
            else:
                self._exchange.receive(each, now)
                self._screen.show(each)

    async def _send_audio(self, chunk: bytes) -> None:
        for piece in self._pack(chunk):
            await self._send(self._frontend.audio(piece, binary=self._exchange.formats.binary))

    async def _send(self, message: str | bytes) -> None:
        try:
            with trio.fail_after(SEND_S):
                await self._socket.send_message(message)
        except trio.TooSlowError:
            self._exchange.fail(f"the proxy has not taken a message for {SEND_S:.0f} s")
        except ConnectionClosed:
            # The listener says so, once it has read what was said before that.
            await trio.lowlevel.checkpoint()

    async def listen(self) -> None:
        """Read until it is over."""
        while not self._exchange.is_over:
            with trio.move_on_after(1.0):
                await self._hear()
            since = self._exchange.quiet_since()
            patience_s = self._conversation.patience_s
            if since is not None and trio.current_time() - since >= patience_s:
                self._exchange.fail(f"no answer came for {patience_s:g} s")
            if self._exchange.may_speak:
                self._may_speak.set()

    async def _hear(self) -> None:
        try:
            raw = await self._socket.get_message()
            heard = self._frontend.read(raw, binary=self._exchange.formats.binary)
            if isinstance(heard, AnswerAudio):
                heard = AnswerAudio(self._unpack(heard.audio))
        except ConnectionClosed as closed:
            self._exchange.fail(words_of(closed))
        except ValueError as error:
            self._exchange.fail(f"a message came that is none of a proxy's: {error}")
        else:
            if heard is not None:
                self._exchange.receive(heard, trio.current_time())
                self._screen.show(heard)
