"""Two splices, one schedule: the model and another core, held against each other.

Owns doing the same thing to both and comparing whatever can be seen from outside:
frames, deliveries, counters, the wish to read. Must not know which things to do.

Ids of legs and holds may differ between the two, and so may the cutting of `pull`:
the model is asked for exactly the bytes that the other one gave. Time is in ticks
of 1/512 s, which floats and nanoseconds both hold exactly.
"""

from __future__ import annotations

from functools import partial
from types import ModuleType
from typing import Any

from tests.splice import model
from tests.splice.scene import CLIENT_KINDS, LIMIT, SEED, TO_CLIENT, TO_UPSTREAM, UPSTREAM_KINDS
from tests.splice.wsclient import Heard, Peer

TICKS_PER_S = 512
NEVER_MS = 10**12
SIDES = ("client", "upstream")


class PairedLeg:
    """One leg in both splices; `wire` is what its far end has written and we not read."""

    def __init__(self, side: str, ids: tuple[int, int]) -> None:
        self.side, self.ids = side, ids
        self.peers = (Peer(masks=side == "client"), Peer(masks=side == "client"))
        self.wire = b""
        self.heard: list[Heard] = []
        self.holds: list[tuple[int, int]] = []  # delivered, not yet released
        self.held = b""  # what the last of them said
        self.ending = False  # its far end has ended it
        self.closed = False  # and Python knows

    def say(self, data: bytes) -> None:
        self.wire += data


