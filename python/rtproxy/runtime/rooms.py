"""The rooms of this process, by name.

Owns which there are and how many there may be: a room is there from the first who comes
until nobody is in it and its upstream sessions are closed. Must not know what happens
inside one.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import trio

from rtproxy.model import events as ev
from rtproxy.model.ids import new_id
from rtproxy.rooms.room import Room
from rtproxy.rooms.terms import RoomTerms
from rtproxy.runtime.audience import Encode
from rtproxy.runtime.process import Process
from rtproxy.runtime.room_line import LineTerms
from rtproxy.runtime.room_task import RoomTask
from rtproxy.upstreams.upstream import conceal


@dataclass(frozen=True, slots=True)
class RoomSettings:
    """What a room is made of that begins now."""

    terms: RoomTerms
    lines: LineTerms


class Rooms:
    """All rooms; each runs in the nursery that was given."""

    def __init__(
        self,
        nursery: trio.Nursery,
        process: Process,
        *,
        most: int,
        settings: Callable[[], RoomSettings],
        encode: Encode,
        ping_every_s: float,
        pong_within_s: float,
    ) -> None:
        """`most` rooms at a time; `settings` are asked for each, `encode` makes words."""
        self._nursery = nursery
        self._process = process
        self.most = most
        self._settings = settings
        self._encode = encode
        self._ping_every_s = ping_every_s
        self._pong_within_s = pong_within_s
        self._rooms: dict[str, RoomTask] = {}

    def __len__(self) -> int:
        """How many there are."""
        return len(self._rooms)

    @contextmanager
    def visited(self, name: str) -> Iterator[RoomTask | None]:
        """The room of that name while the block runs, made where there is none.

        None: there are as many as there may be.
        """
        room = self._rooms.get(name)
        if room is None and len(self._rooms) < self.most:
            room = self._rooms[name] = self._open(name)
        if room is None:
            yield None
            return
        with room.visited():
            yield room

    def _open(self, name: str) -> RoomTask:
        settings = self._settings()
        room = RoomTask(
            new_id("room", secrets.token_bytes(16)),
            name,
            Room(name, settings.terms),
            encode=partial(_concealed, self._encode, settings.lines.dialler.secrets),
            lines=settings.lines,
            ring_ms=round(settings.terms.ring_ms),
            ping_every_s=self._ping_every_s,
            pong_within_s=self._pong_within_s,
            over=partial(self._forget, name),
        )
        self._nursery.start_soon(self._run, room)
        return room

    def _forget(self, name: str) -> None:
        del self._rooms[name]

    async def _run(self, room: RoomTask) -> None:
        with self._process.live.entered(room, counts=False):
            await room.run()


def _concealed(encode: Encode, keys: tuple[bytes, ...], event: ev.Event) -> Sequence[bytes]:
    """Whatever an upstream says of its key, nobody may read that."""
    return [conceal(payload, keys) for payload in encode(event)]
