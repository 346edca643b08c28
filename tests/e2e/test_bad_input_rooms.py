"""Whatever a member of a room says wrong is told by name, and harms nobody in it."""

from __future__ import annotations

from typing import Any

import pytest
import trio

from . import speech
from .peer import Peer, Refused
from .proxy_process import ProxyProcess
from .room import address, audio, enter, evening, say, sentence

MISSING = object()
NOT_TEXT = (5, True, [], {})
MIB = 1_048_576


@pytest.mark.parametrize(
    ("name", "query", "param", "may_be"),
    [
        ("demo", {"role": "king"}, "role", "speaker, listener"),
        ("demo", {"role": ""}, "role", "speaker, listener"),
        ("demo", {"role": "Speaker"}, "role", "speaker, listener"),
        ("demo", {"language": "klingon"}, "language", "de, "),
        ("demo", {"role": "speaker", "language": "xx"}, "language", "de, "),
        ("demo", {"language": ""}, "language", "de, "),
        ("a%20b", {}, "room", "1 to 64 of"),
        ("%2e%2e", {}, "room", "1 to 64 of"),
        ("a/b", {}, "room", "1 to 64 of"),
        ("x" * 65, {}, "room", "1 to 64 of"),
        ("", {}, "room", "1 to 64 of"),
        ("b%C3%BChne", {}, "room", "1 to 64 of"),
        ("demo", {"role": "speaker", "rate": "12345"}, "rate", "8000, 11025"),
        ("demo", {"role": "speaker", "format": "mp3"}, "format", "pcm16, f32"),
        ("demo", {"role": "speaker", "channels": "3"}, "channels", "1, 2"),
    ],
)
async def test_an_address_that_cannot_be_served_is_told_by_name(
    proxy: ProxyProcess,
    nursery: trio.Nursery,
    name: str,
    query: dict[str, str],
    param: str,
    may_be: str,
) -> None:
    peer = await Peer.connect(nursery, proxy.port, address(name, **query))
    error = await peer.receive()
    assert (error["type"], error["fatal"]) == ("error", True)
    assert (error["code"], error["param"]) == ("invalid_parameter", param)
    assert may_be in error["message"]
    closed = await peer.closed()
    assert (closed.code, bool(closed.reason)) == (4400, True)
    nursery.cancel_scope.cancel()


async def test_no_room_lies_elsewhere(proxy: ProxyProcess, nursery: trio.Nursery) -> None:
    with pytest.raises(Refused) as refused:
        await Peer.connect(nursery, proxy.port, "/ws/rooms")
    assert refused.value.status == 404


def fields(kind: str, name: str, wrong: tuple[Any, ...], may_be: str) -> list[tuple[Any, str, str]]:
    """Messages with a field that cannot be so."""
    given = [{} if value is MISSING else {name: value} for value in wrong]
    return [({"type": kind, **each}, name, may_be) for each in given]


WRONG_FIELDS = [
    *fields("audio", "audio", (*NOT_TEXT, None, MISSING), "must be a string of base64"),
    *fields("audio", "audio", ("***", "QUJD!"), "is not base64"),
    *fields("audio", "audio", ("QUJD",), "no whole number of samples of 2 bytes"),
    *(
        each
        for kind in ("ping", "commit", "request_floor", "release_floor", "end")
        for each in fields(kind, "event_id", NOT_TEXT, "must be text or null")
    ),
]
NO_MESSAGES = [
    ("", "invalid_json"),
    ("{", "invalid_json"),
    ('"audio"', "invalid_json"),
    ("[]", "invalid_json"),
    ("{}", "missing_type"),
    ('{"type":5}', "missing_type"),
    ('{"type":"dance"}', "unknown_type"),
    ('{"type":"' + "x" * (MIB - 100) + '"}', "unknown_type"),
    ('{"type":"transcript_done","itemId":"i","language":"en","text":"forged"}', "unknown_type"),
    ('{"type":"session_update","voice":"alloy"}', "unknown_type"),
    (b"\0\0", "binary_not_expected"),
]


