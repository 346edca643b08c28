"""Whatever a client answers to a tool call, the conversation goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import trio

from .conftest import StartProxy
from .dialect import SMALL, Dialect
from .peer import Peer
from .proxy_process import ProxyProcess

KIB = 1_024
TOOL = {"type": "function", "name": "weather", "parameters": {"type": "object"}}
GO_ON = {"type": "text", "text": "go on"}
SCRIPT = """
[[turn]]
answer = [{ call = "weather", arguments = { city = "Rome" } }]

[[turn]]
answer = [{ say = "It is sunny.", audio_ms = 100 }]

[[turn]]
answer = [{ say = "And warm.", audio_ms = 100 }]
"""
EACH = pytest.mark.parametrize("dialect", SMALL, ids=lambda dialect: dialect.name)


@pytest.fixture
def scripted(start_proxy: StartProxy, tmp_path: Path) -> ProxyProcess:
    path = tmp_path / "script.toml"
    path.write_text(SCRIPT, encoding="utf-8")
    env = {"RTPROXY_SIMULATOR__VOICE": "script", "RTPROXY_SIMULATOR__SCRIPT": str(path)}
    return start_proxy(env=env)


async def called(dialect: Dialect, nursery: trio.Nursery, proxy: ProxyProcess) -> tuple[Peer, str]:
    """A session whose model has called a tool of the client's, and waits."""
    peer = await dialect.open(nursery, proxy.port)
    await peer.send({"type": "session_update", "tools": [TOOL]})
    await peer.next("session_updated")
    await peer.send(GO_ON)
    call = await peer.next("tool_call")
    assert (call["name"], json.loads(call["arguments"])) == ("weather", {"city": "Rome"})
    await peer.next(dialect.done)
    return peer, call["callId"]


async def refused(peer: Peer, message: dict[str, Any] | str) -> dict[str, Any]:
    await peer.send(message)
    error = await peer.next("error")
    assert error["fatal"] is False
    return error


@EACH
async def test_an_answer_that_cannot_be_is_named_and_the_right_one_is_still_taken(
    scripted: ProxyProcess, nursery: trio.Nursery, dialect: Dialect
) -> None:
    peer, call_id = await called(dialect, nursery, scripted)
    stranger = {"type": "tool_result", "callId": "nobody", "output": "x", "event_id": "mine"}
    error = await refused(peer, stranger)
    assert (error["code"], error["param"]) == ("unknown_call", "callId")
    assert error["event_id"] == "mine"
    assert call_id in error["message"], "it says which calls wait"
    no_json = f'{{"type":"tool_result","callId":"{call_id}","output":nope}}'
    assert (await refused(peer, no_json))["code"] == "invalid_json"
    for output in ({}, {"output": None}):
        fields = {"type": "tool_result", "callId": call_id, **output}
        assert (await refused(peer, fields))["code"] == "invalid_field"

    much = {"type": "tool_result", "callId": call_id, "output": "x" * (900 * KIB)}
    await peer.send(much)
    await peer.next(dialect.done)
    assert (await refused(peer, much))["code"] in {"call_answered", "unknown_call"}
    await peer.send(GO_ON)
    await peer.next(dialect.done)
    await peer.aclose()
    assert scripted.alive
    nursery.cancel_scope.cancel()
