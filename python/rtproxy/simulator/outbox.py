"""Server events on their way out, each with its own event id.

Owns the order in which one connection's events leave. Must not know what
they mean.
"""

from __future__ import annotations

from typing import Any

from rtproxy.simulator.commands import Command, Send
from rtproxy.simulator.errors import Refusal
from rtproxy.simulator.ids import Ids


class Outbox:
    """Collects what the parts of a conversation say during one call into the core."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._commands: list[Command] = []

    def emit(self, event_type: str, **fields: Any) -> None:
        """Add a server event; its fields must not change afterwards."""
        event = {"type": event_type, "event_id": self._ids.new("event"), **fields}
        self._commands.append(Send(event))

    def refuse(self, refusal: Refusal, event_id: str | None = None) -> None:
        """Add an `error` event that answers the client event with that id."""
        self.emit("error", error=refusal.wire(event_id))

    def command(self, command: Command) -> None:
        """Add something other than an event."""
        self._commands.append(command)

    def take(self) -> list[Command]:
        """All that was added since the last call, in order."""
        taken, self._commands = self._commands, []
        return taken
