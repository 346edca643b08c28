"""A hall in memory: a room with its lines before a simulator, in virtual time.

Everything between the members' legs and the upstream's decisions is real: room, lines,
legs, frames, and the simulator. Only the sockets are memory, so that the clock can be
the test's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import trio
import trio.testing
from tests.e2e import speech

from rtproxy.dialects.broadcast import BROADCAST
from rtproxy.legs.client_handshake import ClientHandshake
from rtproxy.legs.connector import _shake_hands
from rtproxy.legs.driver import start_driver
from rtproxy.legs.leg import LegsOptions
from rtproxy.legs.transport import Connection, StreamTransport
from rtproxy.model.errors import DialFailed
from rtproxy.model.room import AudioSaid, Role
from rtproxy.rooms.room import Room
from rtproxy.rooms.terms import RoomTerms
from rtproxy.runtime.process import Process
from rtproxy.runtime.room_line import LineTerms
from rtproxy.runtime.room_task import RoomTask
from rtproxy.simulator.server import _Server
from rtproxy.upstreams.upstream import Upstream

PIECE_MS = 100


@dataclass
class MemoryDialler:
    """Reaches a simulator that no socket leads to."""

    nursery: trio.Nursery
    server: _Server
    dials: int = 0
    secrets: tuple[bytes, ...] = ()

    async def dial(
        self, asked: Mapping[str, str], _: Callable[[int, DialFailed], None]
    ) -> Connection:
        self.dials += 1
        near, far = trio.testing.memory_stream_pair()
        far.socket = None  # type: ignore[attr-defined] # nobody asks who is there
        self.nursery.start_soon(self.server.welcome, far)
        url = urlsplit(Upstream("u", "ws://u/v1/realtime", "gpt-realtime").target(asked).url)
        target = f"{url.path}?{url.query}"
        handshake = ClientHandshake(host="u", target=target, key=bytes(16))
        return await _shake_hands(None, StreamTransport(near), handshake)  # type: ignore[arg-type] # named in errors only


class Guest:
    """A member as its room sees it, leg and all."""

    reason = None

    def __init__(self, name: str, role: Role, language: str) -> None:
        self.session_id, self.role, self.language = name, role, language
        self.sent: list[dict[str, Any]] = []

    def keep_alive(self, **_: object) -> None: ...

    def waiting(self) -> tuple[int, int]:
        return 0, 0

    def send(self, payload: bytes) -> None:
        self.sent.append(json.loads(payload))

    def told(self, kind: str) -> list[dict[str, Any]]:
        return [each for each in self.sent if each["type"] == kind]


async def make_room(nursery: trio.Nursery, dialler: MemoryDialler) -> RoomTask:
    instructions = {"type": "realtime", "instructions": "Interpret."}
    return RoomTask(
        "room_1",
        "hall",
        Room("hall", RoomTerms(interpreter=instructions)),
        encode=BROADCAST.encode,
        lines=LineTerms(
            dialler=dialler,  # type: ignore[arg-type] # it has all that is used
            open_legs=(await start_driver(nursery, "stream")).open_legs,
            options=LegsOptions(lead_ms=None),
            message_bytes=1_000_000,
            first_event_s=10.0,
            translation_model="m",
            process=Process("simulator", lambda: 0.0, 0.0),
        ),
        ring_ms=60_000,
        ping_every_s=15,
        pong_within_s=10,
        over=lambda: None,
    )


def enter(room: RoomTask, *guests: Guest) -> None:
    """They come in, one after the other."""
    for guest in guests:
        room.enter(guest, guest)  # type: ignore[arg-type] # it has all that is used


async def say(room: RoomTask, who: Guest, words: bytes) -> None:
    """Speak, as fast as it is spoken; PCM16 at 24 kHz."""
    size = PIECE_MS * speech.BYTES_PER_MS
    said = AudioSaid(audio=b"")
    for start in range(0, len(words), size):
        room.spoke(who, said, words[start : start + size])  # type: ignore[arg-type] # it has all that is used
        await trio.sleep(PIECE_MS / 1000)
