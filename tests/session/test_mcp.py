"""MCP servers, whose tools the upstream calls itself."""

from __future__ import annotations

from typing import Any

from rtproxy.model import events as ev
from rtproxy.session import commands as cmd
from rtproxy.session.mcp import MAX_OPEN, Mcp
from rtproxy.session.offer import Offer


def asks(approval_id: str) -> ev.Json:
    item = {
        "id": approval_id,
        "type": "mcp_approval_request",
        "server_label": "shop",
        "name": "order",
        "arguments": "{}",
    }
    return {"output": [item]}


def failed(item_id: str, error: Any = None) -> ev.Json:
    item = {"id": item_id, "type": "mcp_call", "server_label": "shop", "name": "order"}
    return {"output": [{**item, "error": error}]}


def given(approval_id: str, **more: Any) -> ev.ApprovalGiven:
    return ev.ApprovalGiven(event_id="mine", approval_id=approval_id, approve=True, **more)


def messages(commands: list[cmd.Command]) -> list[str]:
    told = [one.event for one in commands if isinstance(one, cmd.ToClient)]
    return [event.error.message for event in told if isinstance(event, ev.ErrorTold)]


def test_an_approval_is_asked_for_and_given_once() -> None:
    mcp = Mcp(Offer())
    note, told = mcp.over(asks("a"))
    assert note == cmd.Note("mcp_approval_asked", fields={"server": "shop", "tool": "order"})
    asked = ev.ApprovalAsked(approval_id="a", server="shop", name="order", arguments="{}")
    assert told == cmd.ToClient(asked)
    item = {"type": "mcp_approval_response", "approval_request_id": "a", "approve": True}
    assert mcp.given(given("a")) == [cmd.ToUpstream(ev.ItemCreate(event_id="mine", item=item))]
    assert "waits for an answer; waiting: none." in messages(mcp.given(given("a")))[0]


def test_a_reason_goes_along() -> None:
    mcp = Mcp(Offer())
    mcp.over(asks("a"))
    (sent,) = mcp.given(given("a", reason="Go on."))
    assert isinstance(sent, cmd.ToUpstream)
    assert isinstance(sent.event, ev.ItemCreate)
    assert sent.event.item["reason"] == "Go on."


def test_who_never_answers_is_remembered_within_a_bound() -> None:
    mcp = Mcp(Offer())
    for number in range(MAX_OPEN + 1):
        mcp.over(asks(f"a{number}"))
    assert messages(mcp.given(given("a0")))
    assert not messages(mcp.given(given("a1")))


def test_a_call_that_failed_is_told_with_what_its_item_says() -> None:
    mcp = Mcp(Offer())
    (message,) = messages(mcp.over(failed("c", {"type": "http_error", "message": "Gone."})))
    assert (
        message == "The tool order of the MCP server shop failed: Gone. The conversation goes on."
    )
    assert mcp.over(failed("c")) == []
    assert mcp.call_failed(ev.McpCallFailed(item_id="c")) == []
    (message,) = messages(mcp.over(failed("c")))
    assert message == "The tool order of the MCP server shop failed. The conversation goes on."


def test_a_list_that_failed_names_its_server_or_those_that_it_may_be() -> None:
    offer = Offer()
    offer.take_terms({"tools": [{"type": "mcp", "server_label": one} for one in ("a", "b")]})
    mcp = Mcp(offer)
    item = {"id": "l", "type": "mcp_list_tools", "server_label": "b"}
    mcp.added(ev.ItemAdded(item=item))
    (message,) = messages(mcp.list_failed(ev.McpListFailed(item_id="l")))
    assert "the tools of b;" in message
    (message,) = messages(mcp.list_failed(ev.McpListFailed(item_id="?")))
    assert "the tools of a or b;" in message


def test_a_response_may_have_any_output() -> None:
    mcp = Mcp(Offer())
    for output in (None, [], ["?"], [{"type": "message"}], [{}]):
        assert mcp.over({"output": output}) == []
    assert mcp.over({}) == []
