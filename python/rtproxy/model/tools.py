"""Events about tools: those that run in the proxy, and those of MCP servers.

Owns one frozen struct for each; they are read as part of `events`. A call itself
(`CallMade`), and a client's way with one (`ToolCalled`, `ToolAnswered`), stand there. Must
not know how any of them looks on a wire.
"""

from __future__ import annotations

from typing import Literal

from rtproxy.model.event import Event

ToolState = Literal["started", "running", "done", "failed"]


class ToolRan(Event, frozen=True, kw_only=True):
    """A tool of the proxy's own has come to an end; `output` is for the model.

    `failure` says what went wrong, in words that anybody may read; None: nothing.
    """

    call_id: str
    output: str
    failure: str | None = None


class ToolProgressed(Event, frozen=True, kw_only=True):
    """A tool of the proxy's own says how far it is."""

    call_id: str
    text: str


class ToolProgress(Event, frozen=True, kw_only=True):
    """The client is told what becomes of a call that the proxy answers."""

    call_id: str
    name: str
    state: ToolState
    text: str | None = None


class ApprovalAsked(Event, frozen=True, kw_only=True):
    """The upstream wants to call a tool of an MCP server; `arguments` is JSON as text."""

    approval_id: str
    server: str
    name: str
    arguments: str


class ApprovalGiven(Event, frozen=True, kw_only=True):
    """The client says whether it may."""

    approval_id: str
    approve: bool
    reason: str | None = None


class McpListFailed(Event, frozen=True, kw_only=True):
    """The upstream could not learn which tools an MCP server has."""

    item_id: str


class McpCallFailed(Event, frozen=True, kw_only=True):
    """A tool of an MCP server could not be called; the item of its response says why."""

    item_id: str
