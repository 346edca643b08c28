"""Members of a room, as their frontends speak; captions as people see them.

Owns the messages of a room (client-protocols, "broadcast"), so that tests read as what
happens. Must not know what the proxy makes of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import trio

from rtproxy._audio_core import AudioPath

from . import speech
from .peer import Closed, Peer

RATE_HZ = 16_000  # what source 003's frontend sends
CHUNK_MS = 40
FINAL = ("transcript_done", "translation_done")
PIECE = ("transcript_delta", "translation_delta")


@dataclass
class Member:
    """One member; what it was told so far, with the time of each."""

    peer: Peer
    told: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    ending: Closed | None = None
    _news: trio.Event = field(default_factory=trio.Event)

    async def listen(self) -> None:
        """Take what comes, until the end."""
        try:
            while True:
                arrival = await self.peer.arrival(600)
                self.told.append((arrival.at, arrival.event))
                self._tell()
        except Closed as closed:
            self.ending = closed
            self._tell()

    def _tell(self) -> None:
        self._news.set()
        self._news = trio.Event()

    def all(self, *types: str) -> list[dict[str, Any]]:
        """What it was told of these types, in order."""
        return [event for _, event in self.told if event["type"] in types]

    @property
    def finals(self) -> list[tuple[str, str]]:
        """Finished items: id and text, in the order in which they came."""
        return [(event["itemId"], event["text"]) for event in self.all(*FINAL)]

    def text_at(self, item_id: str) -> float:
        """When the last word of the item was there to be read."""
        told = [(at, event) for at, event in self.told if event.get("itemId") == item_id]
        pieces = [at for at, event in told if event["type"] in PIECE]
        return max(pieces or [at for at, event in told if event["type"] in FINAL])

    async def has(self, count: int, *types: str, wait_s: float = 20.0) -> list[dict[str, Any]]:
        """Wait until it was told that many of these types."""
        with trio.move_on_after(wait_s):
            while len(self.all(*types)) < count and self.ending is None:
                await self._news.wait()
        found = self.all(*types)
        assert len(found) >= count, (types, count, self.told, self.ending)
        return found

    async def ended(self, wait_s: float = 20.0) -> int:
        """Wait for its close frame; the code."""
        with trio.fail_after(wait_s):
            while self.ending is None:
                await self._news.wait()
        return self.ending.code

    async def say(self, pcm: bytes, *, pace: float = 1.0) -> float:
        """Say it (PCM16, 24 kHz), as fast as it plays times `pace`; when it was over."""
        at = trio.current_time()
        for chunk in chunks(pcm):
            await self.peer.send({"type": "audio", "audio": speech.encoded(chunk)})
            at += CHUNK_MS / 1000 / pace
            await trio.sleep_until(at)
        return trio.current_time()


def chunks(pcm: bytes) -> list[bytes]:
    """40 ms at a time, as a frontend at 16 kHz sends it."""
    path = AudioPath(("pcm16", 24_000, 1), ("pcm16", RATE_HZ, 1))
    return [path.process(chunk) for chunk in speech.chunks(pcm)]


async def join(
    nursery: trio.Nursery,
    port: int,
    room: str,
    *,
    role: str = "listener",
    language: str | None = None,
) -> Member:
    """Come in, and wait for the first word."""
    query = f"role={role}" + (f"&language={language}" if language else "")
    member = Member(await Peer.connect(nursery, port, f"/ws/rooms/{room}?{query}"))
    nursery.start_soon(member.listen)
    await member.has(1, "room_state", "error")
    return member


async def speaker(nursery: trio.Nursery, port: int, room: str, language: str) -> Member:
    """Come in to speak."""
    return await join(nursery, port, room, role="speaker", language=language)
