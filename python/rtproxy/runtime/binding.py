"""The first words with an upstream on which a token's session is to begin.

Owns the exchange, before anybody else speaks with that upstream. Must not know what is
in a session.
"""

from __future__ import annotations

from dataclasses import dataclass

from rtproxy.legs.leg import Leg, Message
from rtproxy.model.event import Json
from rtproxy.model.events import Failure
from rtproxy.session.binding import answer_in, asking_for, begun_with, opens_a_session


@dataclass(frozen=True, slots=True)
class Beginning:
    """The message with which a session begins, and what it is taken to say.

    `refused` is why the upstream would not have the token's session.
    """

    message: Message
    raw: bytes
    refused: Failure | None = None


async def begin_bound(leg: Leg, session: Json) -> Beginning:
    """Ask a fresh upstream for the session, until it has answered.

    Raises LegClosed.
    """
    first = await leg.receive()
    if not opens_a_session(first.raw):
        return Beginning(first, first.raw)
    leg.release(first)
    leg.send(asking_for(session))
    while True:
        message = await leg.receive()
        match answer_in(message.raw):
            case Failure() as refused:
                return Beginning(message, first.raw, refused)
            case dict() as now:
                return Beginning(message, begun_with(first.raw, now))
        leg.release(message)
