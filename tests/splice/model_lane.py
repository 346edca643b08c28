"""The model's lane to the client: what is released when, and what was heard.

Owns the order of audio and marks, the play-out clock and the counts of each item.
Must not know legs, messages or frames: released audio and due marks are its output.
Time is exact: fractions of a second.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from tests.splice.model_kinds import Chunk
from tests.splice.model_queue import Audio, Text

Part = tuple[str | None, str | None, int]  # response, item, content index


@dataclass(eq=False)
class Mark:
    """A place behind some audio of which Python learns."""

    response: str
    token: bytes


@dataclass(eq=False)
class Saying:
    """What is said behind some audio; where it `starts`, more text gathers behind it."""

    response: str
    starts: bool
    texts: list[Text] = field(default_factory=list)


@dataclass(eq=False)
class Played:
    """A released chunk on the time line; `end` moves to the cut when it is cut."""

    chunk: Chunk
    start: Fraction
    end: Fraction

    def heard(self, now: Fraction) -> Fraction:
        return max(Fraction(0), min(now, self.end) - self.start)


@dataclass
class Count:
    """Seconds of one item; what was heard is worked out from the time line."""

    received: Fraction = Fraction(0)
    released: Fraction = Fraction(0)
    dropped: Fraction = Fraction(0)


class Counters:
    """The same numbers as the extension's Counters."""

    def __init__(self, count: Count, heard: Fraction) -> None:
        self.received_ms, self.released_ms = ms(count.received), ms(count.released)
        self.heard_ms, self.dropped_ms = ms(heard), ms(count.dropped)


