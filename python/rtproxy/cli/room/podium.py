"""A speaker's connection to a room.

Owns the two tasks on its WebSocket. Decides nothing: `Speech` knows what is due and when
it is over. The speaking task is never cancelled in the middle of a message.
"""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from dataclasses import dataclass

import trio
from trio_websocket import ConnectionClosed, WebSocketConnection

from rtproxy.cli.room.screen import NobodyReads, Screen
from rtproxy.cli.room.speech import Speech
from rtproxy.cli.room.told import Caption, Floor, Told, read
from rtproxy.cli.talk.dial import dial
from rtproxy.cli.talk.microphone import CHUNK_MS, Microphone
from rtproxy.cli.talk.packets import packer
from rtproxy.cli.talk.question import Question
from rtproxy.cli.talk.websocket import websocket_over, words_of
from rtproxy.model.audio_format import AudioFormat, Encoding, LegAudio, samples_of

SEND_S = 30.0
SPOKEN = AudioFormat(Encoding.PCM16, 16_000)  # what a room takes, unless its address says else


@dataclass(frozen=True, slots=True)
class Appearance:
    """What is to be said, where, and how.

    `mic`: what the speech is sent as, in binary frames where `binary`.
    `patience_s`: how long the proxy may be silent where it owes us something.
    `ends`: it is the end for everybody, not only of our turn.
    `fast`: the speech goes out at once, not in real time.
    `verify`: whether certificates are.
    """

    url: str
    spoken: Question
    mic: LegAudio = SPOKEN
    binary: bool = False
    patience_s: float = 15.0
    ends: bool = False
    fast: bool = False
    verify: bool = True


async def speak(appearance: Appearance, speech: Speech, screen: Screen) -> None:
    """Ask for the floor, speak, give it back; how it went is in `speech` afterwards.

    Raises CannotConnect where it does not come to a connection.
    """
    async with dial(appearance.url, verify=appearance.verify) as stream:
        await speak_over(stream, appearance, speech, screen)


async def speak_over(
    stream: trio.abc.Stream, appearance: Appearance, speech: Speech, screen: Screen
) -> None:
    """Do so over an open stream, which is the caller's to close."""
    async with (
        websocket_over(stream, appearance.url) as socket,
        trio.open_nursery() as nursery,
    ):
        podium = _Podium(appearance, speech, screen, socket)
        nursery.start_soon(podium.listen)
        await podium.appear()
        nursery.cancel_scope.cancel()  # the listener only waits; nothing is cut


class _Podium:
    """A speech on an open socket, whose course is kept in `speech`."""

    def __init__(
        self,
        appearance: Appearance,
        speech: Speech,
        screen: Screen,
        socket: WebSocketConnection,
    ) -> None:
        self._appearance = appearance
        self._speech = speech
        self._screen = screen
        self._socket = socket
        self._pack = packer(appearance.mic)
        self._floor = ""
        self._has_come = False
        self._turn = trio.Event()  # the floor is ours, or will never be

    async def appear(self) -> None:
        """All that a speaker does, one after the other."""
        self._speech.ask(trio.current_time())
        await self._send("request_floor", event_id="floor")
        await self._turn.wait()
        microphone = Microphone(self._appearance.spoken.recording, samples_of(self._appearance.mic))
        await self._speak(microphone)
        await self._finish(microphone)

    async def _speak(self, microphone: Microphone) -> None:
        due = trio.current_time()
        for chunk in microphone.chunks():
            if not self._appearance.fast:
                await trio.sleep_until(due)
            if self._speech.is_over:
                return
            await self._send_audio(chunk.audio)
            self._speech.say(chunk.duration_ms, trio.current_time())
            self._screen.progress(self._speech)
            due += chunk.duration_ms / 1000

    async def _finish(self, microphone: Microphone) -> None:
        """Be silent as a microphone is until all is written, then let others speak."""
        due = trio.current_time()
        while not self._speech.is_over:
            due += CHUNK_MS / 1000
            await trio.sleep_until(due)
            if self._speech.must_give_back:
                self._speech.give_back()
                await self._send("end" if self._appearance.ends else "release_floor")
            elif self._speech.is_unnoticed:
                self._speech.commit()
                await self._send("commit")
            elif not self._speech.is_written:
                await self._send_audio(microphone.silence())
                self._speech.be_silent(CHUNK_MS)
            self._screen.progress(self._speech)

    async def _send_audio(self, chunk: bytes) -> None:
        for piece in self._pack(chunk):
            if self._appearance.binary:
                await self._write(piece)
            else:
                await self._send("audio", audio=base64.b64encode(piece).decode("ascii"))

    async def _send(self, kind: str, **fields: str) -> None:
        await self._write(json.dumps({"type": kind, **fields}))

    async def _write(self, message: str | bytes) -> None:
        try:
            with trio.fail_after(SEND_S):
                await self._socket.send_message(message)
        except trio.TooSlowError:
            self._speech.fail(f"the proxy has not taken a message for {SEND_S:.0f} s")
        except ConnectionClosed:
            # The listener says so, once it has read what was said before that.
            await trio.lowlevel.checkpoint()

    async def listen(self) -> None:
        """Read until it is over."""
        while not self._speech.is_over:
            with trio.move_on_after(1.0):
                await self._hear()
            since = self._speech.quiet_since()
            patience_s = self._appearance.patience_s
            if since is not None and trio.current_time() - since >= patience_s:
                self._speech.fail(f"nothing came for {patience_s:g} s")
            if self._speech.has_floor or self._speech.is_over:
                self._turn.set()

    async def _hear(self) -> None:
        try:
            raw = await self._socket.get_message()
            told = read(raw)
        except ConnectionClosed as closed:
            self._speech.fail(words_of(closed))
        except ValueError as error:
            self._speech.fail(f"a message came that is none of a proxy's: {error}")
        else:
            if told is not None:
                self._speech.receive(told, trio.current_time())
            self._show(told, str(raw))

    def _show(self, told: Told | None, raw: str) -> None:
        """Show what is news: what was said before we came is not, nor a floor granted twice."""
        if isinstance(told, Floor):
            repeated, self._floor = self._floor == told.state, told.state
            self._has_come = self._has_come or told.answers
            if repeated:
                return
        if self._has_come or not isinstance(told, Caption):
            with suppress(NobodyReads):  # they may hear us all the same
                self._screen.show(told, raw)
