"""Why a client may not come in, and how it learns that.

Owns the ways out: official SDKs read an HTTP status before the upgrade; browsers
cannot, so the frontends of all other dialects are let in to hear an error in their own
words, and a close code. Must not know by which rule anybody is turned away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from rtproxy.credentials.judge import Refused
from rtproxy.credentials.presented import CHALLENGE
from rtproxy.dialects.dialect import Dialect
from rtproxy.dialects.http_error import failure_by, http_error
from rtproxy.legs.leg import LegsOptions, OpenLegs, Side
from rtproxy.legs.listener import Upgrade
from rtproxy.model import events as ev
from rtproxy.model.close import CloseCode, CloseReason
from rtproxy.resilience.admission import Rejected
from rtproxy.session.greeting import Refusal

Answer = tuple[int, Sequence[tuple[str, str]], bytes]

_JSON = (("Content-Type", "application/json"),)
_log = structlog.get_logger("rtproxy.runtime")
TOO_MANY = "too_many_sessions"

# The types of these errors; a frontend may sort by them.
_STRANGER = "authentication_error"
_TOO_OFTEN = "rate_limit_error"


@dataclass(frozen=True, slots=True)
class NoEntry:
    """What is told, and by which close code; `answer` says it by HTTP: status, headers, body."""

    failure: ev.Failure
    close: CloseCode
    answer: Answer


def wrong_query(wrong: ev.Misunderstood) -> NoEntry:
    """A parameter that cannot be served."""
    failure = wrong.failure
    return NoEntry(failure, CloseCode.BAD_REQUEST, (400, _JSON, http_error(failure)))


def stranger(refused: Refused) -> NoEntry:
    """No good key."""
    failure = ev.Failure(type=_STRANGER, code=refused.code, message=refused.message)
    body = http_error(failure_by(401, refused.message, code=refused.code))
    return NoEntry(failure, CloseCode.UNAUTHENTICATED, (401, (*_JSON, CHALLENGE), body))


def stranger_later(refused: Refused) -> Refusal:
    """The same, of a token that came with the client's first words."""
    return Refusal(refused.code, refused.message, CloseCode.UNAUTHENTICATED, type=_STRANGER)


def too_many(rejected: Rejected) -> NoEntry:
    """One session more than there may be."""
    failure = ev.Failure(type=_TOO_OFTEN, code=TOO_MANY, message=rejected.message)
    return NoEntry(failure, CloseCode.RATE_LIMITED, (429, _JSON, http_error(failure)))


def too_many_later(rejected: Rejected) -> Refusal:
    """The same, once the client was let in and has said who it is."""
    return Refusal(TOO_MANY, rejected.message, CloseCode.RATE_LIMITED, type=_TOO_OFTEN)


def too_many_rooms(most: int) -> NoEntry:
    """One room more than there may be."""
    message = (
        f"This server may have no more than {most} rooms at a time (rooms.rooms); join one that "
        "there is, or try again when one has become empty."
    )
    failure = ev.Failure(type=_TOO_OFTEN, code="too_many_rooms", message=message, param="room")
    return NoEntry(failure, CloseCode.RATE_LIMITED, (429, _JSON, http_error(failure)))


async def turn_away(
    upgrade: Upgrade,
    dialect: Dialect,
    why: NoEntry,
    *,
    open_legs: OpenLegs,
    options: LegsOptions,
    largest_bytes: int,
) -> None:
    """Tell the client, and end its connection; `largest_bytes` is what it may send meanwhile."""
    _log.info("turned_away", code=why.failure.code, dialect=dialect.name, address=upgrade.peer[0])
    if dialect.relays:
        await upgrade.turn_away(*why.answer)
        return
    offered = dialect.subprotocol in upgrade.subprotocols
    connection = await upgrade.accept(dialect.subprotocol if offered else None)
    async with open_legs(options) as legs:
        leg = legs.add(Side.CLIENT, connection, max_message_bytes=largest_bytes)
        for payload in dialect.encode(ev.ErrorTold(error=why.failure, fatal=True)):
            leg.send(payload)
        await leg.aclose(CloseReason(why.close, why.failure.message))
