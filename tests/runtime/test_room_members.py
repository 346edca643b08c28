"""A member of a room is its connection: what it does wrong, and how far ahead it may speak."""

from __future__ import annotations

import pytest
import trio
from structlog.testing import capture_logs
from tests.e2e import speech
from tests.e2e.peer import Peer
from tests.e2e.room_member import Member, join, speaker

from rtproxy.dialects.broadcast import Broadcast
from rtproxy.model import events as ev
from rtproxy.rooms.room import Room
from runtime.conftest import OpenProxy


async def test_a_bug_ends_its_member_alone(
    open_proxy: OpenProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    understood = Broadcast.decode

    def decode(self: Broadcast, raw: bytes, *, binary: bool) -> object:
        if b"boom" in raw:
            raise RuntimeError("a bug of ours")
        return understood(self, raw, binary=binary)

    monkeypatch.setattr(Broadcast, "decode", decode)
    with capture_logs() as log:
        async with open_proxy() as (_, listener), trio.open_nursery() as nursery:
            witness = await join(nursery, listener.port, "hall")
            victim = await join(nursery, listener.port, "hall")
            await victim.peer.send({"type": "boom"})
            (told,) = await victim.has(1, "error")
            assert (told["code"], told["fatal"]) == ("internal_error", True)
            assert await victim.ended() == 1011
            await witness.peer.send({"type": "ping"})
            await witness.has(1, "pong")
            nursery.cancel_scope.cancel()
    (bug,) = [line for line in log if line["event"] == "member_bug"]
    assert bug["error_id"] in told["message"]


async def test_a_bug_of_a_room_ends_its_members_and_no_others(
    open_proxy: OpenProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    understood = Room.receive

    def receive(self: Room, event: object, now: float) -> object:
        if isinstance(getattr(event, "event", None), ev.ClientPing) and self.name == "broken":
            raise RuntimeError("a bug of ours")
        return understood(self, event, now)  # type: ignore[arg-type] # as it came

    monkeypatch.setattr(Room, "receive", receive)
    async with open_proxy(RTPROXY_ROOMS__LINGER_S="0") as (process, listener):
        async with trio.open_nursery() as nursery:
            witness = await join(nursery, listener.port, "whole")
            anna = await speaker(nursery, listener.port, "broken", "en")
            german = await join(nursery, listener.port, "broken", language="de")
            await german.peer.send({"type": "ping"})
            for member in (anna, german):
                assert await member.ended() == 1011
                assert [each["code"] for each in member.all("error")] == ["internal_error"]
            await witness.peer.send({"type": "ping"})
            await witness.has(1, "pong")
            again = await join(nursery, listener.port, "broken")
            assert again.all("room_state")
            await again.peer.aclose()
            await witness.peer.aclose()
            nursery.cancel_scope.cancel()
        with trio.fail_after(10):
            await process.live.wait_empty()


async def test_who_uploads_what_was_said_is_read_no_faster_than_the_room_can_remember(
    open_proxy: OpenProxy,
) -> None:
    settings = {"RTPROXY_LIMITS__RING_MS": "2000"}  # of which half may be early
    async with open_proxy(**settings) as (_, listener), trio.open_nursery() as nursery:
        anna = await speaker(nursery, listener.port, "hall", "en")
        began = trio.current_time()
        await anna.say(speech.silence(2_000), pace=1_000)
        await anna.peer.send({"type": "ping"})
        await anna.has(1, "pong")
        assert 0.9 < trio.current_time() - began < 2.5
        nursery.cancel_scope.cancel()


async def test_audio_of_any_format_is_heard(open_proxy: OpenProxy) -> None:
    async with open_proxy() as (_, listener), trio.open_nursery() as nursery:
        query = "role=speaker&language=en&format=g711_ulaw&audio=binary"
        anna = Member(await Peer.connect(nursery, listener.port, f"/ws/rooms/hall?{query}"))
        nursery.start_soon(anna.listen)
        await anna.peer.send(b"\xff" * 8_000)
        await anna.peer.send({"type": "ping"})
        await anna.has(1, "pong")
        assert not anna.all("error")
        nursery.cancel_scope.cancel()


async def test_more_audio_in_one_message_than_the_room_can_remember_is_refused(
    open_proxy: OpenProxy,
) -> None:
    settings = {"RTPROXY_LIMITS__RING_MS": "2000"}
    async with open_proxy(**settings) as (_, listener), trio.open_nursery() as nursery:
        anna = await speaker(nursery, listener.port, "hall", "en")
        long = {"type": "audio", "audio": speech.encoded(bytes(32_002)), "event_id": "long"}
        await anna.peer.send(long)
        (told,) = await anna.has(1, "error")
        assert told == {
            "type": "error",
            "message": "A message of audio could not be read and is left out: it holds 32002 bytes "
            "and one may hold 32000; send it in pieces.",
            "code": "invalid_audio",
            "error_type": "invalid_request_error",
            "fatal": False,
            "about": "audio",
            "event_id": "long",
        }
        nursery.cancel_scope.cancel()


async def test_who_has_not_the_floor_is_told_which_message_was_dropped(
    open_proxy: OpenProxy,
) -> None:
    async with open_proxy() as (_, listener), trio.open_nursery() as nursery:
        reader = await join(nursery, listener.port, "hall")
        said = {"type": "audio", "audio": speech.encoded(bytes(640)), "event_id": "mine"}
        await reader.peer.send(said)
        (told,) = await reader.has(1, "error")
        assert (told["code"], told["about"], told["event_id"]) == ("no_floor", "audio", "mine")
        nursery.cancel_scope.cancel()
