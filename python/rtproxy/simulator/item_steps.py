"""What a client may do to the items of a conversation, and how it is told.

Owns the events of `conversation.item.*` that answer a client's. Must not know the
rules about items: `items` refuses.
"""

from __future__ import annotations

from rtproxy.simulator.commands import Json
from rtproxy.simulator.stage import Stage


def retrieve_item(stage: Stage, event: Json, _now: float) -> None:
    """Show an item with all its audio."""
    item = stage.items.retrieve(event["item_id"])
    stage.outbox.emit("conversation.item.retrieved", item=item)


def truncate_item(stage: Stage, event: Json, _now: float) -> None:
    """Cut an answer to what was heard."""
    asked = {key: event[key] for key in ("item_id", "content_index", "audio_end_ms")}
    stage.items.truncate(**asked)
    stage.outbox.emit("conversation.item.truncated", **asked)


def delete_item(stage: Stage, event: Json, _now: float) -> None:
    """Take an item out."""
    stage.items.delete(event["item_id"])
    stage.outbox.emit("conversation.item.deleted", item_id=event["item_id"])
