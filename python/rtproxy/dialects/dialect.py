"""What a frontend dialect has to be able to do.

Owns the interface between a dialect and everything else. A dialect is a codec:
it must not keep state, do I/O, or decide what an event leads to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from rtproxy._audio_core import Kinds, Wrap
from rtproxy.dialects.audio_query import AudioTerms
from rtproxy.model.events import Event, Misunderstood


class Dialect(Protocol):
    """One frontend protocol."""

    @property
    def name(self) -> str:
        """As in `?dialect=` and in the log."""

    @property
    def paths(self) -> tuple[str, ...]:
        """Where it is spoken, unless the client chooses another."""

    @property
    def relays(self) -> bool:
        """Whether both sides speak the same shape, so that messages pass untouched."""

    @property
    def greets(self) -> bool:
        """Whether a client says who it is, and what it wants, before an upstream is dialled."""

    @property
    def buffers(self) -> bool:
        """Whether the client buffers by protocol, so that it is not paced."""

    @property
    def telephone(self) -> bool:
        """Whether a gateway connects callers by it.

        Such a client may be vouched for by a signature, starts once, is told no errors,
        says what it has played, and has keys.
        """

    @property
    def persona(self) -> str | None:
        """Who answers, where it is not the client that configures the session."""

    @property
    def subprotocol(self) -> str:
        """What is echoed in the handshake when the client offers it."""

    @property
    def audio(self) -> AudioTerms:
        """What audio the client sends and is sent; where messages are relayed, at first."""

    def asked(self, query: Mapping[str, str], *, input_rate_hz: int) -> Dialect | Misunderstood:
        """The dialect as a connection with this query speaks it, or what is wrong with that.

        `input_rate_hz` is the sample rate of its audio where the query names none.
        """

    def client_kinds(self) -> Kinds:
        """How messages from the client are sorted."""

    def upstream_kinds(self, secrets: Sequence[bytes] = ()) -> Kinds:
        """How messages from the upstream are sorted for such a client.

        What has one of the secrets in it is for Python, where it would be put into
        words on the way.
        """

    def client_wrap(self) -> Wrap:
        """How audio for the client is wrapped."""

    def upstream_wrap(self) -> Wrap:
        """How audio for the upstream is wrapped."""

    def decode(self, raw: bytes, *, binary: bool) -> Sequence[Event]:
        """A held message from the client; what cannot be understood is an event, too."""

    def encode(self, event: Event) -> Sequence[bytes]:
        """What the client is told of an event; nothing, where it has no word for it."""

    def decode_upstream(self, raw: bytes) -> Sequence[Event]:
        """A held message from the upstream."""

    def after(self, event: Event) -> Dialect:
        """The dialect as this connection speaks it once this event was said."""
