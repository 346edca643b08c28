"""Rooms, from a speaker's microphone to captions in three languages, on real speech."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress

import pytest
import trio
from wsproto.utilities import LocalProtocolError

from . import speech
from .conftest import StartProxy
from .proxy_process import ProxyProcess
from .room_member import Member, join, speaker
from .witness import becomes

WITHIN_S = 2.0  # text comes so soon after the words
WORDS = speech.question()[: 1_500 * speech.BYTES_PER_MS]
PAUSE = speech.silence(1_500)


@pytest.fixture(scope="module", params=["session", "translation"])
def hall(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ProxyProcess]:
    """A proxy whose rooms are translated in this way, without a pause for thought."""
    env = {
        "RTPROXY_ROOMS__TRANSLATOR": request.param,
        "RTPROXY_ROOMS__LINGER_S": "2",
        "RTPROXY_SIMULATOR__FIRST_AUDIO_DELAY_MS": "50",
    }
    process = ProxyProcess(tmp_path_factory.mktemp("hall") / "log", env=env)
    yield process
    process.stop()


async def say_words(who: Member, *, pace: float = 1.0) -> float:
    """The beginning of the question, and a pause; when the words were over."""
    over = await who.say(speech.silence(200) + WORDS, pace=pace)
    await who.say(PAUSE, pace=pace)
    return over


@asynccontextmanager
async def deaf(port: int, room: str) -> AsyncIterator[None]:
    """A listener that comes in and never reads, while the block runs."""
    stream = await trio.open_tcp_stream("127.0.0.1", port)
    stream.setsockopt(trio.socket.SOL_SOCKET, trio.socket.SO_RCVBUF, 2_048)
    head = (
        f"GET /ws/rooms/{room}?language=de HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    async with stream:
        await stream.send_all(head.encode())
        yield


async def test_one_speaks_and_all_read_it_in_time_and_in_order(hall: ProxyProcess) -> None:
    port = hall.port
    async with trio.open_nursery() as nursery, deaf(port, "talk"):
        anna = await speaker(nursery, port, "talk", "en")
        await anna.has(1, "floor")
        english, german, leaving = [
            await join(nursery, port, "talk", language=language) for language in ("en", "de", "fr")
        ]
        over = [await say_words(anna)]
        nursery.start_soon(leave_at_speech, leaving)
        over.append(await say_words(anna))
        for reader in (anna, english, german):
            await reader.has(2, "transcript_done", "translation_done")
        assert [item for item, _ in english.finals] == [item for item, _ in german.finals]
        assert english.finals == anna.finals
        for reader, kind in ((english, "transcript"), (german, "translation")):
            assert len(reader.all(f"{kind}_done")) == 2
            for (item_id, text), words_over in zip(reader.finals, over, strict=True):
                pieces = [e["text"] for e in reader.all(f"{kind}_delta") if e["itemId"] == item_id]
                assert "".join(pieces) == text
                assert text.startswith("[de] ") == (reader is german)
                assert reader.text_at(item_id) - words_over < WITHIN_S
        heard = [event["type"] for event in anna.all("speech_started", "speech_stopped")]
        assert heard == ["speech_started", "speech_stopped"] * 2
        late = [await join(nursery, port, "talk", language=language) for language in ("de", "es")]
        for newcomer, finals in zip(late, (german.finals, english.finals), strict=True):
            await newcomer.has(2, "translation_done", "transcript_done")
            assert newcomer.finals == finals
        assert {event["language"] for event in late[1].all("transcript_done")} == {"en"}
        await anna.peer.send({"type": "end"})
        for member in (anna, english, german, *late):
            await member.has(1, "ended")
        nursery.cancel_scope.cancel()
    assert await becomes(lambda: hall.sessions == 0)
    assert "bug" not in hall.log


async def leave_at_speech(member: Member) -> None:
    """Go in the middle of a sentence, without a word."""
    await trio.sleep(0.8)
    member.peer.reset()


async def test_two_speakers_of_different_languages_take_turns(hall: ProxyProcess) -> None:
    async with trio.open_nursery() as nursery:
        port = hall.port
        anna = await speaker(nursery, port, "turns", "en")
        await anna.has(1, "floor")
        bert = await speaker(nursery, port, "turns", "de")
        english, german = [
            await join(nursery, port, "turns", language=language) for language in ("en", "de")
        ]
        await bert.peer.send({"type": "audio", "audio": speech.encoded(bytes(1_280))})
        (refused,) = await bert.has(1, "error")
        assert (refused["code"], refused["param"], refused["fatal"]) == ("no_floor", "type", False)
        await bert.peer.send({"type": "request_floor"})
        await bert.has(1, "floor")
        await say_words(anna, pace=4)
        await anna.peer.send({"type": "release_floor"})
        await bert.has(2, "floor")
        assert [each["state"] for each in bert.all("floor")] == ["waiting", "granted"]
        await say_words(bert, pace=4)
        for reader in (english, german):
            await reader.has(2, "transcript_done", "translation_done")
        assert [each["type"] for each in english.all("transcript_done", "translation_done")] == [
            "transcript_done",
            "translation_done",
        ]
        assert [each["type"] for each in german.all("transcript_done", "translation_done")] == [
            "translation_done",
            "transcript_done",
        ]
        assert [item for item, _ in english.finals] == [item for item, _ in german.finals]
        states = english.all("room_state")
        assert len({state["speaker"] for state in states if state["speaker"]}) == 2
        nursery.cancel_scope.cancel()
    assert "bug" not in hall.log


@pytest.mark.parametrize("hall", ["session"], indirect=True)
async def test_fifty_who_come_and_go_leave_nothing_behind(hall: ProxyProcess) -> None:
    assert await becomes(lambda: hall.sessions == 0)
    descriptors = hall.descriptors
    async with trio.open_nursery() as nursery:
        anna = await speaker(nursery, hall.port, "doors", "en")
        for number in range(50):
            guest = await join(nursery, hall.port, "doors", language=("de", "fr", "en")[number % 3])
            if number % 2:
                await guest.peer.aclose()
            else:
                guest.peer.reset()
        await anna.peer.aclose()
        nursery.cancel_scope.cancel()
    assert await becomes(lambda: hall.sessions == 0), hall.log
    assert await becomes(lambda: hall.descriptors <= descriptors), hall.log
    assert "Traceback" not in hall.log


async def test_whoever_is_in_a_room_is_told_that_the_server_stops(start_proxy: StartProxy) -> None:
    proxy = start_proxy()
    async with trio.open_nursery() as nursery:
        anna = await speaker(nursery, proxy.port, "late", "en")
        german = await join(nursery, proxy.port, "late", language="de")
        nursery.start_soon(speak_on, anna)
        await anna.has(1, "speech_started")
        with trio.fail_after(15):
            await trio.to_thread.run_sync(proxy.stop)
        assert [await anna.ended(), await german.ended()] == [1001, 1001]
        nursery.cancel_scope.cancel()
    assert not proxy.alive
    assert "Traceback" not in proxy.log


async def speak_on(member: Member) -> None:
    """Speak until the proxy hangs up."""
    with suppress(LocalProtocolError, trio.BrokenResourceError, trio.ClosedResourceError):
        while True:
            await member.say(WORDS)
