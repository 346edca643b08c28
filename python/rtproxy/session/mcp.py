"""Tools of MCP servers, which the upstream calls itself: who is asked, and what failed.

Owns the approvals that the upstream waits for, and the words on what an MCP server did
not do. What a response has asked for and what became of its calls stands in its
`response.done`, so nothing before that is looked at. Must not know any server.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rtproxy.model import events as ev
from rtproxy.session.commands import Command, Note, ToClient, ToUpstream
from rtproxy.session.offer import Offer

# Who never answers must not make us remember for ever.
MAX_OPEN = 64


class Mcp:
    """What one session has to do with MCP servers; `offer` knows which there are."""

    def __init__(self, offer: Offer) -> None:
        """Begin with nothing asked."""
        self._offer = offer
        self._open: dict[str, str] = {}  # tools by approval id, the oldest first
        self._failed: set[str] = set()
        self._lists: dict[str, str] = {}  # servers by the id of the item that lists their tools

    def added(self, event: ev.ItemAdded) -> list[Command]:
        """The tools of a server are being listed: should that fail, only its item is named."""
        if event.item.get("type") == "mcp_list_tools":
            self._lists[str(event.item.get("id"))] = str(event.item.get("server_label", ""))
            if len(self._lists) > MAX_OPEN:
                del self._lists[next(iter(self._lists))]
        return []

    def over(self, response: ev.Json) -> list[Command]:
        """What the response asks leave for, and which of its calls failed."""
        told: list[Command] = []
        for item in _items(response):
            if item.get("type") == "mcp_approval_request":
                told += self._asked(item)
            elif item.get("type") == "mcp_call" and self._has_failed(item):
                told += _call_failed(item)
        self._failed.clear()
        return told

    def _asked(self, item: ev.Json) -> list[Command]:
        asked = ev.ApprovalAsked(
            approval_id=str(item.get("id", "")),
            server=str(item.get("server_label", "")),
            name=str(item.get("name", "")),
            arguments=str(item.get("arguments", "")),
        )
        self._open[asked.approval_id] = asked.name
        if len(self._open) > MAX_OPEN:
            del self._open[next(iter(self._open))]
        fields = {"server": asked.server, "tool": asked.name}
        return [Note("mcp_approval_asked", fields=fields), ToClient(asked)]

    def _has_failed(self, item: ev.Json) -> bool:
        return item.get("error") is not None or item.get("id") in self._failed

    def given(self, event: ev.ApprovalGiven) -> list[Command]:
        """The client's word, for the upstream that waits for it."""
        if self._open.pop(event.approval_id, None) is None:
            return [self._unknown(event)]
        said: ev.Json = {
            "type": "mcp_approval_response",
            "approval_request_id": event.approval_id,
            "approve": event.approve,
        }
        if event.reason is not None:
            said["reason"] = event.reason
        return [ToUpstream(ev.ItemCreate(event_id=event.event_id, item=said))]

    def _unknown(self, event: ev.ApprovalGiven) -> Command:
        waiting = ", ".join(list(self._open)[:8]) or "none"
        message = (
            f"No tool_approval with approvalId '{event.approval_id[:64]}' waits for an answer; "
            f"waiting: {waiting}."
        )
        failure = ev.Failure(
            code="unknown_approval", message=message, param="approvalId", event_id=event.event_id
        )
        return ToClient(ev.ErrorTold(error=failure))

    def call_failed(self, event: ev.McpCallFailed) -> list[Command]:
        """Its response will say which call that was, and why."""
        self._failed.add(event.item_id)
        return []

    def list_failed(self, event: ev.McpListFailed) -> list[Command]:
        """The model will not know the tools of some server."""
        server = self._lists.get(event.item_id)
        servers = server or " or ".join(self._offer.servers) or "an MCP server"
        return _told(
            "mcp_list_tools_failed",
            f"The upstream could not list the tools of {servers}; the conversation goes on "
            "without them. Look at the server's address and credentials in the session's tools.",
            {"server": servers},
        )


def _items(response: ev.Json) -> Iterator[ev.Json]:
    output = response.get("output")
    return (item for item in output or () if isinstance(item, dict))


def _call_failed(item: ev.Json) -> list[Command]:
    server, name = str(item.get("server_label", "")), str(item.get("name", ""))
    error = item.get("error")
    why = str(error.get("message") or "") if isinstance(error, dict) else str(error or "")
    reason = f": {why.rstrip('.')}" if why else ""
    message = (
        f"The tool {name} of the MCP server {server} failed{reason}. The conversation goes on."
    )
    return _told("mcp_call_failed", message, {"server": server, "tool": name})


def _told(code: str, message: str, fields: dict[str, Any]) -> list[Command]:
    note = Note(code, "warning", {**fields, "text": message})
    failure = ev.Failure(type="server_error", code=code, message=message)
    return [note, ToClient(ev.ErrorTold(error=failure))]