class Lane:
    """Audio and marks in upstream's order, released as the clock allows."""

    def __init__(self, lead: Fraction | None, answer: Fraction) -> None:
        self.lead, self.answer = lead, answer
        self.entries: list[Chunk | Mark | Saying] = []
        self.standing: Mark | None = None  # delivered or due, and not yet answered
        self.paused = False
        self.play_end = Fraction(-1)
        self.time_line: list[Played] = []
        self.counts: dict[str | None, Count] = {}
        self.parts: dict[Part, Fraction] = {}  # what has come of each, in order of arrival
        self.begun: set[Part] = set()  # those of which some was let in
        self.cut: set[Part] = set()
        self.reported: dict[Part, Fraction] | None = None  # once the client has reported
        self.shut: set[str | None] = set()
        self.excluded: set[str | None] = set()

    # What comes in
    def add(self, chunk: Chunk, now: Fraction) -> list[Audio | Mark]:
        if chunk.response in self.excluded:
            return []
        count = self.counts.setdefault(chunk.item, Count())
        count.received += chunk.seconds
        part = part_of(chunk)
        self.parts[part] = self.parts.get(part, Fraction(0)) + chunk.seconds
        if chunk.response in self.shut:
            count.dropped += chunk.seconds
            return []
        self.begun.add(part)
        if self.lead is None:
            return [self._release(chunk, now)]
        self.entries.append(chunk)
        return []

    def add_place(self, place: Mark | Saying) -> None:
        self.entries.append(place)

    def add_text(self, response: str | None, text: Text) -> bool:
        """Keep the text if its response's start still waits."""
        start = self.starting(response)
        if start is not None:
            start.texts.append(text)
        return start is not None

    def starting(self, response: str | None) -> Saying | None:
        """The response's start, while it waits."""
        for one in self.entries:
            if isinstance(one, Saying) and one.starts and one.response == response:
                return one
        return None

    # What goes out
    def advance(self, now: Fraction) -> list[Audio | Mark | Text]:
        out: list[Audio | Mark | Text] = []
        if self.seconds_waiting >= self.answer:
            self.paused = False
        while self.entries and self._may_leave(self.entries[0], now):
            head = self.entries.pop(0)
            if isinstance(head, Mark):
                self.standing = head
                out.append(head)
            elif isinstance(head, Saying):
                out += head.texts
            else:
                out.append(self._release(head, now))
        return out

    def _may_leave(self, head: Chunk | Mark | Saying, now: Fraction) -> bool:
        if self.paused or self.standing is not None:
            return False
        if not isinstance(head, Chunk):
            return now >= self.play_end
        assert self.lead is not None
        return self.play_end - now <= self.lead

    def _release(self, chunk: Chunk, now: Fraction) -> Audio:
        start = max(now, self.play_end)
        self.play_end = start + chunk.seconds
        self.time_line.append(Played(chunk, start, self.play_end))
        self.counts[chunk.item].released += chunk.seconds
        if self.lead is None:
            return Audio(chunk)
        return Audio(chunk, start, self.play_end)

    def release_mark(self, mark: Mark) -> None:
        """The mark has been answered."""
        if mark is self.standing:
            self.standing = None

    def next_deadline(self) -> Fraction | None:
        """When the head may leave, or None if time alone does not move it."""
        if not self.entries or self.paused or self.standing is not None:
            return None
        if not isinstance(self.entries[0], Chunk):
            return self.play_end
        assert self.lead is not None
        return self.play_end - self.lead

    # What is cut
    def drop(self, response: str, now: Fraction) -> list[tuple[str, int, float, float]]:
        for chunk in [one for one in self.entries if isinstance(one, Chunk)]:
            if chunk.response == response:
                self.counts[chunk.item].dropped += chunk.seconds
                self.entries.remove(chunk)
        self._cut([one for one in self.time_line if one.chunk.response == response], now)
        self.play_end = max((played.end for played in self.time_line), default=now)
        self.shut.add(response)
        self.cut |= {part for part in self.begun if part[0] == response}
        return [
            (part[1] or "", part[2], ms(self._heard_part(part, now)), ms(received))
            for part, received in self.parts.items()
            if part[0] == response and part in self.begun
        ]

    def _cut(self, mine: list[Played], now: Fraction) -> None:
        """Nothing of these is heard from now on."""
        self.time_line = [one for one in self.time_line if one not in mine or one.start < now]
        for played in mine:
            played.end = min(played.end, now)

    def close(self, now: Fraction) -> list[Mark]:
        """The client has been told goodbye: everything is cut, all marks are due."""
        marks = [one for one in self.entries if isinstance(one, Mark)]
        self.lose([one for one in self.entries if isinstance(one, Chunk)])
        self.entries = []
        self._cut(self.time_line, now)
        self.play_end = now
        return marks

    def playback(self, item: str, seconds: Fraction, now: Fraction) -> bool:
        """Move the item, and all that comes after it, to where the client says it is."""
        if item not in self.counts:
            return False
        shift = self.heard(item, now) - min(seconds, self.counts[item].released)
        first = next(i for i, one in enumerate(self.time_line) if one.chunk.item == item)
        for played in self.time_line[first:]:
            played.start, played.end = played.start + shift, played.end + shift
        self.play_end += shift
        return True

    def report(self, item: str, seconds: Fraction) -> bool:
        """The client has played so much; what it says of a cut part changes nothing."""
        parts = [part for part in self.parts if part[1] == item]
        if parts and self.reported is None:
            self.reported = {}
        for part in parts:
            if self.reported is not None and part not in self.cut:
                self.reported[part] = seconds
        return bool(parts)

    def lose(self, chunks: list[Chunk]) -> None:
        """Released audio that will not be written after all."""
        for chunk in chunks:
            self.counts[chunk.item].dropped += chunk.seconds

    # What is known
    @property
    def seconds_waiting(self) -> Fraction:
        waiting = [one.seconds for one in self.entries if isinstance(one, Chunk)]
        return sum(waiting, Fraction(0))

    def heard(self, item: str, now: Fraction) -> Fraction:
        mine = [self._heard_part(part, now) for part in self.parts if part[1] == item]
        return sum(mine, Fraction(0))

    def _heard_part(self, part: Part, now: Fraction) -> Fraction:
        if self.reported is not None:
            seconds, received = self.reported.get(part, Fraction(0)), self.parts[part]
            return received if seconds >= Fraction(int(1000 * received), 1000) else seconds
        mine = [played.heard(now) for played in self.time_line if part_of(played.chunk) == part]
        return sum(mine, Fraction(0))

    def followed(self, response: str, now: float) -> bool:
        """Audio of another response was released behind unheard audio of this one."""
        unheard = [played.chunk.response for played in self.time_line if played.end > now]
        mine = [i for i, one in enumerate(unheard) if one == response]
        return bool(mine) and any(one != response for one in unheard[mine[0] :])

    def playing(self, now: Fraction) -> tuple[str, str, int, float] | None:
        for played in self.time_line:
            if played.start <= now < played.end:
                response, item, content_index = part = part_of(played.chunk)
                return (response or "", item or "", content_index, ms(self._heard_part(part, now)))
        return None


def exact(now: float) -> Fraction:
    """The time as whole nanoseconds."""
    return Fraction(round(now * 1_000_000_000), 1_000_000_000)


def part_of(chunk: Chunk) -> Part:
    return (chunk.response, chunk.item, chunk.content_index)


def ms(seconds: Fraction) -> float:
    return float(seconds * 1000)
