"""A client that is greeted: when its upstream is dialled, what it is told before, its time."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio
import trio_websocket

from rtproxy.legs.listener import Listener
from rtproxy.runtime import dialing
from runtime.conftest import OpenProxy

AUTH = {"type": "auth", "data": {"userId": "anna", "conversationId": "c"}}
START: dict[str, Any] = {"type": "start_realtime", "data": {}}
DEAD = {
    "RTPROXY_UPSTREAM__GONE__KIND": "compatible",
    "RTPROXY_UPSTREAM__GONE__URL": "ws://127.0.0.1:1/",
    "RTPROXY_LIMITS__DIAL_BACKOFF_S": "0.01",
}


class Caller:
    """A frontend on `/ws`, one message after the other."""

    def __init__(self, socket: trio_websocket.WebSocketConnection) -> None:
        self._socket = socket

    async def say(self, *messages: dict[str, Any]) -> None:
        for message in messages:
            await self._socket.send_message(json.dumps(message))

    async def hear(self) -> dict[str, Any]:
        with trio.fail_after(20):
            told: dict[str, Any] = json.loads(await self._socket.get_message())
            return told

    async def until(self, name: str) -> dict[str, Any]:
        while (told := await self.hear())["type"] != name:
            pass
        return told

    async def close_code(self) -> int:
        with pytest.raises(trio_websocket.ConnectionClosed) as closed:
            await self.until("nothing more")
        code: int = closed.value.reason.code
        return code


@asynccontextmanager
async def calling(listener: Listener, query: str = "") -> AsyncIterator[Caller]:
    stream = await trio.open_tcp_stream("127.0.0.1", listener.port)
    try:
        async with trio.open_nursery() as nursery:
            peer = await trio_websocket.wrap_client_stream(
                nursery, stream, f"127.0.0.1:{listener.port}", f"/ws{query}"
            )
            yield Caller(peer)
            nursery.cancel_scope.cancel()
    finally:
        await trio.aclose_forcefully(stream)


@pytest.fixture
def dials(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that are dialled, as they are."""
    dialled: list[str] = []
    really = dialing.dial

    async def dial(url: str, **options: Any) -> Any:
        dialled.append(url)
        return await really(url, **options)

    monkeypatch.setattr(dialing, "dial", dial)
    return dialled


async def test_nobody_is_dialled_before_it_is_known_what_for(
    open_proxy: OpenProxy, dials: list[str]
) -> None:
    async with open_proxy() as (_, listener), calling(listener) as caller:
        await caller.say(
            {"type": "ping"}, {"type": "text", "data": {"text": "hi"}, "event_id": "e"}
        )
        assert (await caller.hear())["type"] == "pong"
        refused = (await caller.hear())["data"]
        assert (refused["code"], refused["fatal"], refused["event_id"]) == (
            "introduction_due",
            False,
            "e",
        )
        await caller.say(AUTH, {"type": "text", "data": {"text": "hi"}}, {"type": "ping"})
        assert (await caller.hear())["data"]["code"] == "start_due"
        assert (await caller.hear())["type"] == "pong"
        assert dials == []
        await caller.say(START)
        assert (await caller.hear())["type"] == "session_ready"
        assert len(dials) == 1


async def test_what_comes_behind_the_start_waits_for_the_upstream(open_proxy: OpenProxy) -> None:
    async with open_proxy() as (_, listener), calling(listener) as caller:
        await caller.say(AUTH, START, {"type": "text", "data": {"text": "hi"}})
        assert (await caller.hear())["type"] == "session_ready"
        await caller.until("response_complete")


async def test_what_was_said_before_the_start_is_heard_after_it(open_proxy: OpenProxy) -> None:
    """Audio goes into the ring, and to the upstream as soon as there is one."""
    loud = (b"\x00\x30" * 60 + b"\x00\xd0" * 60) * 12  # 60 ms of a tone
    async with open_proxy() as (_, listener), calling(listener) as caller:
        for chunk in [loud] * 15 + [bytes(len(loud))] * 20:
            audio = base64.b64encode(chunk).decode()
            await caller.say({"type": "audio", "data": {"audio": audio}})
        await caller.say(AUTH, START)
        assert (await caller.hear())["type"] == "session_ready"
        spoke = await caller.until("speech_started")
        assert spoke["data"]["audioStartMs"] == 0
        await caller.until("response_complete")


async def test_who_says_nothing_is_turned_away_in_time(open_proxy: OpenProxy) -> None:
    settings = {"RTPROXY_LIMITS__AUTH_S": "0.1"}
    async with open_proxy(**settings) as (process, listener):
        async with calling(listener) as caller:
            told = (await caller.hear())["data"]
            assert (told["code"], told["fatal"]) == ("introduction_overdue", True)
            assert await caller.close_code() == 1008
        with trio.fail_after(5):
            await process.live.wait_empty()


async def test_who_has_said_who_it_is_may_take_its_time(open_proxy: OpenProxy) -> None:
    settings = {"RTPROXY_LIMITS__AUTH_S": "0.1"}
    async with open_proxy(**settings) as (_, listener), calling(listener) as caller:
        await caller.say(AUTH)
        await trio.sleep(0.3)
        await caller.say(START)
        assert (await caller.hear())["type"] == "session_ready"


async def test_a_start_that_waits_for_ever_is_inactive(open_proxy: OpenProxy) -> None:
    settings = {"RTPROXY_LIMITS__AUTH_S": "0.1", "RTPROXY_LIMITS__INACTIVE_S": "0.3"}
    async with open_proxy(**settings) as (_, listener), calling(listener) as caller:
        await caller.say(AUTH)
        assert (await caller.hear())["data"]["code"] == "inactive"
        assert await caller.close_code() == 4408


async def test_a_client_that_goes_while_it_is_greeted_leaves_nothing(
    open_proxy: OpenProxy, dials: list[str]
) -> None:
    async with open_proxy() as (process, listener):
        async with calling(listener) as caller:
            await caller.say(AUTH)
            await caller.say({"type": "ping"})
            await caller.hear()
            assert len(process.live) == 1
        with trio.fail_after(5):
            await process.live.wait_empty()
        assert dials == []


async def test_an_upstream_that_cannot_be_reached_is_told_in_the_words_of_002(
    open_proxy: OpenProxy,
) -> None:
    async with open_proxy(**DEAD) as (_, listener), calling(listener) as caller:
        await caller.say(AUTH, START)
        told = (await caller.until("error"))["data"]
        assert told["error"] == "Failed to connect to OpenAI Realtime API"
        assert (told["code"], told["fatal"]) == ("upstream_lost", True)
        assert await caller.close_code() == 1013


async def test_a_persona_that_there_is_not_leaves_the_session_alive(open_proxy: OpenProxy) -> None:
    async with open_proxy() as (_, listener), calling(listener) as caller:
        await caller.say(AUTH, {"type": "start_realtime", "data": {"persona": "nobody"}})
        told = (await caller.hear())["data"]
        assert (told["code"], told["param"], told["fatal"]) == ("unknown_persona", "persona", False)
        assert "companion" in told["message"]
        await caller.say(START)
        assert (await caller.hear())["type"] == "session_ready"
