"""What both shapes of the upstream's own protocol have in common.

Owns the address of the `openai` dialect, and what the proxy says itself to such a
client: errors, in the upstream's shape. No private event type is ever sent to it,
for official SDKs validate strictly. Must not know how the two shapes differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import msgspec

from rtproxy._audio_core import Wrap
from rtproxy.dialects import realtime
from rtproxy.dialects.audio_query import USUAL
from rtproxy.dialects.json_text import parse_object
from rtproxy.model import events as ev
from rtproxy.model.event import Json

_TRANSLATIONS = ("/v1/realtime/translations", "/openai/v1/realtime/translations")

# Whether there is a session, what its audio is, whether somebody is being answered, and
# the end that the client of a translation session has asked for.
WATCHED = (
    "session.created",
    "session.updated",
    "session.closed",
    "response.created",
    "response.done",
)


class Relayed:
    """A client that talks with the upstream itself."""

    __slots__ = ()

    name = "openai"
    # The third is where SDKs for Azure dial that know its preview alone.
    paths = ("/v1/realtime", "/openai/v1/realtime", "/openai/realtime", *_TRANSLATIONS)
    relays = True
    greets = False
    buffers = True
    telephone = False
    persona = None
    subprotocol = "realtime"
    audio = USUAL

    def asked(self, query: Mapping[str, str], *, input_rate_hz: int) -> Self:
        """Its audio is agreed upon with the upstream, by `session.update`."""
        del query, input_rate_hz
        return self

    def upstream_wrap(self) -> Wrap:
        """As it came: both shapes write an append alike."""
        return Wrap.verbatim()

    def decode_upstream(self, raw: bytes) -> Sequence[ev.Event]:
        """Passed on, and read."""
        return [ev.Opaque(raw=raw, to_upstream=False), realtime.decode_server(raw)]


def session_of_path(path: str) -> Json:
    """What a path says of the session that is asked for there."""
    return {"type": "translation"} if path in _TRANSLATIONS else {}


def read_client(raw: bytes, *, binary: bool) -> Json | ev.Misunderstood:
    """The message that a client has sent, or why it is none."""
    if binary:
        message = "The Realtime protocol has text messages only; this one was binary."
        return ev.Misunderstood(code="invalid_event", message=message)
    return parse_object(raw)


def error_message(event: ev.ErrorTold) -> bytes:
    """An error of the proxy's own in the upstream's shape."""
    failure = event.error
    told: dict[str, Any] = {
        "type": failure.type,
        "code": failure.code,
        "message": failure.message,
        "param": failure.param,
        "event_id": failure.event_id,
    }
    return msgspec.json.encode({"type": "error", "event_id": event.event_id, "error": told})
