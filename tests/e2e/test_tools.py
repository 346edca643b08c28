"""Tools in a running proxy: whatever one of them does, the conversation and the audio go on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import trio

from .calling_upstream import CallingUpstream
from .conftest import StartProxy
from .dialect import COMPANION, CONVERSATION, VOICE, Dialect
from .peer import Peer
from .proxy_process import ProxyProcess
from .telephone import Telephone
from .witness import becomes

SECRET = "sk-live-abcdefgh12345678"
TOOLS = f'''
from pathlib import Path

import trio

import rtproxy


@rtproxy.tool
async def order_status(number: int, context: rtproxy.ToolContext) -> dict:
    """Tell how far an order is.

    Args:
        number: of the order.
    """
    return {{"number": number, "status": "packed", "dialect": context.dialect}}


@rtproxy.tool
async def fail() -> str:
    """Fail."""
    raise RuntimeError("no connection with {SECRET}")


@rtproxy.tool(deadline_s=0.5)
async def hang() -> str:
    """Hang."""
    await trio.sleep_forever()


@rtproxy.tool
async def ten_megabytes() -> dict:
    """Return too much."""
    return {{"rows": ["x" * 100] * 100_000}}


@rtproxy.tool
async def no_json() -> object:
    """Return what is no JSON."""
    return object()


@rtproxy.tool
async def slow(context: rtproxy.ToolContext) -> str:
    """Take a while."""
    await context.progress("half way")
    await trio.sleep(0.3)
    return "all of it"


@rtproxy.tool(deadline_s=60)
async def leave_a_trace(path: str) -> None:
    """Write a file when it is over, however."""
    Path(path).with_suffix(".begun").touch()
    try:
        await trio.sleep_forever()
    finally:
        Path(path).touch()


@rtproxy.tool
async def second_thoughts(context: rtproxy.ToolContext) -> dict:
    """Ask the model itself."""
    told = await context.ask("Sum this up in a word.", last_items=2)
    return {{"told": told}}
'''


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "my_tools.py"
    path.write_text(TOOLS, encoding="utf-8")
    return path


async def opened(
    nursery: trio.Nursery, start_proxy: StartProxy, file: Path, dialect: Dialect = CONVERSATION
) -> tuple[Peer, CallingUpstream, ProxyProcess]:
    upstream = await CallingUpstream().serve(nursery)
    proxy = start_proxy("--upstream", upstream.url, "--tools", str(file))
    peer = await dialect.open(nursery, proxy.port)
    return peer, upstream, proxy


def outputs(told: list[dict[str, Any]]) -> dict[str, Any]:
    """The outputs of calls, by call id, in their order."""
    items = [event["item"] for event in told if event["type"] == "conversation.item.create"]
    return {item["call_id"]: json.loads(item["output"]) for item in items}


ALL = ("order_status", "fail", "hang", "ten_megabytes", "no_json", "nobody")
WRONG = {
    "fail": "tool_failed",
    "hang": "deadline_exceeded",
    "ten_megabytes": "output_too_large",
    "no_json": "output_not_json",
    "nobody": "unknown_tool",
}


@pytest.mark.parametrize("dialect", [VOICE, CONVERSATION, COMPANION], ids=lambda one: one.name)
async def test_whatever_tools_do_the_conversation_goes_on(
    start_proxy: StartProxy, nursery: trio.Nursery, file: Path, dialect: Dialect
) -> None:
    peer, upstream, proxy = await opened(nursery, start_proxy, file, dialect)
    (update,) = await upstream.until("session.update")
    offered = [tool["name"] for tool in update["session"]["tools"]]
    assert offered[:2] == ["order_status", "fail"]

    arguments = {"order_status": '{"number": 5}'}
    await upstream.call(*((name, arguments.get(name, "{}")) for name in ALL))
    told = await upstream.until("response.create")
    given = outputs(told)
    assert list(given) == list(ALL), "outputs are in the order of the calls"
    assert given["order_status"] == {"number": 5, "status": "packed", "dialect": dialect.name}
    assert {name: given[name]["error"]["code"] for name in WRONG} == WRONG
    assert SECRET not in json.dumps(told)

    events = await peer.quiet(0.5)
    assert SECRET not in json.dumps(events)
    ends = {
        event["name"]: event["state"]
        for event in events
        if event["type"] == "tool_progress" and event["state"] in {"done", "failed"}
    }
    wrong = dict.fromkeys(set(WRONG) - {"nobody"}, "failed")
    assert ends == {"order_status": "done", **wrong}
    (error,) = [event for event in events if event["type"] == "error"]
    assert (error["code"], error["param"], error["fatal"]) == ("unknown_tool", "name", False)
    assert SECRET not in proxy.log
    await peer.send({"type": "ping"})
    await peer.next("pong")
    nursery.cancel_scope.cancel()


async def test_a_caller_has_the_tools_and_is_told_nothing_of_them(
    start_proxy: StartProxy, nursery: trio.Nursery, file: Path
) -> None:
    upstream = await CallingUpstream().serve(nursery)
    proxy = start_proxy("--upstream", upstream.url, "--tools", str(file))
    phone = await Telephone.call(nursery, proxy.port)
    await upstream.until("session.update")
    await upstream.call(("order_status", '{"number": 5}'), ("fail", "{}"), ("nobody", "{}"))
    given = outputs(await upstream.until("response.create"))
    assert given["order_status"]["dialect"] == "twilio"
    assert given["fail"]["error"]["code"] == "tool_failed"
    assert {message["event"] for message in phone.told} <= {"mark"}
    nursery.cancel_scope.cancel()


async def test_progress_comes_at_once_and_the_result_when_it_is_there(
    start_proxy: StartProxy, nursery: trio.Nursery, file: Path
) -> None:
    peer, upstream, _ = await opened(nursery, start_proxy, file)
    await upstream.until("session.update")
    await upstream.call(("slow", "{}"))
    given = outputs(await upstream.until("response.create"))
    assert given == {"slow": {"status": "in_progress", "progress": "half way"}}
    assert [(await peer.next("tool_progress"))["state"] for _ in range(2)] == ["started", "running"]
    item = (await upstream.until("conversation.item.create"))[-1]["item"]
    assert item["role"] == "system"
    assert "slow" in item["content"][0]["text"]
    assert "all of it" in item["content"][0]["text"]
    assert (await peer.next("tool_progress"))["state"] == "done"
    nursery.cancel_scope.cancel()


SCRIPT = """
[[turn]]
answer = [{ say = "Let me think.", audio_ms = 200 }, { call = "second_thoughts" }]

