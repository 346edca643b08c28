"""MCP servers by script: listed, called by the upstream itself, and approved by the client."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import rule

from rtproxy.simulator.settings import VoiceName
from rtproxy.simulator.voices.script import Line, McpServer, Script, Turn

from .play import PLAIN, Json, Play, error_of, named, only, types
from .test_invariants import AnyClient

DOCS = {"type": "mcp", "server_label": "docs", "server_url": "https://docs.example/mcp"}
SEARCH = Line(mcp="search", server="docs", arguments={"q": "VAD"}, output="3 pages")


def reading(*answers: list[Line], **servers: McpServer) -> Play:
    """A conversation in text that follows a script."""
    script = Script(turns=[Turn(answer=answer) for answer in answers], mcp=servers)
    play = Play(replace(PLAIN, voice=VoiceName.SCRIPT, script=script))
    play.update(output_modalities=["text"])
    return play


def items(events: list[Json], event_type: str = "response.output_item.done") -> list[Json]:
    """The items of these events."""
    return [event["item"] for event in events if event["type"] == event_type]


def approve(play: Play, request_id: str, **said: Any) -> list[Json]:
    """Answer a request for approval."""
    item = {"type": "mcp_approval_response", "approval_request_id": request_id, **said}
    return play.send("conversation.item.create", item=item)


def test_a_servers_tools_are_listed() -> None:
    play = Play()
    events = play.update(tools=[{**DOCS, "allowed_tools": ["search"]}]) + play.rest()
    item = {"id": "mcpl_A", "type": "mcp_list_tools", "server_label": "docs"}
    listed = {**item, "tools": [{"name": "search", "input_schema": {"type": "object"}}]}
    assert named(events)[1:] == [
        {
            "type": "conversation.item.added",
            "previous_item_id": None,
            "item": {**item, "tools": []},
        },
        {"type": "mcp_list_tools.in_progress", "item_id": "mcpl_A"},
        {"type": "conversation.item.done", "previous_item_id": None, "item": listed},
        {"type": "mcp_list_tools.completed", "item_id": "mcpl_A"},
    ]


def test_a_server_is_listed_once() -> None:
    play = Play()
    play.update(tools=[DOCS])
    play.rest()
    assert types(play.update(tools=[DOCS]) + play.rest()) == ["session.updated"]


def test_the_script_knows_a_servers_tools() -> None:
    play = reading(docs=McpServer(tools=["search", "fetch"]))
    events = play.update(tools=[DOCS]) + play.rest()
    (item,) = items(events, "conversation.item.done")
    assert [tool["name"] for tool in item["tools"]] == ["search", "fetch"]


def test_a_server_that_cannot_be_listed_is_tried_again() -> None:
    play = reading(docs=McpServer(fails=True))
    for _ in range(2):
        events = play.update(tools=[DOCS]) + play.rest()
        assert types(events)[-2:] == ["mcp_list_tools.in_progress", "mcp_list_tools.failed"]


def test_the_upstream_calls_a_tool_itself() -> None:
    play = reading([SEARCH, Line(say="There are three.")])
    events = play.respond()
    assert types(events) == [
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.mcp_call_arguments.delta",
        "response.mcp_call_arguments.done",
        "response.mcp_call.in_progress",
        "response.mcp_call.completed",
        "conversation.item.done",
        "response.output_item.done",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
        "rate_limits.updated",
    ]
    assert named(items(events)[:1])[0] == {
        "id": "mcp_A",
        "type": "mcp_call",
        "server_label": "docs",
        "name": "search",
        "arguments": '{"q":"VAD"}',
        "approval_request_id": None,
        "output": "3 pages",
        "error": None,
    }
    done = only(events, "response.done")["response"]
    assert [item["type"] for item in done["output"]] == ["mcp_call", "message"]


def test_a_tool_fails() -> None:
    line = Line(mcp="search", server="docs", fails="The server has gone.")
    events = reading([line]).respond()
    assert "response.mcp_call.failed" in types(events)
    (item,) = items(events)
    assert item["error"] == {"type": "tool_execution_error", "message": "The server has gone."}
    assert item["output"] is None


def test_an_answer_is_cancelled_while_a_tool_runs() -> None:
    play = reading([SEARCH, Line(say="There are three.")])
    play.respond_until("response.mcp_call.in_progress")
    events = play.send("response.cancel") + play.rest()
    assert types(events)[0] == "response.mcp_call.failed"
    assert items(events)[0]["error"]["message"].startswith("The response ended")
    assert only(events, "response.done")["response"]["status"] == "cancelled"


def asked_for_approval() -> tuple[Play, str]:
    """A conversation in which a call waits for approval; the request's id."""
    asked = Line(mcp="search", server="docs", arguments={"q": "VAD"}, output="3", approval=True)
    play = reading([asked], [Line(say="So be it.")])
    events = play.respond()
    (request,) = items(events)
    assert request == {
        "id": request["id"],
        "type": "mcp_approval_request",
        "server_label": "docs",
        "name": "search",
        "arguments": '{"q":"VAD"}',
    }
    assert only(events, "response.done")["response"]["status"] == "completed"
    return play, request["id"]


