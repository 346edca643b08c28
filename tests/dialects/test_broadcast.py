"""The `broadcast` dialect: its messages, its address, and what is told of what is wrong."""

from __future__ import annotations

import json
from base64 import b64encode

import pytest

from rtproxy._audio_core import HAS_OPUS
from rtproxy.dialects.broadcast import BROADCAST, Membership, read_membership
from rtproxy.model import events as ev
from rtproxy.model import room
from rtproxy.model.audio_format import AudioFormat
from rtproxy.model.room import Role

LANGUAGES = ("de", "en", "fr")
AUDIO = bytes(range(64))


def decoded(message: object) -> ev.Event:
    (event,) = BROADCAST.decode(json.dumps(message).encode(), binary=False)
    return event


def told(event: ev.Event) -> dict[str, object]:
    (message,) = BROADCAST.encode(event)
    found: dict[str, object] = json.loads(message)
    return found


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("commit", ev.InputCommit),
        ("end", room.EndAsked),
        ("request_floor", room.FloorAsked),
        ("release_floor", room.FloorReleased),
        ("ping", ev.ClientPing),
    ],
)
def test_what_a_member_may_say(name: str, event: type[ev.Event]) -> None:
    found = decoded({"type": name, "event_id": "mine"})
    assert type(found) is event
    assert found.event_id == "mine"


def test_audio_is_read_where_it_is() -> None:
    found = decoded({"type": "audio", "audio": b64encode(AUDIO).decode()})
    assert isinstance(found, room.AudioSaid)
    assert found.audio == AUDIO


@pytest.mark.parametrize(
    ("message", "code", "param"),
    [
        ({"type": "audio", "audio": "$$$"}, "invalid_audio", "audio"),
        ({"type": "audio", "audio": b64encode(b"odd").decode()}, "invalid_audio", "audio"),
        ({"type": "audio"}, "invalid_field", "audio"),
        ({"type": "audio", "audio": 7}, "invalid_field", "audio"),
        ({"type": "text", "text": "Hi"}, "unknown_type", "type"),
        ({"typ": "audio"}, "missing_type", "type"),
        (["audio"], "invalid_json", None),
    ],
)
def test_what_cannot_be_understood_is_named(message: object, code: str, param: str | None) -> None:
    found = decoded(message)
    assert isinstance(found, ev.Misunderstood)
    assert (found.code, found.param) == (code, param)


def test_binary_audio_is_for_who_asked_for_it() -> None:
    (refused,) = BROADCAST.decode(AUDIO, binary=True)
    assert isinstance(refused, ev.Misunderstood)
    assert refused.code == "binary_not_expected"
    bare = BROADCAST.asked({"audio": "binary"})
    assert not isinstance(bare, ev.Misunderstood)
    assert bare.decode(AUDIO, binary=True) == [room.AudioSaid(audio=AUDIO)]
    (odd,) = bare.decode(AUDIO[1:], binary=True)
    assert isinstance(odd, ev.Misunderstood)
    assert odd.code == "invalid_audio"


def test_audio_is_16_khz_where_nothing_else_is_asked_for() -> None:
    for query, rate_hz in (({}, 16_000), ({"rate": "48000"}, 48_000)):
        dialect = BROADCAST.asked(query)
        assert not isinstance(dialect, ev.Misunderstood)
        assert dialect.audio.speaks == AudioFormat("pcm16", rate_hz)
    wrong = BROADCAST.asked({"rate": "7"})
    assert isinstance(wrong, ev.Misunderstood)
    assert wrong.param == "rate"


@pytest.mark.skipif(not HAS_OPUS, reason="the extension was built without Opus")
def test_a_packet_of_opus_is_audio_too() -> None:
    dialect = BROADCAST.asked({"format": "opus"})
    assert not isinstance(dialect, ev.Misunderstood)
    assert dialect.audio.binary


