"""The beta shape of the upstream's own protocol, for a client whose upstream is GA.

Owns which messages have to be translated on their way, and which pass: audio always
does, with another name. Must not know how any of them is written: that is in
`beta_events`. An immutable value: of the conversation it knows but the name that its
client was told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from rtproxy._audio_core import Kinds, Wrap
from rtproxy.dialects import beta_events, realtime
from rtproxy.dialects.beta_session import session_to_ga, transcription_to_ga
from rtproxy.dialects.json_text import event_id_of, parse_object
from rtproxy.dialects.relayed import Relayed, error_message, read_client
from rtproxy.model import events as ev
from rtproxy.model.event import Json

_HEADER_VALUE = "realtime=v1"
_SUBPROTOCOL = "openai-beta.realtime-v1"

_SESSION_UPDATES = {
    "session.update": session_to_ga,
    "transcription_session.update": transcription_to_ga,
}

# What passes how, made once for all sessions: see `realtime.kinds_for`.
_FROM_CLIENT = Kinds(
    audio={realtime.AUDIO_APPEND: "audio"},
    default="pass_on",
    hold=(*_SESSION_UPDATES, *beta_events.FROM_CLIENT),
    check_base64=False,
)
_FROM_UPSTREAM = Kinds(
    audio={realtime.AUDIO_DELTA: "delta"},
    pass_on=beta_events.SAME,
    renamed=beta_events.RENAMED,
    ignore=beta_events.GA_ONLY,
    check_base64=False,
)
_RENAMED = Wrap.renamed(beta_events.AUDIO_DELTA)


def asks_for_beta(header: str | None, subprotocols: Sequence[str]) -> bool:
    """Whether a handshake asks for it; `header` is the value of `OpenAI-Beta`."""
    return _HEADER_VALUE in (header or "") or _SUBPROTOCOL in subprotocols


@dataclass(frozen=True, slots=True)
class Beta(Relayed):
    """Beta outside, GA inside."""

    conversation_id: str | None = None

    def client_kinds(self) -> Kinds:
        """What is written the same in both shapes passes, and whatever nobody knows."""
        return _FROM_CLIENT

    def upstream_kinds(self, secrets: Sequence[bytes] = ()) -> Kinds:
        """What is written the same passes, if under another name; Python translates the rest."""
        del secrets
        return _FROM_UPSTREAM

    def client_wrap(self) -> Wrap:
        """As it came, under the name that this shape has for it."""
        return _RENAMED

    def decode(self, raw: bytes, *, binary: bool) -> Sequence[ev.Event]:
        """Whatever is a JSON object goes to the upstream, whose errors come back."""
        message = read_client(raw, binary=binary)
        if isinstance(message, ev.Misunderstood):
            return [message]
        session = message.get("session")
        to_ga = _SESSION_UPDATES.get(str(message.get("type")))
        if to_ga is not None and isinstance(session, dict):
            asked, dropped = to_ga(session)
            return [ev.SessionUpdate(event_id=event_id_of(message), session=asked, dropped=dropped)]
        said = msgspec.json.encode(beta_events.to_ga(message))
        return [ev.Opaque(raw=said, to_upstream=True)]

    def encode(self, event: ev.Event) -> Sequence[bytes]:
        """Events of the upstream in this shape; errors of the proxy's own."""
        match event:
            case ev.Opaque():
                return [msgspec.json.encode(told) for told in self._told(event.raw)]
            case ev.ErrorTold():
                return [error_message(event)]
        return []

    def after(self, event: ev.Event) -> Beta:
        """Its conversation is known with the session."""
        if not isinstance(event, ev.SessionCreated) or self.conversation_id is not None:
            return self
        named = beta_events.conversation_of(event.session)
        return self if named is None else replace(self, conversation_id=named)

    def _told(self, raw: bytes) -> Sequence[Json]:
        message = parse_object(raw)
        if isinstance(message, ev.Misunderstood):
            return ()
        told = beta_events.to_beta(message, self.conversation_id)
        if told is None:
            return ()
        return (told, *self._conversation(told))

    def _conversation(self, told: Json) -> Sequence[Json]:
        """GA does not tell of a conversation; in this shape it comes second."""
        if told["type"] != "session.created" or not isinstance(told.get("session"), dict):
            return ()
        named = beta_events.conversation_of(told["session"])
        return () if named is None else (beta_events.conversation_created(named),)
