"""The model's two sides: which leg each has, and what waits for an absent client.

Owns the legs by id, who is attached, the backlog, and the bound on events that wait.
Must not know audio, marks or time beyond what it passes on.
"""

from __future__ import annotations

from fractions import Fraction

from tests.splice.model_leg import Leg, Side
from tests.splice.model_queue import Audio, Queue, Text

SLOW = "the {} does not read: too much waits for it"


class Sides:
    """Where a message for a side goes."""

    def __init__(self, *, waiting_messages: int, waiting_bytes: int) -> None:
        self.legs: dict[int, Leg] = {}
        self.attached: dict[Side, Leg] = {}
        self.last_client: Leg | None = None  # attached now, or the last one that was
        self.backlog = Queue()
        self._overflowed = False
        self._waiting_messages, self._waiting_bytes = waiting_messages, waiting_bytes
        self._ids = 0

    def open(self, side: Side, max_message_bytes: int) -> int:
        self._ids += 1
        self.legs[self._ids] = Leg(side, max_message_bytes)
        return self._ids

    def has(self, leg: Leg) -> bool:
        return self.attached.get(leg.side) is leg

    @property
    def client_queue(self) -> Queue:
        client = self.attached.get(Side.CLIENT)
        return client.queue if client is not None else self.backlog

    def attach(self, leg: Leg) -> None:
        """The leg gets what waited for it; a backlog past its bound ends it."""
        self.attached[leg.side] = leg
        if leg.side is Side.UPSTREAM:
            return
        self.last_client = leg
        if self._overflowed:
            leg.violate(1013, "too much has happened while no client was there")
        for entry in self.backlog.waiting:
            leg.queue.put(entry)
        self.backlog, self._overflowed = Queue(), False

    def detach(self, side: Side) -> None:
        self.attached.pop(side, None)

    def forget(self, number: int) -> None:
        leg = self.legs.pop(number, None)
        if leg is not None and self.has(leg):
            self.detach(leg.side)

    def put(self, side: Side, entry: Text | Audio) -> None:
        """To the side's leg; kept for an absent client, dropped for an absent upstream."""
        leg = self.attached.get(side)
        if leg is not None and leg.closed_by_us:
            return
        if leg is not None and not leg.ended:
            leg.queue.put(entry)
            if self._over(leg.queue):
                leg.queue.waiting = []
                leg.violate(1013, SLOW.format(side.value))
        elif side is Side.CLIENT:
            self.backlog.put(entry)
            self._overflowed = self._overflowed or self._over(self.backlog)
        if self._overflowed:
            self.backlog.waiting = []

    def clear_ended(self) -> None:
        """What a peer can hear no more goes to the client after it, or nowhere."""
        for leg in self.legs.values():
            if leg.ended and self.has(leg) and leg.side is Side.CLIENT and not leg.closed_by_us:
                self.backlog.waiting += leg.queue.waiting
            if leg.ended:
                leg.queue.waiting = []

    def bound_upstream(self, burst: Fraction) -> None:
        """An upstream is given up when a burst of the client waits for it and as much
        has come since, at real time; what was replayed does not count against it."""
        leg = self.attached.get(Side.UPSTREAM)
        if leg is not None and leg.queue.audio > 2 * burst + leg.queue.replayed:
            leg.queue.waiting = []
            leg.violate(1013, SLOW.format("upstream"))

    def _over(self, queue: Queue) -> bool:
        """Audio is not counted; one message alone may be as large as it likes."""
        texts = [one.payload for one in queue.waiting if isinstance(one, Text)]
        too_large = sum(map(len, texts)) > self._waiting_bytes and len(texts) > 1
        return len(texts) > self._waiting_messages or too_large

    def to_client(self) -> list[Queue]:
        """Every queue in which audio for a client may wait."""
        legs = [leg.queue for leg in self.legs.values() if leg.side is Side.CLIENT]
        return [self.backlog, *legs]
