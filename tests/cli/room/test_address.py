"""Where a room is."""

from __future__ import annotations

import pytest

from rtproxy.cli.room.address import room_address


@pytest.mark.parametrize(
    ("url", "room", "language", "address"),
    [
        ("ws://h:1", "demo", "de", "ws://h:1/ws/rooms/demo?role=listener&language=de"),
        ("ws://h:1/", "demo", None, "ws://h:1/ws/rooms/demo?role=listener"),
        ("wss://h/voice/", "a", None, "wss://h/voice/ws/rooms/a?role=listener"),
        ("ws://h?token=t", "a", None, "ws://h/ws/rooms/a?token=t&role=listener"),
        ("ws://h", "a/../b?c", None, "ws://h/ws/rooms/a%2F..%2Fb%3Fc?role=listener"),
    ],
)
def test_a_room_is_below_the_proxy(url: str, room: str, language: str | None, address: str):
    assert room_address(url, room, "listener", language) == address


@pytest.mark.parametrize("url", ["", "h", "http://h", "ws://", "ws:h"])
def test_what_is_no_websocket_url_is_refused(url: str):
    with pytest.raises(ValueError, match="--url"):
        room_address(url, "demo", "speaker", None)


def test_how_a_speaker_sends_audio_is_part_of_it():
    audio = {"format": "f32", "rate": "48000"}
    address = room_address("ws://h", "demo", "speaker", None, audio)
    assert address == "ws://h/ws/rooms/demo?role=speaker&format=f32&rate=48000"


def test_what_the_options_say_is_not_said_twice():
    with pytest.raises(ValueError, match="language, role"):
        room_address("ws://h?role=x&language=y", "demo", "speaker", "en")
    assert "language=y" in room_address("ws://h?language=y", "demo", "speaker", None)
