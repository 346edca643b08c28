"""Random schedules: everything that can happen to a splice, in any order.

Owns the rules of the state machines; `Pair` does each step on the model and on the
core under test and compares. Two things that the contract leaves open are kept out:
a response is not cut while audio of a later one has already been released behind
it, and a client's queue is drained before the client is detached.
"""

from __future__ import annotations

from types import ModuleType
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.splice.pair import Pair, PairedLeg
from tests.splice.scene import delta, message, played, spoken, written
from tests.splice.strategies import (
    KINDS,
    PLAIN_AND_ESCAPED,
    RAMP,
    answers,
    few_bytes,
    frames,
    responses,
    sides,
    texts,
    ticks,
    which,
)
from tests.splice.wsclient import Opcode


class Schedule(RuleBasedStateMachine):
    """A session's life; subclasses say which core plays, and with what settings."""

    core: ClassVar[ModuleType]
    bounds: ClassVar[dict[str, int]] = {}
    paced: ClassVar[bool] = True

    @initialize()
    def begin(self) -> None:
        self.pair = Pair(self.core, paced=self.paced, **self.bounds)
        self.count = 0
        self.sample = 0
        for side in ("client", "upstream"):
            self.pair.attach(self.pair.open(side))

    def _next(self) -> int:
        self.count += 1
        return self.count

    def _sound(self, size: int) -> bytes:
        """Samples that are all different, up to 65,536 of them."""
        first, self.sample = self.sample, (self.sample + size) % 65_536
        return RAMP[2 * first : 2 * (first + size)]

    def _leg(self, number: int) -> PairedLeg | None:
        legs = self.pair.legs
        return legs[number % len(legs)] if legs else None

    # The far ends
    @rule(
        response=responses,
        item=st.integers(1, 2),
        index=st.integers(0, 1),
        sizes=st.lists(frames, min_size=1, max_size=6),
        arrives=st.booleans(),
    )
    def upstream_speaks(
        self, response: str, item: int, index: int, sizes: list[int], *, arrives: bool
    ) -> None:
        name = f"{response}.{item}"
        self.pair.items.add(name)
        audio = [delta(self._sound(size), response, name, index) for size in sizes]
        self._say("upstream", audio, arrives=arrives)

    @rule(sizes=st.lists(frames, min_size=1, max_size=4), arrives=st.booleans())
    def client_speaks(self, sizes: list[int], *, arrives: bool) -> None:
        audio = [spoken(self._sound(size)) for size in sizes]
        self._say("client", audio, arrives=arrives)

    @precondition(lambda self: not self.paced)
    @rule(response=responses, item=st.integers(1, 3), ms=st.integers(0, 1_500))
    def client_reports(self, response: str, item: int, ms: int) -> None:
        """Only one that buffers does; of the others the clock tells."""
        self._say("client", [played(f"{response}.{item}", ms)], arrives=True)

    @rule(
        response=st.one_of(st.none(), responses),
        said=st.lists(texts, min_size=1, max_size=3),
        index=st.sampled_from([0, 0, 0, 1, None]),
    )
    def upstream_writes(self, response: str | None, said: list[str], index: int | None) -> None:
        """What an answer says, or the client said; some of it is for a real parser."""
        pieces = [written(text, response, content_index=index, n=self._next()) for text in said]
        self._say("upstream", pieces, arrives=True)

    @rule(response=responses, sizes=st.lists(frames, min_size=1, max_size=6), words=st.booleans())
    def upstream_answers(self, response: str, sizes: list[int], *, words: bool) -> None:
        """A whole answer, as a dialect has it: start, words, audio, end."""
        self._say_when_played(response, starts=True)
        if words:
            self.pair.send("client", message("words", n=self._next()), response)
        self.upstream_speaks(response, 1, 0, sizes, arrives=True)
        self._mark(response)
        self.pair.turn()

    def _say(self, side: str, messages: list[bytes], *, arrives: bool) -> None:
        leg = self.pair.attached.get(side)
        if leg is not None:
            leg.say(b"".join(map(leg.peers[0].text, messages)))
            self.pair.feed(leg, len(leg.wire) if arrives else 0)

    @rule(number=which, kind=st.sampled_from(KINDS), arrives=st.booleans())
    def far_end_writes(self, number: int, kind: str, *, arrives: bool) -> None:
        leg = self._leg(number)
        if leg is None or leg.closed:
            return
        peer, raw = leg.peers[0], self._raw(leg, kind)
        if kind == "ping":
            leg.say(peer.ping(b"%d" % self._next()))
        elif kind == "binary":
            leg.say(peer.binary(raw))
        elif kind == "event":
            leg.say(peer.fragments(raw[:5], raw[5:9], raw[9:], between=peer.ping(b"between")))
        else:
            leg.say(peer.text(raw))
        self.pair.feed(leg, len(leg.wire) if arrives else 0)

    def _raw(self, leg: PairedLeg, kind: str) -> bytes:
        if kind == "escaped":
            audio = self._sound(480)
            raw = spoken(audio) if leg.side == "client" else delta(audio, "r1", "r1.1")
            self.pair.items.add("r1.1")
            return raw.replace(*PLAIN_AND_ESCAPED)
        if kind == "unsure":
            return b'{"type":"relayed","type":%d}' % self._next()
        if kind == "bad audio":
            return message("audio_input", audio="A")
        return message(kind, n=self._next())

    @rule(number=which, how=st.sampled_from(["close", "end", "violation"]))
    def far_end_ends(self, number: int, how: str) -> None:
        leg = self._leg(number)
        if (
            leg is None or leg.closed or leg.ending or self.count % 4
        ):  # seldom, or there is no session
            return
        leg.ending = True
        if how == "end":
            self.pair.hang_up(leg)
        elif how == "violation":
            self.pair.violate(leg)
        else:
            leg.say(leg.peers[0].close(4001, "bye"))

    @rule(number=which, size=few_bytes)
    def bytes_arrive(self, number: int, size: int) -> None:
        if (leg := self._leg(number)) is not None:
            self.pair.feed(leg, size)

    @rule()
    def all_bytes_arrive(self) -> None:
        for leg in list(self.pair.legs):
            self.pair.feed(leg, len(leg.wire))

    @rule(number=which, size=few_bytes)
    def some_bytes_are_pulled(self, number: int, size: int) -> None:
        if (leg := self._leg(number)) is not None:
            self.pair.pull(leg, size)
            self._pong(leg)

    @rule()
    def all_bytes_are_pulled(self) -> None:
        for leg in self.pair.legs:
            self.pair.drain(leg)
            self._pong(leg)

    @staticmethod
    def _pong(leg: PairedLeg) -> None:
        pings = [one for one in leg.heard if one.opcode is Opcode.PING]
        leg.heard.clear()
        leg.say(b"".join(leg.peers[0].pong(one.payload) for one in pings))

    @rule(by=ticks)
    def time_goes_by(self, by: int) -> None:
        self.pair.turn(by)

    # Python
    @rule(number=which)
    def python_reads(self, number: int) -> None:
        if (leg := self._leg(number)) is not None:
            self.pair.read(leg)

    @rule(number=which, answer=answers)
    def python_answers_a_hold(self, number: int, answer: list[tuple[str, str | None]]) -> None:
        leg = self._leg(number)
        if leg is None:
            return
        self.pair.read(leg)
        if leg.holds:
            self.pair.resubmit(leg, *reversed(PLAIN_AND_ESCAPED))
            self._send_all(answer)
            self.pair.release(leg)

    @rule(answer=answers)
    def python_answers_a_mark(self, answer: list[tuple[str, str | None]]) -> None:
        for leg in self.pair.legs:
            self.pair.read(leg)
        if self.pair.marks:
            self._send_all(answer)
            self.pair.release_mark()

    @rule(answer=answers)
    def python_sends(self, answer: list[tuple[str, str | None]]) -> None:
        self._send_all(answer)
        self.pair.turn()

    def _send_all(self, answer: list[tuple[str, str | None]]) -> None:
        for kind, response in answer:
            if kind == "mark":
                self._mark(response or "")
            elif kind in ("saying", "start"):
                self._say_when_played(response or "", starts=kind == "start")
            else:
                self.pair.send(kind.removeprefix("to_"), message("said", n=self._next()), response)

    def _mark(self, response: str) -> None:
        if self.paced:
            token = b"%s %d" % (response.encode(), self._next())
            self.pair.call("mark", response, token, self.pair.now)

    def _say_when_played(self, response: str, *, starts: bool) -> None:
        if self.paced:
            starts = starts and not self.pair.model.lane.starting(response)
            said = [message("told", n=self._next())]
            self.pair.call("say_when_played", response, said, self.pair.now, starts=starts)

    @rule(number=which)
    def python_pings(self, number: int) -> None:
        if (leg := self._leg(number)) is not None:
            self.pair.ping(leg)

    # The answer
    @rule(response=responses)
    def a_response_is_cut(self, response: str) -> None:
        if not self.pair.model.lane.followed(response, self.pair.now):
            self.pair.call("drop", response, self.pair.now)
            self.pair.turn()

    @rule(
        first=responses,
        second=responses,
        sizes=st.lists(frames, min_size=1, max_size=6),
        by=ticks,
    )
    def someone_barges_in(self, first: str, second: str, sizes: list[int], by: int) -> None:
        """An answer begins, is cut while it plays, goes on coming, and another follows."""
        self.upstream_answers(first, sizes, words=True)
        self.python_answers_a_mark([("to_client", None)])
        self.time_goes_by(by)
        self.a_response_is_cut(first)
        self.upstream_speaks(first, 2, 0, sizes[:1], arrives=True)
        self.upstream_answers(second, sizes, words=False)

    @rule(response=responses)
    def a_response_is_done(self, response: str) -> None:
        self.pair.call("finish", response, self.pair.now)

    @rule(response=responses, said=texts)
    def a_response_is_out_of_band(self, response: str, said: str) -> None:
        self.pair.call("exclude", response)
        self.upstream_writes(response, [said], 0)

    @precondition(lambda self: self.paced)
    @rule(response=responses, halves=st.integers(1, 4))
    def the_lane_fills_while_it_is_paused(self, response: str, halves: int) -> None:
        self.the_lane_is_paused(pause=True)
        self.upstream_speaks(response, 1, 0, [12_000] * halves, arrives=True)

    @rule(halves=st.integers(1, 3), by=ticks)
    def client_uploads(self, halves: int, by: int) -> None:
        """Faster than real time; then it waits."""
        self.client_speaks([12_000] * halves, arrives=True)
        self.time_goes_by(by)

    @precondition(lambda self: self.paced)
    @rule(pause=st.booleans())
    def the_lane_is_paused(self, *, pause: bool) -> None:
        self.pair.call("pause" if pause else "resume", self.pair.now)
        self.pair.turn()

    # Legs come and go
    @rule(side=sides)
    def a_leg_is_lost(self, side: str) -> None:
        leg = self.pair.attached.get(side)
        if leg is not None:
            self.pair.drain(leg)
            self.pair.detach(side)

    @rule(side=sides)
    def python_closes_a_leg(self, side: str) -> None:
        """And detaches it, as a session does that has another coming."""
        leg = self.pair.attached.get(side)
        if leg is None or self.count % 4:
            return
        self.pair.on_leg(leg, "close", 4000, "enough", self.pair.now)
        self.pair.turn()
        for one in self.pair.legs:
            self.pair.read(one)
        while self.pair.marks:
            self.pair.release_mark()
        self.pair.detach(side)

    @rule(side=sides, prepared=st.integers(0, 2))
    def a_leg_comes(self, side: str, prepared: int) -> None:
        """Python talks to it first; it takes its place, or that of the one before."""
        leg = self.pair.open(side)
        for _ in range(prepared):
            self.pair.on_leg(leg, "send_leg", message("prepared", n=self._next()), self.pair.now)
        if side in self.pair.attached:
            self.pair.drain(self.pair.attached[side])
        self.pair.attach(leg)

    @rule(number=which)
    def a_detached_leg_is_forgotten(self, number: int) -> None:
        leg = self._leg(number)
        if leg is not None and leg not in self.pair.attached.values():
            self.pair.forget(leg)

    @rule(back_ms=st.integers(0, 1_500))
    def the_ring_is_replayed(self, back_ms: int) -> None:
        if "upstream" in self.pair.attached:
            begin = max(0.0, float(int(self.pair.model.input_ms()) - back_ms))
            self.pair.call("replay", begin, self.pair.now)
            self.pair.turn()

    @rule(back_ms=st.integers(-100, 1_500))
    def what_was_said_is_forgotten(self, back_ms: int) -> None:
        if self.pair._can_send("upstream"):
            at_ms = self.pair.call("end_input", self.pair.now)
            self.pair.call("forget_input", float(int(at_ms) - back_ms))

    @rule(first=st.integers(0, 3_000), size=st.integers(0, 1_000))
    def the_ring_is_read(self, first: int, size: int) -> None:
        self.pair.call("ring_read", float(first), float(first + size))

    @invariant()
    def both_say_the_same(self) -> None:
        if hasattr(self, "pair"):
            self.pair.check()

    def teardown(self) -> None:
        """Let everything come to its end: nothing may be left or lost."""
        if not hasattr(self, "pair"):
            return None
        self.pair.call("resume", self.pair.now)
        self.pair.turn()
        for _ in range(400):
            self._come_to_rest()
            if not self._waits():
                return self.pair.check()
            self.pair.turn(200)
        raise AssertionError("the splice does not come to rest")

    def _come_to_rest(self) -> None:
        for leg in list(self.pair.legs):
            self.pair.feed(leg, len(leg.wire))
            self.pair.drain(leg)
            self.pair.read(leg)
            while leg.holds:
                self.pair.release(leg)
                self.pair.read(leg)
        while self.pair.marks:
            self.pair.release_mark()
            for leg in self.pair.legs:
                self.pair.read(leg)

    def _waits(self) -> bool:
        lane = self.pair.model.lane
        busy = any(not leg.queue.idle or leg.inbox for leg in self.pair.model.legs.values())
        return busy or (bool(lane.entries) and "client" in self.pair.attached)
