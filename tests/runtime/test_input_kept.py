"""What the replay ring of a session holds while people talk."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import trio
import trio_websocket
from tests.e2e import speech

from rtproxy._audio_core import Splice
from rtproxy.legs.spliced_legs import SplicedLegs
from rtproxy.runtime.session_task import SessionTask
from runtime.conftest import OpenProxy

BEFORE_MS, SPOKEN_MS, AFTER_MS = 400, 1_000, 1_600


class Caller:
    """A client, and the splice of its session."""

    def __init__(self, socket: trio_websocket.WebSocketConnection, splice: Splice) -> None:
        self.splice = splice
        self._socket = socket

    async def say(self, messages: Iterable[dict[str, Any]]) -> None:
        for message in messages:
            await self._socket.send_message(json.dumps(message))

    async def until(self, **wanted: Any) -> None:
        """Something came in which this is so."""
        with trio.fail_after(20):
            while not wanted.items() <= json.loads(await self._socket.get_message()).items():
                pass


@asynccontextmanager
async def calling(open_proxy: OpenProxy, path: str, welcome: str) -> AsyncIterator[Caller]:
    async with open_proxy() as (process, listener):
        url = f"ws://127.0.0.1:{listener.port}{path}"
        async with trio_websocket.open_websocket_url(url) as socket:
            while json.loads(await socket.get_message())["type"] != welcome:
                pass
            (task,) = process.live._sessions.values()
            assert isinstance(task, SessionTask)
            assert isinstance(task._legs, SplicedLegs)
            yield Caller(socket, task._legs._splice)


def spoken(kind: str) -> Iterable[dict[str, Any]]:
    pcm = speech.utterance(SPOKEN_MS, before_ms=BEFORE_MS, after_ms=AFTER_MS)
    return ({"type": kind, "audio": speech.encoded(chunk)} for chunk in speech.chunks(pcm))


async def test_a_question_is_kept_until_its_words_are_known(open_proxy: OpenProxy) -> None:
    async with calling(open_proxy, "/ws/voice", "session_ready") as caller:
        for turn in range(3):
            await caller.say(spoken("audio_input"))
            await caller.until(type="transcript", role="user", final=True)
            start_ms, end_ms = caller.splice.ring_span()
            assert end_ms == (turn + 1) * (BEFORE_MS + SPOKEN_MS + AFTER_MS)
            assert 0 < end_ms - start_ms < AFTER_MS


async def test_what_is_committed_by_hand_is_kept_as_long(open_proxy: OpenProxy) -> None:
    async with calling(open_proxy, "/ws/voice", "session_ready") as caller:
        await caller.say([{"type": "session_update", "turn_detection": None}])
        await caller.until(type="session_updated")
        for _ in range(2):
            await caller.say([*spoken("audio_input"), {"type": "commit_audio"}])
            await caller.until(type="transcript", role="user", final=True)
            start_ms, end_ms = caller.splice.ring_span()
            assert start_ms == end_ms > 0


async def test_nothing_is_kept_of_two_that_talk_with_each_other(
    open_proxy: OpenProxy,
) -> None:
    async with calling(open_proxy, "/v1/realtime", "session.created") as caller:
        await caller.say(spoken("input_audio_buffer.append"))
        await caller.until(type="response.done")
        start_ms, end_ms = caller.splice.ring_span()
        assert start_ms == end_ms == BEFORE_MS + SPOKEN_MS + AFTER_MS
