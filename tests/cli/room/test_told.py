"""What members are told, as a client reads it."""

from __future__ import annotations

import json

import pytest

from rtproxy.cli.room import told
from rtproxy.cli.talk.heard import Trouble


@pytest.mark.parametrize(
    ("message", "meaning"),
    [
        (
            {"type": "room_state", "speaker": None, "listeners": 2, "languages": ["de", "en"]},
            told.RoomState(None, 2, ("de", "en")),
        ),
        (
            {
                "type": "room_state",
                "speaker": "m1",
                "listeners": 0,
                "languages": [],
                "memberId": "m1",
            },
            told.RoomState("m1", 0, (), "m1"),
        ),
        (
            {"type": "floor", "state": "waiting", "speaker": "ann"},
            told.Floor("waiting", "ann"),
        ),
        ({"type": "speech_started", "itemId": "i", "audioStartMs": 1}, told.SpeechBegan("i")),
        ({"type": "speech_stopped", "itemId": "i", "audioEndMs": 1}, told.SpeechEnded("i")),
        (
            {"type": "transcript_delta", "itemId": "i", "language": "en", "text": "a"},
            told.Caption("i", "en", "a", final=False),
        ),
        (
            {
                "type": "translation_done",
                "itemId": "i",
                "language": "de",
                "text": "A",
                "skipped": 3,
            },
            told.Caption("i", "de", "A", final=True, skipped=3),
        ),
        ({"type": "ended"}, told.TalkEnded()),
        (
            {"type": "error", "message": "m", "code": "c", "fatal": True},
            Trouble("m", "c", fatal=True),
        ),
        (
            {"type": "error", "message": "m", "code": "c", "itemId": "i", "language": "de"},
            told.CaptionLost("i", "m", "c"),
        ),
        ({"type": "pong"}, None),
        ({"type": "of tomorrow"}, None),
    ],
)
def test_each_message_has_its_meaning(message: dict, meaning: told.Told | None):
    assert told.read(json.dumps(message)) == meaning


@pytest.mark.parametrize(
    "raw",
    [b"\0\0", "", "no JSON", "[]", "5", '{"type":"transcript_done","itemId":"i","text":"t"}'],
)
def test_what_is_no_message_of_a_room_is_refused(raw: str | bytes):
    with pytest.raises(ValueError, match=r"."):
        told.read(raw)