[[turn]]
answer = [{ say = "Sunny." }]

[[turn]]
answer = [{ say = "It is sunny.", audio_ms = 200 }]
"""


async def test_a_tool_asks_the_model_beside_the_conversation(
    start_proxy: StartProxy, nursery: trio.Nursery, file: Path, tmp_path: Path
) -> None:
    """Its question takes the script's second turn, which nobody hears."""
    script = tmp_path / "script.toml"
    script.write_text(SCRIPT, encoding="utf-8")
    env = {"RTPROXY_SIMULATOR__VOICE": "script", "RTPROXY_SIMULATOR__SCRIPT": str(script)}
    proxy = start_proxy("--tools", str(file), env=env)
    peer = await CONVERSATION.open(nursery, proxy.port)
    await peer.send({"type": "text", "text": "go on"})
    events = await peer.until("response_done") + await peer.until("response_done")
    said = "".join(event["text"] for event in events if event["type"] == "text_delta")
    assert said == "Let me think.It is sunny."
    states = [event["state"] for event in events if event["type"] == "tool_progress"]
    assert states == ["started", "done"]
    nursery.cancel_scope.cancel()


async def test_a_session_that_ends_takes_its_tools_along(
    start_proxy: StartProxy, nursery: trio.Nursery, file: Path, tmp_path: Path
) -> None:
    peer, upstream, proxy = await opened(nursery, start_proxy, file)
    trace = tmp_path / "trace"
    await upstream.call(("leave_a_trace", json.dumps({"path": str(trace)})))
    assert await becomes(trace.with_suffix(".begun").exists)
    assert not trace.exists()
    await peer.aclose()
    assert await becomes(trace.exists)
    assert await becomes(lambda: proxy.sessions == 0)
    nursery.cancel_scope.cancel()


async def test_a_client_of_the_upstreams_protocol_is_offered_nothing(
    start_proxy: StartProxy, nursery: trio.Nursery, file: Path
) -> None:
    """Its tools are its own affair: what it says of them passes, and so do their calls."""
    upstream = await CallingUpstream().serve(nursery)
    proxy = start_proxy("--upstream", upstream.url, "--tools", str(file))
    peer = await Peer.connect(nursery, proxy.port, "/v1/realtime?model=gpt-realtime")
    await peer.next("session.created")
    own = [{"type": "function", "name": "order_status", "parameters": {}}]
    asked = {"type": "session.update", "session": {"type": "realtime", "tools": own}}
    await peer.send(asked)
    assert await upstream.until("session.update") == [asked]
    await upstream.call(("order_status", '{"number": 5}'))
    call = await peer.next("response.function_call_arguments.done")
    assert call["arguments"] == '{"number": 5}'
    await peer.next("response.done")
    item = {"type": "function_call_output", "call_id": "order_status", "output": "mine"}
    await peer.send({"type": "conversation.item.create", "item": item})
    (told,) = await upstream.until("conversation.item.create")
    assert told["item"] == item, "nobody else has answered"
    nursery.cancel_scope.cancel()
