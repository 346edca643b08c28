"""Tools of MCP servers, through a whole proxy: listed, approved or not, called, failed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import trio

from .conftest import StartProxy
from .dialect import CONVERSATION
from .peer import Peer

SCRIPT = """
[mcp.docs]
tools = ["search", "order"]

[mcp.gone]
fails = true

[[turn]]
answer = [
    { mcp = "search", server = "docs", arguments = { q = "hours" }, output = "9 to 5" },
    { mcp = "order", server = "docs", arguments = {}, fails = "Out of stock." },
    { say = "Nine to five.", audio_ms = 100 },
]

[[turn]]
answer = [{ mcp = "order", server = "docs", arguments = { n = 5 }, output = "ok", approval = true }]

[[turn]]
answer = [{ say = "It is ordered.", audio_ms = 100 }]
"""
SERVERS = [
    {
        "type": "mcp",
        "server_label": label,
        "server_url": f"https://{label}.example/mcp",
        "require_approval": "never",
    }
    for label in ("docs", "gone")
]


async def ask(peer: Peer) -> list[dict[str, Any]]:
    await peer.send({"type": "text", "text": "go on"})
    return await peer.until("response_done")


def of_type(events: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [event for event in events if event["type"] == name]


async def test_tools_of_mcp_servers(
    start_proxy: StartProxy, nursery: trio.Nursery, tmp_path: Path
) -> None:
    script = tmp_path / "script.toml"
    script.write_text(SCRIPT, encoding="utf-8")
    env = {"RTPROXY_SIMULATOR__VOICE": "script", "RTPROXY_SIMULATOR__SCRIPT": str(script)}
    proxy = start_proxy(env=env)
    peer = await CONVERSATION.open(nursery, proxy.port)
    await peer.send({"type": "session_update", "tools": SERVERS})
    events = await peer.until("error")
    assert of_type(events, "session_updated")
    assert (events[-1]["code"], events[-1]["fatal"]) == ("mcp_list_tools_failed", False)
    assert "could not list the tools of gone;" in events[-1]["message"]

    events = await ask(peer)
    (failed,) = of_type(events, "error")
    assert (failed["code"], failed["fatal"]) == ("mcp_call_failed", False)
    assert "order of the MCP server docs failed: Out of stock." in failed["message"]
    assert "".join(event["text"] for event in of_type(events, "text_delta")) == "Nine to five."

    await peer.send({"type": "text", "text": "order five"})
    asked = await peer.next("tool_approval")
    assert (asked["server"], asked["name"]) == ("docs", "order")
    assert json.loads(asked["arguments"]) == {"n": 5}
    await peer.next("response_done")
    await peer.send({"type": "approve_tool", "approvalId": "mcpr_nobody", "approve": True})
    assert (await peer.next("error"))["param"] == "approvalId"
    await peer.send({"type": "approve_tool", "approvalId": asked["approvalId"], "approve": True})
    events = await peer.until("response_done")
    assert "".join(event["text"] for event in of_type(events, "text_delta")) == "It is ordered."
    nursery.cancel_scope.cancel()
