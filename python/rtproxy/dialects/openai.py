"""The upstream's own protocol as a frontend dialect: official SDKs, unmodified.

Everything passes untouched, unknown fields and unknown events included. Owns what
little there is to say of that, and finding out which shape a client speaks that has
not said so in its handshake: the names in its first `session.update` tell. Must not
know how the beta shape differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rtproxy._audio_core import Kinds, Wrap
from rtproxy.dialects import realtime
from rtproxy.dialects.beta import Beta
from rtproxy.dialects.beta_session import names_beta
from rtproxy.dialects.relayed import WATCHED, Relayed, error_message, read_client
from rtproxy.model import events as ev

_TELLING = ("session.update", "transcription_session.update")

# What passes how, made once for all sessions: see `realtime.kinds_for`.


def _from_client(hold: tuple[str, ...]) -> Kinds:
    audio = {realtime.AUDIO_APPEND: "audio"}
    return Kinds(audio=audio, default="pass_on", hold=hold, check_base64=False)


_FROM_ANY_CLIENT = _from_client(hold=_TELLING)
_FROM_KNOWN_CLIENT = _from_client(hold=())
_FROM_UPSTREAM = Kinds(
    audio={realtime.AUDIO_DELTA: "delta"},
    default="pass_on",
    relay=WATCHED,
    hold=("error",),
    check_base64=False,
)
_AS_IT_CAME = Wrap.verbatim()


@dataclass(frozen=True, slots=True)
class OpenAI(Relayed):
    """GA, passed through.

    `shape_known`: nothing that the client says can make it a client of the beta shape.
    """

    shape_known: bool = False

    def client_kinds(self) -> Kinds:
        """Everything passes; audio is not checked here: the upstream answers for it."""
        return _FROM_KNOWN_CLIENT if self.shape_known else _FROM_ANY_CLIENT

    def upstream_kinds(self, secrets: Sequence[bytes] = ()) -> Kinds:
        """Everything passes; Python reads copies of the little that concerns the proxy.

        Errors are held, because they may quote the key that they refuse.
        """
        del secrets
        return _FROM_UPSTREAM

    def client_wrap(self) -> Wrap:
        """As it came."""
        return _AS_IT_CAME

    def decode(self, raw: bytes, *, binary: bool) -> Sequence[ev.Event]:
        """Whatever is a JSON object goes to the upstream, whose errors come back."""
        message = read_client(raw, binary=binary)
        if isinstance(message, ev.Misunderstood):
            return [message]
        if self.shape_known or message.get("type") not in _TELLING:
            return [ev.Opaque(raw=raw, to_upstream=True)]
        if _is_beta(message):
            return [ev.ShapeKnown(beta=True), *Beta().decode(raw, binary=binary)]
        return [ev.ShapeKnown(beta=False), ev.Opaque(raw=raw, to_upstream=True)]

    def encode(self, event: ev.Event) -> Sequence[bytes]:
        """Errors of the proxy in the upstream's shape; the rest as it came."""
        match event:
            case ev.Opaque():
                return [event.raw]
            case ev.ErrorTold():
                return [error_message(event)]
        return []

    def after(self, event: ev.Event) -> OpenAI | Beta:
        """By its first `session.update` a client has shown its shape."""
        match event:
            case ev.ShapeKnown(beta=True):
                return Beta()
            case ev.ShapeKnown():
                return OpenAI(shape_known=True)
        return self


def _is_beta(message: dict[str, Any]) -> bool:
    session = message.get("session")
    if message["type"] != "session.update":
        return True
    return isinstance(session, dict) and names_beta(session)
