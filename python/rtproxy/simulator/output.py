"""The items that a response is made of, as they begin.

Owns the fields of each kind. Must not know how they grow.
"""

from __future__ import annotations

from rtproxy.model.audio_format import AudioFormat
from rtproxy.simulator.commands import Json
from rtproxy.simulator.ids import Ids
from rtproxy.simulator.items import Item, Part
from rtproxy.simulator.plan import OpenItem, PartKind
from rtproxy.simulator.voices.voice import Called, CalledMcp


def begin_item(opening: OpenItem, ids: Ids) -> Item:
    """The item; a message is still empty."""
    match opening.called:
        case Called(name):
            fields: Json = {"name": name, "call_id": ids.new("call"), "arguments": ""}
            return Item(ids.new("item"), "function_call", fields, status="in_progress")
        case CalledMcp() as call if opening.part is PartKind.MCP_CALL:
            about: Json = {"server_label": call.server, "name": call.name, "arguments": ""}
            open_ends: Json = {"approval_request_id": call.approval_id, "output": None}
            return Item(ids.new("mcp"), "mcp_call", {**about, **open_ends, "error": None})
        case CalledMcp(server, name, arguments):
            asked: Json = {"server_label": server, "name": name, "arguments": arguments}
            return Item(ids.new("mcpr"), "mcp_approval_request", asked)
    return Item(ids.new("item"), "message", role="assistant", status="in_progress")


def begin_part(kind: PartKind, audio_format: AudioFormat) -> Part:
    """The one content part of a message; `audio_format` is what it is spoken in."""
    if kind is PartKind.TEXT:
        return Part("output_text")
    return Part("output_audio", transcript="", audio_format=audio_format)
