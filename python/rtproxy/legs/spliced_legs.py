"""The legs of one session as its splice knows them, whichever driver moves their bytes.

Owns what runtime asks of the splice. Must not know sockets, streams or tasks.
"""

from __future__ import annotations

from collections.abc import Sequence

from rtproxy._audio_core import Counters, Level, Side, Splice
from rtproxy.legs.junction import Junction
from rtproxy.legs.leg import Attachment, Leg, LegsOptions, Outgoing
from rtproxy.legs.spliced_leg import SplicedLeg
from rtproxy.model.close import CloseCode, CloseReason, Origin

# Why legs that are still open at the end of `open_legs` are closed.
FAILED = CloseReason(CloseCode.OUR_FAULT, "internal error", Origin.US)
OVER = CloseReason(CloseCode.GOING_AWAY, "the session is over")


def make_splice(options: LegsOptions, seed: bytes) -> Splice:
    """The splice that the options ask for; `seed` are 32 random bytes for masks."""
    return Splice(
        seed=seed,
        lead_ms=options.lead_ms,
        answer_ms=options.answer_ms,
        burst_ms=options.burst_ms,
        ring_ms=options.ring_ms,
        waiting_messages=options.waiting_messages,
        waiting_bytes=options.waiting_bytes,
    )


class SplicedLegs:
    """SpliceLegs (see `leg.py`) on a junction."""

    def __init__(self, options: LegsOptions, junction: Junction) -> None:
        self._options = options
        self._junction = junction
        self._splice = junction.splice

    def together(self) -> Junction:
        """One step, settled at its end."""
        return self._junction

    def attach(self, leg: Leg, attachment: Attachment) -> None:
        """Make the leg its side's leg."""
        assert isinstance(leg, SplicedLeg)  # noqa: S101 - `add` made it
        with self._junction as now:
            self._splice.attach(
                leg.number,
                kinds=attachment.kinds,
                wrap=attachment.wrap,
                now=now,
                speaks=attachment.speaks.as_tuple(),
                hears=attachment.hears.as_tuple() if attachment.hears else None,
            )

    def detach(self, side: Side) -> None:
        """Leave the side without a leg."""
        with self._junction as now:
            self._splice.detach(side, now)

    def post(self, outgoing: Sequence[Outgoing]) -> None:
        """Send outside of any hold."""
        with self._junction as now:
            self._junction.queue(outgoing, now)

    def drop(self, response_id: str) -> list[tuple[str, int, float, float]]:
        """Cut a response; (item id, content index, heard ms, received ms) of its parts."""
        with self._junction as now:
            return self._splice.drop(response_id, now)
        return []

    def finish(self, response_id: str) -> None:
        """No more audio of the response will come."""
        with self._junction as now:
            self._splice.finish(response_id, now)

    def exclude(self, response_id: str) -> None:
        """Keep the response's audio out of the lane."""
        with self._junction:
            self._splice.exclude(response_id)

    def end_input(self) -> float:
        """Flush conversion tails before a commit; where that stands in the upstream's time."""
        with self._junction as now:
            return self._splice.end_input(now)
        return 0.0

    def discard_input(self) -> None:
        """Forget conversion tails of the input."""
        with self._junction:
            self._splice.discard_input()

    def forget_input(self, before_ms: float) -> None:
        """Nobody will ask for what came before that, in the upstream's own input time."""
        with self._junction:
            self._splice.forget_input(before_ms)

    def shape(self, gain: float, pitch: float) -> None:
        """How loud and how high answers are heard."""
        with self._junction as now:
            self._splice.shape(gain, pitch, now)

    def pause(self) -> None:
        """Stop the lane to the client."""
        with self._junction as now:
            self._splice.pause(now)

    def resume(self) -> None:
        """Let the lane go on."""
        with self._junction as now:
            self._splice.resume(now)

    def replay(self, from_ms: float) -> float:
        """Say the input from that millisecond on to the attached upstream again."""
        with self._junction as now:
            return self._splice.replay(from_ms, now)
        return 0.0

    def counters(self, item_id: str) -> Counters | None:
        """What was received, released, heard and dropped of an item."""
        with self._junction as now:
            return self._splice.counters(item_id, now)
        return None

    def playing(self) -> str | None:
        """The item that is being heard, if any is."""
        with self._junction as now:
            heard = self._splice.playing(now)
            return heard[1] if heard else None
        return None

    def playback(self, item_id: str, played_ms: float) -> bool:
        """The client says how much of an item has been heard by now."""
        with self._junction as now:
            return self._splice.playback(item_id, played_ms, now)
        return False

    def level(self, side: Side) -> Level | None:
        """How loud audio from that side is, and whether somebody speaks."""
        with self._junction:
            return self._splice.level(side)
        return None

    def _open_leg(self, side: Side, max_message_bytes: int) -> int:
        """The number of a new leg; 0 where the splice is broken."""
        options = self._options
        with self._junction:
            return self._splice.open_leg(
                side,
                max_message_bytes=max_message_bytes,
                stall_ms=options.stall_ms,
                message_ms=options.message_ms,
                max_tiny_fragments=options.tiny_fragments,
            )
        return 0
