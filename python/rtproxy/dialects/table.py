"""A dialect that is two tables: how its messages read, and its words for events.

Owns what every small dialect does alike. Must not know any message of any of
them: each brings its own tables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import msgspec

from rtproxy._audio_core import Kinds, Wrap
from rtproxy.dialects import realtime
from rtproxy.dialects.audio_query import USUAL, AudioTerms, read_audio_terms
from rtproxy.dialects.fields import Readings, read_message
from rtproxy.dialects.spoken import SpokenAudio
from rtproxy.model import events as ev

Words = Mapping[type[ev.Event], Callable[[Any], dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class TableDialect:
    """See `Dialect`.

    `audio_types` maps a type to where its payload lies, `audio_template` is how the
    lane wraps audio for the client; `audio` is what this connection's query asked for.
    `envelope` is the key under which messages have their fields, both ways; None: at the top.
    `answer_delta` and `input_delta` are what `words` says of a piece of an answer's text
    and of the client's, as templates; None: nothing.
    """

    name: str
    paths: tuple[str, ...]
    persona: str | None
    audio_types: Mapping[str, str]
    audio_template: str
    answer_delta: str
    input_delta: str | None
    readings: Readings
    words: Words
    audio: AudioTerms = USUAL
    relays: bool = False
    greets: bool = False
    envelope: str | None = None
    buffers: bool = False
    telephone: bool = False

    @property
    def subprotocol(self) -> str:
        """What a client offers that wants this dialect on another one's path."""
        return f"rtproxy.{self.name}"

    def asked(
        self, query: Mapping[str, str], *, input_rate_hz: int
    ) -> TableDialect | ev.Misunderstood:
        """The dialect as a connection with this query speaks it, or what is wrong with that."""
        terms = read_audio_terms(query, input_rate_hz=input_rate_hz)
        if terms == self.audio:
            return self
        return replace(self, audio=terms) if isinstance(terms, AudioTerms) else terms

    def client_kinds(self) -> Kinds:
        """Audio takes the lane; Python answers the rest."""
        return _kinds(tuple(self.audio_types.items()), binary=self.audio.binary)

    def upstream_kinds(self, secrets: Sequence[bytes] = ()) -> Kinds:
        """Audio and deltas of text take their own way; Python answers the rest."""
        return realtime.kinds_for(
            self.answer_delta,
            self.input_delta,
            bare_audio=self.audio.binary,
            whole_texts=ev.OutputTextDone in self.words,
            secrets=tuple(secrets),
        )

    def client_wrap(self) -> Wrap:
        """The dialect's own audio message, or the audio bare."""
        return Wrap.binary() if self.audio.binary else _wrap(self.audio_template)

    def upstream_wrap(self) -> Wrap:
        """An append of ours."""
        return realtime.APPEND_WRAP

    def decode(self, raw: bytes, *, binary: bool) -> Sequence[ev.Event]:
        """A held message of the client."""
        audio = SpokenAudio(self.audio_types, self.audio)
        return read_message(
            raw, binary=binary, readings=self.readings, audio=audio, envelope=self.envelope
        )

    def encode(self, event: ev.Event) -> Sequence[bytes]:
        """The client's word for an event, if it has one."""
        word = self.words.get(type(event))
        if word is None:
            return ()
        message = word(event)
        if self.envelope is not None:
            message = _enclosed(message, self.envelope)
        return (msgspec.json.encode(message),)

    def decode_upstream(self, raw: bytes) -> Sequence[ev.Event]:
        """A held message of the upstream."""
        return (realtime.decode_server(raw),)

    def after(self, event: ev.Event) -> TableDialect:
        """As before: nothing that is said changes how it is said."""
        del event
        return self


def _enclosed(message: dict[str, Any], envelope: str) -> dict[str, Any]:
    fields = {key: value for key, value in message.items() if key != "type"}
    return {"type": message["type"], envelope: fields}


# Made once for all sessions: see `realtime.kinds_for`.


@lru_cache(maxsize=64)
def _kinds(audio_types: tuple[tuple[str, str], ...], *, binary: bool) -> Kinds:
    return Kinds(audio=dict(audio_types), binary="audio" if binary else "hold")


@lru_cache(maxsize=64)
def _wrap(template: str) -> Wrap:
    return Wrap.template(template)
