"""What a client says it has played: believed, where it can be true.

Owns the judgement of such a report (contract, "Common to …": `playback`). Must not
know the play-out clock that it corrects.
"""

from __future__ import annotations

from rtproxy.model import events as ev
from rtproxy.session.commands import Command, Playback, ToClient

# A player counts in blocks of its own, and says how many it has begun.
SLACK_MS = 50.0


def judge(measured: ev.Measured, *, plays: bool) -> list[Command]:
    """What a report leads to, now that it is known how much was sent.

    `plays`: the item's answer is neither over nor cut; of any other a report comes too
    late to change anything, and so does one that names no item while nothing plays.
    """
    if measured.item_id is None:
        return []
    if measured.sent_ms is None:
        words = f"Nothing was sent of an item '{measured.item_id[:64]}'."
        return [_refuse(measured, "unknown_item", "itemId", words)]
    if measured.played_ms > measured.sent_ms + SLACK_MS:
        words = (
            f"playedMs is {measured.played_ms:g}, but only {measured.sent_ms:.0f} ms of item "
            f"'{measured.item_id[:64]}' have been sent so far; it may be from 0 to that."
        )
        return [_refuse(measured, "invalid_field", "playedMs", words)]
    return [Playback(measured.item_id, measured.played_ms)] if plays else []


def _refuse(measured: ev.Measured, code: str, param: str, words: str) -> Command:
    failure = ev.Failure(code=code, message=words, param=param, event_id=measured.event_id)
    return ToClient(ev.ErrorTold(error=failure))