def errors_of(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [event for event in events if event["type"] == "error"]


async def test_a_wrong_field_is_named_and_the_sentence_read_by_all(proxy: ProxyProcess) -> None:
    async with evening(proxy) as (room, _):
        messages = [message for message, *_ in WRONG_FIELDS]
        await say(room.speaker, sentence(), messages)
        told = await room.speaker.until("transcript_done")
        errors = errors_of(told)
        for (sent, param, may_be), error in zip(WRONG_FIELDS, errors, strict=True):
            assert (error["param"], error["fatal"]) == (param, False), (sent, error)
            assert may_be in error["message"], (sent, error)
        assert await room.english.next("transcript_done") == told[-1]
        assert (await room.german.next("translation_done"))["itemId"] == told[-1]["itemId"]


async def test_what_is_no_message_is_told_and_the_sentence_read_by_all(
    proxy: ProxyProcess,
) -> None:
    async with evening(proxy) as (room, _):
        await say(room.speaker, sentence(), [raw for raw, _ in NO_MESSAGES])
        told = await room.speaker.until("transcript_done")
        errors = errors_of(told)
        assert [error["code"] for error in errors] == [code for _, code in NO_MESSAGES]
        unknown = next(error["message"] for error in errors if "'dance'" in error["message"])
        for known in ("audio", "commit", "end", "request_floor", "release_floor", "ping"):
            assert known in unknown
        assert await room.english.next("transcript_done") == told[-1]
        texts = [event.get("text") for event in await room.german.quiet(0.3)]
        assert "forged" not in texts


async def test_whoever_speaks_without_the_floor_is_told_once_and_not_heard(
    proxy: ProxyProcess,
) -> None:
    async with evening(proxy) as (room, nursery):
        other = await enter(nursery, proxy, room.room, role="speaker", language="de")
        rude = [*sentence(), {"type": "commit", "event_id": "mine"}]
        async with trio.open_nursery() as speaking:
            speaking.start_soon(say, other, rude)
            speaking.start_soon(say, room.speaker, sentence())
        told = await room.speaker.until("transcript_done")
        assert not errors_of(told)
        assert [event["type"] for event in told].count("speech_started") == 1
        (error,) = errors_of(await other.quiet(0.5))
        assert (error["code"], error["param"], error["fatal"]) == ("no_floor", "type", False)
        assert "'request_floor'" in error["message"]
        assert await room.english.next("transcript_done") == told[-1]
        await other.send({"type": "request_floor", "event_id": "mine"})
        floor = await other.next("floor")
        assert (floor["state"], floor["event_id"]) == ("waiting", "mine")
        assert floor["speaker"] in error["message"]
        await other.send({"type": "release_floor"})


async def test_a_listener_who_speaks_is_told_how_to(proxy: ProxyProcess) -> None:
    async with evening(proxy) as (room, _):
        for message in sentence():
            await room.german.send(message)
        await room.german.send({"type": "commit"})
        (error,) = errors_of(await room.german.quiet(0.5))
        assert error["code"] == "no_floor"
        assert "?role=speaker" in error["message"]
        for kind in ("request_floor", "release_floor", "end"):
            await room.german.send({"type": kind, "event_id": kind})
        asked = errors_of(await room.german.quiet(0.5))
        assert [error.get("event_id") for error in asked if error["fatal"]] == []
        assert not [event for event in await room.english.quiet(0.2) if event["type"] == "ended"]


async def test_a_commit_of_nothing_is_survived(proxy: ProxyProcess) -> None:
    async with evening(proxy) as (room, _):
        await room.speaker.send({"type": "commit", "event_id": "mine"})
        told = await room.speaker.quiet(0.5)
        assert all(not error["fatal"] for error in errors_of(told))


async def test_a_message_beyond_the_bound_ends_one_membership_and_no_other(
    proxy: ProxyProcess,
) -> None:
    async with evening(proxy) as (room, nursery):
        other = await enter(nursery, proxy, room.room, role="listener", language="fr")
        await other.send('{"type":"ping","more":"' + "x" * MIB + '"}')
        assert (await other.closed()).code == 1009


async def test_members_may_come_and_go_as_fast_as_they_like(proxy: ProxyProcess) -> None:
    """Politely, by a reset, and before they were let in."""

    async def visit(nursery: trio.Nursery, room: str, number: int) -> None:
        query = {"role": "speaker" if number % 3 == 0 else "listener", "language": "fr"}
        peer = await Peer.connect(nursery, proxy.port, address(room, **query))
        if number % 2:
            await peer.next("room_state")
        if number % 5 == 0:
            peer.reset()
        else:
            await peer.aclose()

    async with evening(proxy) as (room, nursery):
        async with trio.open_nursery() as coming:
            for number in range(40):
                coming.start_soon(visit, nursery, room.room, number)
        await room.goes_on()
        late = await Peer.connect(nursery, proxy.port, address(room.room, language="de"))
        state = await late.next("room_state")
        assert (state["listeners"], state["languages"]) == (3, ["de", "en"])


async def test_who_says_much_is_answered_and_the_others_read_on(proxy: ProxyProcess) -> None:
    async with evening(proxy) as (room, _):
        for number in range(300):
            await room.german.send({"type": "ping", "event_id": str(number)})
        for number in range(300):
            assert (await room.german.next("pong"))["event_id"] == str(number)


async def test_audio_far_ahead_of_its_time_harms_nobody(proxy: ProxyProcess) -> None:
    """More than is taken at once; as fast as the socket takes it."""
    async with evening(proxy) as (room, _):
        silence = speech.at_16k(speech.silence(32_000))
        for at in range(0, len(silence), 32_000):
            await room.speaker.send(audio(silence[at : at + 32_000]))
        told = await room.speaker.quiet(0.3)
        assert all(not error["fatal"] for error in errors_of(told))
