"""The splice, understood: the same face as the extension, slow and plain.

Owns the rules of the splice as executable text: legs, sides and what moves between
them, with lists and exact fractions. It is the oracle of the property tests, so
nothing here is clever; where a rule is left open by the contract, the docstring of
the function that decides it says so. Times are read as whole nanoseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from tests.splice.model_input import Input
from tests.splice.model_kinds import Chunk, Format, Kinds, Sorted, Wrap
from tests.splice.model_lane import Counters, Lane, Mark, Saying, exact, ms
from tests.splice.model_leg import Leg, Message, MessageKind, Side
from tests.splice.model_queue import Audio, Queue, Text
from tests.splice.model_sides import Sides
from tests.splice.wsclient import Heard

__all__ = ["Counters", "Kinds", "Message", "MessageKind", "Side", "Splice", "SpliceError", "Wrap"]


class SpliceError(Exception):
    """Never raised."""


class Splice:
    """The legs of one session and the lanes between them."""

    def __init__(
        self,
        *,
        seed: bytes,
        lead_ms: int | None = 400,
        answer_ms: int = 300_000,
        burst_ms: int = 120_000,
        ring_ms: int = 60_000,
        waiting_messages: int = 1_000,
        waiting_bytes: int = 1_048_576,
    ) -> None:
        assert len(seed) == 32
        lead = None if lead_ms is None else Fraction(lead_ms, 1000)
        self.lane = Lane(lead, Fraction(answer_ms, 1000))
        self.input = Input(ring_ms=ring_ms, burst_ms=burst_ms)
        self.sides = Sides(waiting_messages=waiting_messages, waiting_bytes=waiting_bytes)
        self.legs = self.sides.legs
        self.marks_unread: list[tuple[int, Mark]] = []  # due, and not yet read by Python
        self.marks_open: list[tuple[int, Mark]] = []  # due, and not yet released
        self._holds = 0
        self.now = Fraction(0)  # of the last call that moved anything

    # Legs
    def open_leg(
        self,
        side: Side,
        *,
        max_message_bytes: int,
        stall_ms: int = 10_000,
        message_ms: int = 60_000,
        max_tiny_fragments: int = 4_096,
    ) -> int:
        return self.sides.open(side, max_message_bytes)

    def attach(
        self,
        leg: int,
        *,
        kinds: Kinds,
        wrap: Wrap,
        now: float,
        speaks: tuple[str, int, int] = ("pcm16", 24_000, 1),
        hears: tuple[str, int, int] | None = ("pcm16", 24_000, 1),
    ) -> None:
        if leg not in self.legs:
            raise ValueError(leg)
        new = self.legs[leg]
        new.set_up(kinds, wrap, Format(*speaks), hears=hears is not None)
        if not self.sides.has(new):
            self.detach(new.side, now)
            self.sides.attach(new)
        if new.side is Side.UPSTREAM:
            self.input.format = new.format
        self._settle(exact(now))

    def detach(self, side: Side, now: float) -> None:
        """What its queue holds stays with the leg; only what comes later is kept."""
        self.sides.detach(side)
        if side is Side.UPSTREAM:
            self.lane.shut.clear()
            self.lane.excluded.clear()
        self._settle(exact(now))

    def forget(self, leg: int) -> None:
        self.sides.forget(leg)

    # Bytes
    def feed(self, leg: int, data: bytes, now: float) -> None:
        if leg in self.legs:
            if self.sides.has(self.legs[leg]) and self.legs[leg].side is Side.CLIENT:
                self.sides.bound_upstream(self.input.burst)
            self.legs[leg].feed(data)
            self._settle(exact(now))

    def pull(self, leg: int, now: float, max_bytes: int = 65_536) -> bytes:
        if leg not in self.legs:
            return b""
        pulled = self.legs[leg].queue.pull(exact(now), max_bytes)
        self._count_lost(self.legs[leg].queue)
        return pulled

    def wants_read(self, leg: int, now: float) -> bool:
        one = self.legs.get(leg)
        return one is not None and self._wants_read(one, exact(now))

    def _wants_read(self, leg: Leg, now: Fraction) -> bool:
        if leg.inbox_full:
            return False
        if not self.sides.has(leg):
            return True
        if leg.side is Side.CLIENT:
            return self.input.ahead(now) <= self.input.burst
        queued = self.sides.client_queue.audio if self.lane.lead is None else 0
        return self.lane.seconds_waiting + queued < self.lane.answer

    def finished(self, leg: int) -> bool:
        return leg in self.legs and self.legs[leg].finished

    def turn(self, now: float) -> None:
        self._settle(exact(now))

    def next_deadline(self) -> float | None:
        """When the lane may move, or the client may be read again."""
        deadlines = [self.lane.next_deadline(), self.input.back_under()]
        coming = [one for one in deadlines if one is not None and one > self.now]
        return float(min(coming)) if coming else None

    # Everything that can move, moves
    def _settle(self, now: Fraction) -> None:
        """The lane moves once all that came is sorted, so with lead what is relayed
        overtakes audio that came in the same bytes."""
        self.now = now
        for leg in list(self.legs.values()):
            self._sort_inbox(leg, now)
        self.sides.clear_ended()
        self._run_lane(now)
        for queue in self.sides.to_client():
            queue.expire(now)
            self._count_lost(queue)
        for leg in self.legs.values():
            leg.note_reading(self._wants_read(leg, now), now)

    def _sort_inbox(self, leg: Leg, now: Fraction) -> None:
        while leg.inbox and leg.hold is None:
            arrival = leg.inbox.pop(0)
            if isinstance(arrival, Message):
                leg.deliveries.append(arrival)
            else:
                self._sort(leg, arrival, now)

    def _sort(self, leg: Leg, arrival: Heard, now: Fraction) -> None:
        raw, binary = arrival.payload, arrival.opcode.name == "BINARY"
        sorted_ = leg.kinds.sort(raw, binary=binary, audio_format=leg.format)
        if not self.sides.has(leg) or not self._is_sure(leg, sorted_):
            self._holds += 1
            leg.hold = self._holds
            leg.deliveries.append(Message(MessageKind.HOLD, raw, binary, leg.hold))
        elif sorted_.kind in ("relay", "pass on"):
            self.sides.put(leg.side.other, Text(raw, binary))
            if sorted_.kind == "relay":
                leg.deliveries.append(Message(MessageKind.COPY, raw, binary))
        elif sorted_.kind == "renamed":
            self.send(leg.side.other, sorted_.told, float(now), response_id=sorted_.response)
        elif sorted_.kind == "words":
            self._tell(leg.side.other, sorted_)
        elif sorted_.kind in ("ignore", "report"):
            pass
        else:
            assert sorted_.chunk is not None
            self._audio(leg.side, sorted_.chunk, now)

    def _is_sure(self, leg: Leg, sorted_: Sorted) -> bool:
        """Whether it needs no parser; a report is noted by the way."""
        if sorted_.kind == "report":
            return leg.side is Side.CLIENT and self.lane.report(*sorted_.played)
        return sorted_.kind != "hold"

    def _tell(self, side: Side, words: Sorted) -> None:
        if words.response not in self.lane.excluded:
            self.send(side, words.told, float(self.now), response_id=words.response)

    # Audio
    def _audio(self, from_side: Side, chunk: Chunk, now: Fraction) -> None:
        if from_side is Side.CLIENT:
            self._say(chunk, now)
            return
        count = self.lane.counts.get(chunk.item)
        chunk.begin_ms = 1000 * count.received if count else Fraction(0)
        for released in self.lane.add(chunk, now):
            assert isinstance(released, Audio)
            self.sides.put(Side.CLIENT, released)

    def _say(self, chunk: Chunk, now: Fraction) -> None:
        if chunk.counted:
            self.input.add(chunk.data, now)
        self._append(chunk)

    def _append(self, chunk: Chunk) -> None:
        upstream = self.sides.attached.get(Side.UPSTREAM)
        if upstream is not None and upstream.takes_audio:
            upstream.sent_ms += 1000 * chunk.seconds
            upstream.queue.put(Audio(chunk))

    def _run_lane(self, now: Fraction) -> None:
        for one in self.lane.advance(now):
            if isinstance(one, Mark):
                self._hand_over(one)
            else:
                self.sides.put(Side.CLIENT, one)

    def _hand_over(self, mark: Mark) -> None:
        self._holds += 1
        self.marks_unread.append((self._holds, mark))
        self.marks_open.append((self._holds, mark))

    def _count_lost(self, queue: Queue) -> None:
        self.lane.lose([chunk for chunk in queue.lost if chunk.item in self.lane.counts])
        queue.lost = []

    # Messages
    def receive(self, leg: int) -> Message | None:
        """The leg's deliveries before a mark that came meanwhile: their order among
        each other is left open."""
        one = self.legs.get(leg)
        if one is not None and one.deliveries:
            return one.deliveries.pop(0)
        if one is not None and one is self.sides.last_client and self.marks_unread:
            hold, mark = self.marks_unread.pop(0)
            return Message(MessageKind.MARK, mark.token, hold=hold)
        return None

    def release(self, leg: int, hold: int, now: float) -> None:
        if self.marks_open and hold == self.marks_open[0][0]:
            _, mark = self.marks_open.pop(0)
            self.lane.release_mark(mark)
        elif leg in self.legs:
            if self.legs[leg].hold is None or self.legs[leg].hold != hold:
                raise ValueError(hold)
            self.legs[leg].hold = None
        self._settle(exact(now))

    def resubmit(self, leg: int, hold: int, payload: bytes, now: float) -> bool:
        """The audio goes into the lane; the lane moves at the release."""
        one = self.legs.get(leg)
        if one is None:
            return False
        if one.hold is None or one.hold != hold:
            raise ValueError(hold)
        sorted_ = one.kinds.sort(payload, binary=False, audio_format=one.format)
        if not self.sides.has(one) or sorted_.chunk is None:
            return False
        self._audio(one.side, sorted_.chunk, exact(now))
        return True

    def send(
        self,
        side: Side,
        payload: bytes,
        now: float,
        *,
        binary: bool = False,
        response_id: str | None = None,
    ) -> None:
        text = Text(payload, binary)
        if side is not Side.CLIENT or not self.lane.add_text(response_id, text):
            self.sides.put(side, text)

    def send_leg(self, leg: int, payload: bytes, now: float, *, binary: bool = False) -> None:
        one = self.legs.get(leg)
        if one is not None and one.open:
            one.queue.put(Text(payload, binary))

    def mark(self, response_id: str, token: bytes, now: float) -> None:
        self._place(Mark(response_id, token))

    def say_when_played(
        self, response_id: str, payloads: Sequence[bytes], now: float, *, starts: bool = False
    ) -> None:
        self._place(Saying(response_id, starts, [Text(payload) for payload in payloads]))

    def _place(self, place: Mark | Saying) -> None:
        if self.lane.lead is None:
            raise ValueError("without lead there are no marks")
        self.lane.add_place(place)

    # The lane to the client
    def drop(self, response_id: str, now: float) -> list[tuple[str, int, float, float]]:
        for queue in self.sides.to_client():
            self.lane.lose(queue.cut(response_id))
        return self.lane.drop(response_id, exact(now))

    def finish(self, response_id: str, now: float) -> None:
        self.lane.shut.discard(response_id)
        self.lane.excluded.discard(response_id)

    def pause(self, now: float) -> None:
        self.lane.paused = True

    def resume(self, now: float) -> None:
        self.lane.paused = False

    def playback(self, item_id: str, played_ms: float, now: float) -> bool:
        return self.lane.playback(item_id, Fraction(played_ms) / 1000, exact(now))

    def playing(self, now: float) -> tuple[str, str, int, float] | None:
        return self.lane.playing(exact(now))

    def exclude(self, response_id: str) -> None:
        """What was cut stays cut: its late audio goes on being counted."""
        if response_id not in self.lane.shut:
            self.lane.excluded.add(response_id)

    def counters(self, item_id: str, now: float) -> Counters | None:
        count = self.lane.counts.get(item_id)
        return None if count is None else Counters(count, self.lane.heard(item_id, exact(now)))

    # The lane to the upstream
    def end_input(self, now: float) -> float:
        """The model converts nothing, so there is nothing to flush."""
        upstream = self.sides.attached.get(Side.UPSTREAM)
        return float(upstream.sent_ms) if upstream is not None else 0.0

    def forget_input(self, before_ms: float) -> None:
        upstream = self.sides.attached.get(Side.UPSTREAM)
        sent_ms = upstream.sent_ms if upstream is not None else Fraction(0)
        self.input.forget(Fraction(before_ms) + self.input.received_ms - sent_ms)

    def input_ms(self) -> float:
        return float(self.input.received_ms)

    def ring_span(self) -> tuple[float, float]:
        begin, end = self.input.span()
        return float(begin), float(end)

    def ring_read(self, from_ms: float, to_ms: float) -> bytes:
        return self.input.read(from_ms, to_ms)

    def replay(self, from_ms: float, now: float) -> float:
        upstream = self.sides.attached.get(Side.UPSTREAM)
        if upstream is None or not upstream.takes_audio:
            return 0.0
        chunks = self.input.replay(from_ms)
        for chunk in chunks:
            self._append(chunk)
            upstream.queue.replayed += chunk.seconds
        return ms(sum((chunk.seconds for chunk in chunks), Fraction(0)))

    def input_offset_ms(self) -> float:
        """The input audio that the attached upstream has not been sent."""
        upstream = self.sides.attached[Side.UPSTREAM]
        return float(self.input.received_ms - upstream.sent_ms)

    # Health
    def ping(self, leg: int, now: float) -> None:
        if leg in self.legs:
            self.legs[leg].ping(exact(now))

    def pong_wait_s(self, leg: int, now: float) -> float | None:
        wait = self.legs[leg].pong_wait(exact(now)) if leg in self.legs else None
        return None if wait is None else float(wait)

    def waiting(self, leg: int) -> tuple[int, int]:
        return self.legs[leg].queue.size if leg in self.legs else (0, 0)

    def close(self, leg: int, code: int, reason: str, now: float) -> None:
        """Texts that already stand in the queue go before the close frame: the error
        that explains it is one of them. Those that wait in the lane are cut. Of a peer
        that has gone nothing is cut: it may come back for it."""
        if leg not in self.legs or self.legs[leg].ended:
            return
        one = self.legs[leg]
        one.close(code, reason)
        one.queue.cut_audio()
        if one.side is Side.CLIENT and self.sides.has(one):
            for mark in self.lane.close(exact(now)):
                self._hand_over(mark)
