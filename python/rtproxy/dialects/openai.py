"""The upstream's own protocol as a frontend dialect: official SDKs, unmodified.

Owns what little the proxy says itself to such a client: errors, in the
upstream's shape. Everything else passes untouched, unknown fields and unknown
events included; no private event type is ever sent to this client, for official
SDKs validate strictly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from rtproxy._audio_core import Kinds, Wrap
from rtproxy.dialects import realtime
from rtproxy.dialects.audio_query import USUAL
from rtproxy.dialects.json_text import parse_object
from rtproxy.model import events as ev

# Whether there is a session, what its audio is, and whether somebody is being answered.
_WATCHED = ("session.created", "session.updated", "response.created", "response.done")


class OpenAI:
    """GA, passed through."""

    name = "openai"
    paths = ("/v1/realtime", "/openai/v1/realtime")
    relays = True
    greets = False
    buffers = True
    persona = None
    subprotocol = "realtime"
    audio = USUAL

    def asked(self, query: Mapping[str, str], *, input_rate_hz: int) -> OpenAI:
        """Its audio is agreed upon with the upstream, by `session.update`."""
        del query, input_rate_hz
        return self

    def client_kinds(self) -> Kinds:
        """Everything passes; audio is not checked here: the upstream answers for it."""
        return Kinds(audio={realtime.AUDIO_APPEND: "audio"}, default="pass_on", check_base64=False)

    def upstream_kinds(self, secrets: Sequence[bytes] = ()) -> Kinds:
        """Everything passes; Python reads copies of the little that concerns the proxy.

        Errors are held, because they may quote the key that they refuse.
        """
        del secrets
        return Kinds(
            audio={realtime.AUDIO_DELTA: "delta"},
            default="pass_on",
            relay=_WATCHED,
            hold=("error",),
            check_base64=False,
        )

    def client_wrap(self) -> Wrap:
        """As it came."""
        return Wrap.verbatim()

    def upstream_wrap(self) -> Wrap:
        """As it came."""
        return Wrap.verbatim()

    def decode(self, raw: bytes, *, binary: bool) -> Sequence[ev.Event]:
        """Whatever is a JSON object goes to the upstream, whose errors come back."""
        if binary:
            message = "The Realtime protocol has text messages only; this one was binary."
            return [ev.Misunderstood(code="invalid_event", message=message)]
        parsed = parse_object(raw)
        if isinstance(parsed, ev.Misunderstood):
            return [parsed]
        return [ev.Opaque(raw=raw, to_upstream=True)]

    def encode(self, event: ev.Event) -> Sequence[bytes]:
        """Errors of the proxy in the upstream's shape; the rest as it came."""
        match event:
            case ev.Opaque():
                return [event.raw]
            case ev.ErrorTold():
                return [msgspec.json.encode(_error(event))]
        return []

    def decode_upstream(self, raw: bytes) -> Sequence[ev.Event]:
        """Passed on, and read."""
        return [ev.Opaque(raw=raw, to_upstream=False), realtime.decode_server(raw)]

    def after(self, event: ev.Event) -> OpenAI:
        """As before: nothing that is said changes how it is said."""
        del event
        return self


def _error(event: ev.ErrorTold) -> dict[str, Any]:
    failure = event.error
    told = {
        "type": failure.type,
        "code": failure.code,
        "message": failure.message,
        "param": failure.param,
        "event_id": failure.event_id,
    }
    return {"type": "error", "event_id": event.event_id, "error": told}