CAPTION = room.Caption(kind="transcript", item_id="i1", language="en", text="Hi")


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (
            room.RoomState(speaker="a", listeners=2, languages=("de", "en"), member="b"),
            {
                "type": "room_state",
                "speaker": "a",
                "listeners": 2,
                "languages": ["de", "en"],
                "memberId": "b",
            },
        ),
        (
            room.RoomState(speaker=None, listeners=0, languages=()),
            {"type": "room_state", "speaker": None, "listeners": 0, "languages": []},
        ),
        (
            room.Floor(state="waiting", speaker="a", event_id="mine"),
            {"type": "floor", "state": "waiting", "speaker": "a", "event_id": "mine"},
        ),
        (CAPTION, {"type": "transcript_delta", "itemId": "i1", "language": "en", "text": "Hi"}),
        (
            room.Caption(
                kind="translation",
                item_id="i1",
                language="de",
                text="Hallo",
                final=True,
                skipped=3,
            ),
            {
                "type": "translation_done",
                "itemId": "i1",
                "language": "de",
                "text": "Hallo",
                "skipped": 3,
            },
        ),
        (room.RoomEnded(), {"type": "ended"}),
        (
            ev.SpeechStarted(audio_start_ms=5, item_id="i1"),
            {"type": "speech_started", "itemId": "i1", "audioStartMs": 5},
        ),
        (
            ev.SpeechStopped(audio_end_ms=9, item_id="i1"),
            {"type": "speech_stopped", "itemId": "i1", "audioEndMs": 9},
        ),
        (ev.Pong(event_id="p"), {"type": "pong", "event_id": "p"}),
        (
            room.CaptionFailed(
                kind="transcript",
                item_id="i1",
                language="en",
                error=ev.Failure(type="server_error", code="transcription_failed", message="No."),
            ),
            {
                "type": "error",
                "message": "No.",
                "code": "transcription_failed",
                "error_type": "server_error",
                "fatal": False,
                "itemId": "i1",
                "language": "en",
            },
        ),
    ],
)
def test_what_a_member_is_told(event: ev.Event, message: dict[str, object]) -> None:
    assert told(event) == message


def test_nothing_is_told_of_what_is_no_members_business() -> None:
    assert not BROADCAST.encode(ev.InputCommitted(item_id="i1"))


@pytest.mark.parametrize(
    ("query", "membership"),
    [
        ({}, Membership("demo", Role.LISTENER, None)),
        ({"language": "DE"}, Membership("demo", Role.LISTENER, "de")),
        ({"role": "speaker"}, Membership("demo", Role.SPEAKER, "en")),
        ({"role": "speaker", "language": "fr"}, Membership("demo", Role.SPEAKER, "fr")),
    ],
)
def test_an_address_says_who_comes_where(query: dict[str, str], membership: Membership) -> None:
    assert read_membership("/ws/rooms/demo", query, LANGUAGES) == membership


def test_a_speaker_speaks_english_where_that_is_allowed() -> None:
    found = read_membership("/ws/rooms/demo", {"role": "speaker"}, ("fr", "es"))
    assert found == Membership("demo", Role.SPEAKER, "es")


@pytest.mark.parametrize(
    ("path", "query", "param", "may_be"),
    [
        ("/ws/rooms/", {}, "room", "1 to 64 of A–Z, a–z, 0–9, _ and -"),
        ("/ws/rooms/a/b", {}, "room", "1 to 64 of"),
        ("/ws/rooms/" + "a" * 65, {}, "room", "1 to 64 of"),
        ("/ws/rooms/demo", {"role": "boss"}, "role", "speaker, listener"),
        ("/ws/rooms/demo", {"role": ""}, "role", "speaker, listener"),
        ("/ws/rooms/demo", {"language": "xx"}, "language", "de, en, fr"),
        ("/ws/rooms/demo", {"role": "speaker", "language": "de-AT"}, "language", "de, en, fr"),
    ],
)
def test_an_address_that_cannot_be_served_is_told_what_may_be(
    path: str, query: dict[str, str], param: str, may_be: str
) -> None:
    found = read_membership(path, query, LANGUAGES)
    assert isinstance(found, ev.Misunderstood)
    assert found.param == param
    assert may_be in found.message