def test_an_approved_call_is_made_without_being_asked_for() -> None:
    play, request_id = asked_for_approval()
    events = approve(play, request_id, approve=True) + play.rest()
    assert types(events)[:3] == [
        "conversation.item.added",
        "conversation.item.done",
        "response.created",
    ]
    call, message = items(events)
    assert (call["type"], call["approval_request_id"]) == ("mcp_call", request_id)
    assert message["content"][0]["text"] == "So be it."


def test_a_denied_call_is_not_made() -> None:
    play, request_id = asked_for_approval()
    events = approve(play, request_id, approve=False, reason="Too dear.") + play.rest()
    assert [item["type"] for item in items(events)] == ["message"]


def test_an_approval_waits_for_the_answer_that_is_under_way() -> None:
    play, request_id = asked_for_approval()
    play.send("response.create")
    events = approve(play, request_id, approve=True)
    assert types(events) == ["conversation.item.added", "conversation.item.done"]
    assert [item["type"] for item in items(play.rest())] == ["message", "mcp_call", "message"]


def test_an_approval_that_nobody_asked_for() -> None:
    play, request_id = asked_for_approval()
    approve(play, request_id, approve=False)
    for unknown in ("mcpr_none", request_id):
        error = error_of(approve(play, unknown, approve=True)[-1:])
        assert (error["code"], error["param"]) == ("invalid_value", "item.approval_request_id")


def test_several_calls_in_one_response() -> None:
    lines = [Line(call="first", arguments={"a": 1}), Line(call="second"), Line(say="Wait.")]
    done = only(reading(lines).respond(), "response.done")["response"]
    assert [item.get("name") for item in done["output"]] == ["first", "second", None]
    assert len({item.get("call_id") for item in done["output"]}) == 3


class AnyMcpClient(AnyClient):
    """A client that does whatever comes into its head, with MCP servers."""

    script = Script(
        turns=[
            Turn(answer=[Line(mcp="m"), Line(mcp="m", fails="No."), Line(mcp="m", approval=True)]),
            Turn(answer=[Line(say="Well."), Line(mcp="m", arguments={"a": "b" * 60})]),
            Turn(answer=[Line(mcp="m", approval=True), Line(fail="server_error")]),
        ],
        mcp={"down": McpServer(fails=True)},
        at_end="repeat",
    )

    @rule(labels=st.sets(st.sampled_from(["up", "down"])))
    def declare_servers(self, labels: set[str]) -> None:
        tools = [{"type": "mcp", "server_label": label} for label in sorted(labels)]
        self._read(self.play.update(tools=tools))

    @rule(approve=st.booleans())
    def answer_a_request_for_approval(self, approve: bool) -> None:
        for request_id in list(self.play.core._stage.approvals)[:1]:
            said = {"approval_request_id": request_id, "approve": approve}
            item = {"type": "mcp_approval_response", **said}
            self._send("conversation.item.create", item=item)


AnyMcpClient.TestCase.settings = settings(max_examples=40, stateful_step_count=30)
TestAnyMcpClient = AnyMcpClient.TestCase
