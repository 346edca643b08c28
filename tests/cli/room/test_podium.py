"""A speaker and proxies of every kind, over memory and on a clock that jumps."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable

import numpy as np
import pytest
import trio
import trio.testing
from trio_websocket import ConnectionClosed, WebSocketConnection, wrap_server_stream

from rtproxy.audio.wav import Recording
from rtproxy.cli.room.captions import Captions
from rtproxy.cli.room.podium import Appearance, speak_over
from rtproxy.cli.room.screen import PlainScreen
from rtproxy.cli.room.speech import Speech
from rtproxy.cli.talk.exchange import LISTENING_MS
from rtproxy.cli.talk.formats import parse_format
from rtproxy.cli.talk.question import Question
from rtproxy.model.audio_format import PCM16_24K

Room = Callable[["Member"], Awaitable[None]]
SECOND = Question("q", Recording(PCM16_24K, b"\x10\x20" * 24_000), 800.0)


class Member:
    """The speaker, as the room sees it."""

    def __init__(self, socket: WebSocketConnection) -> None:
        self._socket = socket
        self.types: list[str] = []
        self.audio = b""

    async def tell(self, kind: str, **fields: object) -> None:
        await self._socket.send_message(json.dumps({"type": kind, **fields}))

    async def grant(self) -> None:
        assert await self.next() == "request_floor"
        await self.tell("floor", state="granted", speaker="me", event_id="floor")

    async def raw(self) -> str | bytes:
        return await self._socket.get_message()

    async def next(self) -> str:
        message = json.loads(await self._socket.get_message())
        self.audio += base64.b64decode(message.get("audio", ""), validate=True)
        self.types.append(message["type"])
        return str(message["type"])

    async def until(self, kind: str) -> None:
        while await self.next() != kind:
            pass

    async def hear(self, ms: int) -> None:
        while len(self.audio) < ms * 32:
            assert await self.next() == "audio"

    async def write(self, item_id: str = "i") -> None:
        await self.tell("speech_started", itemId=item_id, audioStartMs=0)
        await self.tell("speech_stopped", itemId=item_id, audioEndMs=800)
        await self.tell("transcript_done", itemId=item_id, language="en", text="Hello.")

    async def leave(self, code: int, reason: str) -> None:
        await self._socket.aclose(code, reason)


async def appear(room: Room, **how) -> tuple[Speech, Member]:
    speech = Speech(SECOND.duration_ms, SECOND.speech_ms)
    appearance = Appearance("ws://proxy.test/ws/rooms/demo?role=speaker", SECOND, **how)
    ours, theirs = trio.testing.memory_stream_pair()
    members: list[Member] = []

    async def be_the_room() -> None:
        try:
            async with trio.open_nursery() as nursery:
                request = await wrap_server_stream(nursery, theirs)
                members.append(Member(await request.accept()))
                await room(members[0])
                nursery.cancel_scope.cancel()
        except* ConnectionClosed:
            pass  # it is the speaker who leaves

    async with trio.open_nursery() as nursery:
        nursery.start_soon(be_the_room)
        await speak_over(ours, appearance, speech, PlainScreen(Captions()))
        nursery.cancel_scope.cancel()
    return speech, members[0]


async def test_a_speech_from_the_first_word_to_the_floor_given_back(autojump_clock, capsys):
    async def room(member: Member) -> None:
        await member.tell("room_state", speaker=None, listeners=3, languages=["de", "en"])
        await member.tell("floor", state="granted", speaker="me")
        await member.write("of the one before")
        await member.grant()
        await member.hear(1_200)
        await member.write()
        await member.until("release_floor")
        await member.tell("floor", state="released", speaker=None)
        await member.next()

    began = trio.current_time()
    speech, member = await appear(room)
    assert (speech.failure, speech.is_over) == (None, True)
    assert trio.current_time() - began == pytest.approx(1.3, abs=0.2)
    words = np.frombuffer(member.audio, "<i2")[800:15_000]
    assert np.abs(words - 0x2010).max() < 20  # the speech, at the rate of a room
    shown = capsys.readouterr()
    assert shown.out == "Hello.\n"
    assert shown.err.splitlines() == [
        "nobody speaks; 3 listen (de, en)",
        "the floor is yours",
    ]


async def test_the_end_of_the_talk_is_waited_for(autojump_clock):
    async def room(member: Member) -> None:
        await member.tell("floor", state="granted", speaker="me")
        await member.grant()
        await member.hear(1_200)
        await member.write()
        await member.until("end")
        await trio.sleep(4)
        await member.tell("ended")
        await member.next()

    speech, member = await appear(room, ends=True)
    assert speech.failure is None
    assert "release_floor" not in member.types


async def test_it_says_nothing_before_the_floor_is_its_own(autojump_clock):
    async def room(member: Member) -> None:
        assert await member.next() == "request_floor"
        await member.tell("floor", state="waiting", speaker="ann", event_id="floor")
        with trio.move_on_after(600):
            await member.next()
        assert member.types == ["request_floor"]
        await member.tell("floor", state="granted", speaker="me")
        await member.hear(1_200)
        await member.write()
        await member.until("release_floor")
        await member.tell("floor", state="released", speaker=None)
        await member.next()

    speech, _ = await appear(room)
    assert speech.failure is None


@pytest.mark.parametrize(("mic", "binary"), [("g711_ulaw", False), ("f32/48000", True)])
async def test_the_speech_is_sent_as_it_was_agreed(autojump_clock, mic: str, binary: bool):
    taken: list[str | bytes] = []

    async def room(member: Member) -> None:
        await member.grant()
        taken.append(await member.raw())
        await member.leave(1011, "that will do")

    await appear(room, mic=parse_format(mic), binary=binary)
    (chunk,) = taken
    audio = chunk if isinstance(chunk, bytes) else base64.b64decode(json.loads(chunk)["audio"])
    assert isinstance(chunk, bytes) == binary
    assert len(audio) == {"g711_ulaw": 8 * 40, "f32/48000": 48 * 40 * 4}[mic]


async def test_fast_is_as_fast_as_the_room_takes_it(autojump_clock):
    async def room(member: Member) -> None:
        await member.grant()
        await member.hear(1_000)
        await member.leave(1011, "our fault")

    began = trio.current_time()
    await appear(room, fast=True)
    assert trio.current_time() - began < 0.1


async def test_an_end_that_nobody_notices_is_made_by_hand(autojump_clock):
    async def room(member: Member) -> None:
        await member.grant()
        await member.until("commit")
        assert len(member.audio) / 32 == pytest.approx(1_000 + LISTENING_MS, abs=80)
        await member.write()
        await member.until("release_floor")
        await member.tell("floor", state="released", speaker=None)
        await member.next()

    speech, member = await appear(room)
    assert speech.failure is None
    assert member.types.count("commit") == 1


async def test_a_room_that_says_nothing_is_waited_for_so_long_and_no_longer(autojump_clock):
    async def is_silent(member: Member) -> None:
        while True:
            await member.next()

    speech, member = await appear(is_silent, patience_s=3.0)
    assert speech.failure == "nothing came for 3 s"
    assert member.types == ["request_floor"]


async def test_words_that_never_come_back_are_not_waited_for_forever(autojump_clock):
    async def room(member: Member) -> None:
        await member.grant()
        while True:
            await member.next()

    speech, member = await appear(room, patience_s=6.0)
    assert speech.failure == "nothing came for 6 s"
    assert "release_floor" not in member.types


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"kind": "error", "message": "Sixteen speak.", "code": "c", "fatal": True}, "Sixteen"),
        ({"kind": "floor"}, "none of a proxy's"),
    ],
)
async def test_what_ends_it_early_is_told(autojump_clock, told: dict, words: str):
    async def room(member: Member) -> None:
        await member.tell(**told)
        while True:
            await member.next()

    speech, _ = await appear(room)
    assert speech.failure is not None
    assert words in speech.failure


async def test_a_close_is_told_with_its_code_and_reason(autojump_clock):
    speech, _ = await appear(lambda member: member.leave(4400, "role"))
    assert speech.failure == "the proxy closed the connection (4400 role)"
