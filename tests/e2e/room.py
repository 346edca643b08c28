"""Members of rooms, as the tests speak for them.

Owns the few messages of `broadcast` that tests say (client-protocols), and what to wait
for. Must not know how a room works.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import trio

from . import speech
from .peer import Peer
from .proxy_process import ProxyProcess

_NUMBERS = itertools.count()
SPOKEN_MS = 900


def address(room: str, **query: str) -> str:
    """The path of a member of a room."""
    asked = "&".join(f"{key}={value}" for key, value in query.items())
    return f"/ws/rooms/{room}?{asked}"


async def enter(nursery: trio.Nursery, proxy: ProxyProcess, room: str, **query: str) -> Peer:
    """A member that is inside."""
    peer = await Peer.connect(nursery, proxy.port, address(room, **query))
    await peer.next("room_state")
    return peer


def audio(pcm_16k: bytes) -> dict[str, Any]:
    """An audio message of a speaker."""
    return {"type": "audio", "audio": speech.encoded(pcm_16k)}


def sentence(ms: int = SPOKEN_MS) -> list[dict[str, Any]]:
    """Messages that say one sentence, with the silence around it that ends it."""
    said = speech.at_16k(speech.utterance(ms, after_ms=2_500))
    return [audio(said[at : at + 1_280]) for at in range(0, len(said), 1_280)]


async def say(peer: Peer, messages: list[Any], between: list[Any] | None = None) -> None:
    """Speak, with other messages spread over the first half."""
    rest = list(between or ())
    each = len(rest) // (len(messages) // 2) + 1
    for message in messages:
        await peer.send(message)
        for other in rest[:each]:
            await peer.send(other)
        rest = rest[each:]
    assert not rest


async def item(peer: Peer, item_id: str, kind: str) -> dict[str, Any]:
    """What a member is told of an item; those before it are passed over."""
    while True:
        told = await peer.next(kind)
        if told["itemId"] == item_id:
            return told


@dataclass(frozen=True, slots=True)
class Evening:
    """A room in which one has the floor and two read along."""

    room: str
    speaker: Peer
    english: Peer
    german: Peer

    async def goes_on(self) -> None:
        """Whoever speaks is read by everybody."""
        await say(self.speaker, sentence())
        done = await self.speaker.next("transcript_done")
        assert await item(self.english, done["itemId"], "transcript_done") == done
        translated = await item(self.german, done["itemId"], "translation_done")
        assert translated["text"].startswith("[de] ")


@asynccontextmanager
async def evening(proxy: ProxyProcess) -> AsyncIterator[tuple[Evening, trio.Nursery]]:
    """A room of its own, and a nursery for whoever else comes; afterwards it still works."""
    room = f"room-{next(_NUMBERS)}"
    async with trio.open_nursery() as nursery:
        english = await enter(nursery, proxy, room, role="listener", language="en")
        german = await enter(nursery, proxy, room, role="listener", language="de")
        speaker = await enter(nursery, proxy, room, role="speaker", language="en")
        assert (await speaker.next("floor"))["state"] == "granted"
        members = Evening(room, speaker, english, german)
        yield members, nursery
        await members.goes_on()
        assert proxy.alive, proxy.log
        nursery.cancel_scope.cancel()
