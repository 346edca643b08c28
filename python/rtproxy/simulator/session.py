"""A session of whatever kind: client events and the time in, server events out.

Owns the loop that all kinds share: an event is checked against its schema, handed to
the step that knows it, and answered with an `error` where it is refused. Must not
know any event by name, nor sockets, JSON text, keys or clocks; times are seconds of
one monotonic clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rtproxy.simulator.commands import Command, Json
from rtproxy.simulator.errors import Refusal
from rtproxy.simulator.schema import Check, Tagged
from rtproxy.simulator.stage import Stage

Step = Callable[[Json, float], None]


class Session:
    """Events of the types in `shapes`; `steps` says for each what it does."""

    def __init__(
        self, stage: Stage, shapes: Mapping[str, Check], steps: Mapping[str, Step]
    ) -> None:
        self._stage = stage
        known = {name: shape for name, shape in shapes.items() if name in steps}
        self._check = Tagged("type", known)
        self._steps = steps

    def receive(self, event: Json, now: float) -> list[Command]:
        """Answer a client event; whatever was due before it comes first."""
        self._stage.agenda.run(now)
        event_id = event.get("event_id")
        try:
            self._check(event, "")
            self._steps[event["type"]](event, now)
        except Refusal as refusal:
            self._stage.outbox.refuse(refusal, event_id if isinstance(event_id, str) else None)
        return self._stage.outbox.take()

    def tick(self, now: float) -> list[Command]:
        """Everything that is due by now."""
        self._stage.agenda.run(now)
        return self._stage.outbox.take()

    def next_due(self) -> float | None:
        """When `tick` has something to do, if nothing is received before."""
        return self._stage.agenda.next_due()

    def starve(self, responses: int) -> None:
        """Let the next responses fail for want of tokens; a session without any has none."""