class Pair:
    """The model first, the core under test second."""

    def __init__(self, core: ModuleType, *, paced: bool = True, **settings: int | None) -> None:
        lead = {} if paced else {"lead_ms": None}
        self.cores: tuple[Any, Any] = (model, core)
        self.splices = tuple(one.Splice(seed=SEED, **lead, **settings) for one in self.cores)
        self.paced = paced
        self.ticks = 0
        self.legs: list[PairedLeg] = []
        self.attached: dict[str, PairedLeg] = {}
        self.marks: list[tuple[int, int, PairedLeg]] = []  # delivered, not yet released
        self.items: set[str] = set()

    @property
    def now(self) -> float:
        return self.ticks / TICKS_PER_S

    @property
    def model(self) -> model.Splice:
        splice = self.splices[0]
        assert isinstance(splice, model.Splice)
        return splice

    # Doing
    def call(self, name: str, *args: Any, **named: Any) -> Any:
        """The same call on both, with the same result; then both settle."""
        results = [getattr(splice, name)(*args, **named) for splice in self.splices]
        assert same(*results), (name, *results)
        return results[1]

    def on_leg(self, leg: PairedLeg, name: str, *args: Any) -> list[Any]:
        pairs = zip(self.splices, leg.ids, strict=True)
        return [getattr(splice, name)(number, *args) for splice, number in pairs]

    def turn(self, ticks: int = 0) -> None:
        self.ticks += ticks
        self.call("turn", self.now)

    def open(self, side: str) -> PairedLeg:
        """Without deadlines, which the model does not know: half a frame may lie for long."""
        ids = [
            splice.open_leg(
                getattr(core.Side, side.upper()),
                max_message_bytes=LIMIT,
                stall_ms=NEVER_MS,
                message_ms=NEVER_MS,
            )
            for splice, core in zip(self.splices, self.cores, strict=True)
        ]
        leg = PairedLeg(side, (ids[0], ids[1]))
        self.legs.append(leg)
        return leg

    def attach(self, leg: PairedLeg) -> None:
        client = leg.side == "client"
        for splice, core, number in zip(self.splices, self.cores, leg.ids, strict=True):
            splice.attach(
                number,
                kinds=core.Kinds(**(CLIENT_KINDS if client else UPSTREAM_KINDS)),
                wrap=core.Wrap.template(TO_CLIENT if client else TO_UPSTREAM),
                now=self.now,
            )
        self.attached[leg.side] = leg
        self.turn()

    def detach(self, side: str) -> None:
        for splice, core in zip(self.splices, self.cores, strict=True):
            splice.detach(getattr(core.Side, side.upper()), self.now)
        self.attached.pop(side, None)
        self.turn()

    def forget(self, leg: PairedLeg) -> None:
        self.on_leg(leg, "forget")
        self.legs.remove(leg)
        if self.attached.get(leg.side) is leg:
            del self.attached[leg.side]
        self.turn()

    def send(self, side: str, payload: bytes, response: str | None = None) -> None:
        for splice, core in zip(self.splices, self.cores, strict=True):
            where = getattr(core.Side, side.upper())
            splice.send(where, payload, self.now, response_id=response)

    def feed(self, leg: PairedLeg, size: int) -> None:
        """So many bytes of what the far end has written arrive."""
        data, leg.wire = leg.wire[:size], leg.wire[size:]
        if data:
            self.on_leg(leg, "feed", data, self.now)
            self.turn()

    def hang_up(self, leg: PairedLeg) -> None:
        """The stream ends."""
        leg.wire = b""
        self.on_leg(leg, "feed", b"", self.now)
        self.turn()

    def violate(self, leg: PairedLeg) -> None:
        """A broken frame arrives. What the close frame says is free, so it is read
        at once."""
        self.drain(leg)
        leg.say(b"\xff\xff")
        self.feed(leg, len(leg.wire))
        pulled = self.on_leg(leg, "pull", self.now)
        heard = [peer.read(data) for peer, data in zip(leg.peers, pulled, strict=True)]
        mine, other = ([(one.opcode, one.code) for one in side] for side in heard)
        assert mine == other

    def resubmit(self, leg: PairedLeg, escaped: bytes, plain: bytes) -> None:
        """The held message again, as Python would write it."""
        ids = zip(self.splices, leg.ids, leg.holds[0], strict=True)
        raw = leg.held.replace(escaped, plain)
        taken = [splice.resubmit(number, hold, raw, self.now) for splice, number, hold in ids]
        assert taken[0] == taken[1]

    def release(self, leg: PairedLeg) -> None:
        numbers = leg.holds.pop(0)
        for splice, number, hold in zip(self.splices, leg.ids, numbers, strict=True):
            splice.release(number, hold, self.now)
        self.turn()

    def release_mark(self) -> None:
        *holds, leg = self.marks.pop(0)
        for splice, number, hold in zip(self.splices, leg.ids, holds, strict=True):
            splice.release(number, hold, self.now)
        self.turn()

    # Comparing
    def pull(self, leg: PairedLeg, max_bytes: int) -> int:
        """One pull; the model must have had just these frames to give."""
        got = self.splices[1].pull(leg.ids[1], self.now, max_bytes)
        assert len(got) <= max_bytes
        size = len(got) if got else max_bytes
        expected = self.splices[0].pull(leg.ids[0], self.now, size)
        expected_heard, heard = leg.peers[0].read(expected), leg.peers[1].read(got)
        assert heard == expected_heard, (
            [str(one) for one in expected_heard],
            "got",
            [str(one) for one in heard],
        )
        assert len(got) == len(expected)
        leg.heard += heard
        return len(got)

    def ping(self, leg: PairedLeg) -> None:
        """What a ping carries is free, so both are read up to it and behind it."""
        self.drain(leg)
        self.on_leg(leg, "ping", self.now)
        pulled = self.on_leg(leg, "pull", self.now)
        heard = [peer.read(data) for peer, data in zip(leg.peers, pulled, strict=True)]
        mine, other = ([one.opcode for one in side] for side in heard)
        assert mine == other
        leg.heard += heard[1]

    def drain(self, leg: PairedLeg) -> None:
        while self.pull(leg, 65_536):
            pass
        assert self.splices[1].waiting(leg.ids[1]) == (0, 0)

    def read(self, leg: PairedLeg) -> None:
        """What Python is told of the leg. Holds and marks are each in order; the order
        between the two is left open."""
        told: list[list[Any]] = []
        for splice, number in zip(self.splices, leg.ids, strict=True):
            told.append([(_name(one), one) for one in iter(partial(splice.receive, number), None)])
        for marks in (True, False):
            expected, got = ([one for one in side if (one[0] == "MARK") is marks] for side in told)
            assert [_plain(*one) for one in got] == [_plain(*one) for one in expected]
            for (name, mine), (_, other) in zip(expected, got, strict=True):
                self._told(leg, name, mine.raw, mine.hold, other.hold)

    def _told(self, leg: PairedLeg, name: str, raw: bytes, mine: int, other: int) -> None:
        if name == "MARK":
            self.marks.append((mine, other, leg))
        elif name == "HOLD":
            leg.holds.append((mine, other))
            leg.held = raw
        elif name == "CLOSED":
            leg.closed = True

    def check(self) -> None:
        """Everything that may be asked has one answer."""
        for item in self.items:
            self._check_counters(item)
        self.call("playing", self.now)
        self.call("input_ms")
        self.call("ring_span")
        if self._can_send("upstream"):
            self.call("input_offset_ms")
        for leg in filter(None, map(self.attached.get, filter(self._can_send, SIDES))):
            wishes = self.on_leg(leg, "wants_read", self.now)
            assert wishes[0] == wishes[1], f"wants_read of the {leg.side}"
        for leg in self.legs:
            waits = self.on_leg(leg, "pong_wait_s", self.now)
            assert same(*waits), ("pong_wait_s", *waits)
            ends = self.on_leg(leg, "finished")
            assert ends[0] == ends[1], f"finished of the {leg.side}"
        self._check_deadline()

    def _can_send(self, side: str) -> bool:
        """The side has a leg that is not at its end."""
        leg = self.attached.get(side)
        known = self.model.legs[leg.ids[0]] if leg is not None else None
        return known is not None and known.open

    def _check_counters(self, item: str) -> None:
        mine, other = (splice.counters(item, self.now) for splice in self.splices)
        assert (mine is None) == (other is None), item
        for name in ("received_ms", "released_ms", "heard_ms", "dropped_ms"):
            if mine is not None:
                values = getattr(mine, name), getattr(other, name)
                assert same(*values), (item, name, *values)

    def _check_deadline(self) -> None:
        """Never late, and never in the past: that would be a busy loop."""
        latest, deadline = (splice.next_deadline() for splice in self.splices)
        if latest is not None:
            assert deadline is not None
            assert deadline <= latest + 1e-9
        assert deadline is None or deadline > self.now


def same(expected: Any, got: Any) -> bool:
    """Equal, but for the rounding of floats that stand for exact numbers."""
    if isinstance(expected, float):
        return isinstance(got, (int, float)) and abs(expected - got) < 1e-6
    if isinstance(expected, (list, tuple)):
        pairs = zip(expected, got, strict=True)
        return len(expected) == len(got) and all(same(one, other) for one, other in pairs)
    return bool(expected == got)


def _name(one: Any) -> str:
    return str(one.kind).rsplit(".", 1)[-1]


def _plain(name: str, one: Any) -> tuple[Any, ...]:
    return (name, one.raw, one.binary, one.code, one.violation)
