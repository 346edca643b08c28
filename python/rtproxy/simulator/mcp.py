"""MCP servers as a session sees them: their tools are listed, their calls approved.

Owns the listing of a server's tools and what a client's approval sets off. Must not
know what a server answers: the voice does, for no server is ever asked. Source of the
events: SDK types `mcp_list_tools_*` and `realtime_mcp_*`; their order is the guide's
("Realtime with tools"), no capture of it was at hand.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from rtproxy.simulator import errors
from rtproxy.simulator.commands import Json
from rtproxy.simulator.items import Item
from rtproxy.simulator.stage import Stage
from rtproxy.simulator.voices.voice import Answer, Voice

_LISTING_S = 0.2


class McpServers:
    """The MCP servers of one session."""

    def __init__(self, stage: Stage, voice: Voice) -> None:
        self._stage = stage
        self._voice = voice
        self._known: set[str] = set()

    def configure(self, tools: Iterable[Json], now: float) -> None:
        """List the tools of servers that the session has not had before."""
        for tool in tools:
            if tool["type"] == "mcp" and tool["server_label"] not in self._known:
                self._known.add(tool["server_label"])
                self._list(tool, now)

    def _list(self, tool: Json, now: float) -> None:
        fields: Json = {"server_label": tool["server_label"], "tools": []}
        item = Item(self._stage.ids.new("mcpl"), "mcp_list_tools", fields)
        previous = self._stage.items.append(item)
        self._stage.outbox.emit(
            "conversation.item.added", previous_item_id=previous, item=item.wire()
        )
        self._stage.outbox.emit("mcp_list_tools.in_progress", item_id=item.id)
        finish = partial(self._listed, item, self._voice.list_tools(tool))
        self._stage.agenda.at(now + _LISTING_S, finish)

    def _listed(self, item: Item, names: list[str] | None, _now: float) -> None:
        if names is None:
            self._known.discard(item.fields["server_label"])  # the next update tries again
            self._stage.outbox.emit("mcp_list_tools.failed", item_id=item.id)
            return
        item.fields["tools"] = [{"name": name, "input_schema": _ANYTHING} for name in names]
        self._stage.outbox.emit("conversation.item.done", previous_item_id=None, item=item.wire())
        self._stage.outbox.emit("mcp_list_tools.completed", item_id=item.id)

    def check(self, approval: Json) -> None:
        """Refusal where no such approval was asked for, or it was given before."""
        if approval["approval_request_id"] not in self._stage.approvals:
            raise errors.no_such_approval(approval["approval_request_id"])

    def settle(self, approval: Json) -> Answer:
        """What the model goes on with, once a call was approved or was not."""
        call = self._stage.approvals.pop(approval["approval_request_id"])
        return [call] if approval["approve"] else []


_ANYTHING: Json = {"type": "object"}
