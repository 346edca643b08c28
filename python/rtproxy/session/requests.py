"""Which of a client's messages are requests, and what one beyond the limit becomes.

Owns both: a request asks the upstream for something and costs it work. Audio is none,
nor is what only tells (a report, an output, a ping) or stops something. A message of
several events is one request, and is carried out whole or not at all. Must not know
who counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rtproxy.model import events as ev

_REQUESTS = (
    ev.SessionUpdate,
    ev.InputCommit,
    ev.ItemCreate,
    ev.ResponseCreate,
    ev.AskAside,
    ev.KeyPressed,
)


def screened(
    events: Sequence[ev.Event], now: float, *, take: Callable[[float], float]
) -> Sequence[ev.Event]:
    """The events of one message; or, where it asks for too much, the refusal that it earns.

    `take` counts one request: 0.0 if it may be, else the seconds until it may.
    """
    if not any(isinstance(event, _REQUESTS) for event in events):
        return events
    wait_s = take(now)
    if not wait_s:
        return events
    message = f"Too many requests in a minute; this one is left out. Ask again in {wait_s:.1f} s."
    first = events[0]
    return [
        ev.Misunderstood(
            code="rate_limited",
            message=message,
            event_id=first.event_id,
            message_type=first.message_type,
        )
    ]
