"""Audio that the lane did not take: written with escapes, or wrong.

Owns the way from such a message to the canonical form that the lane will take, or
to a `Misunderstood` that says what is wrong with it. Must not know any dialect's
names, nor decode audio for any other purpose.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from rtproxy._audio_core import OpusDecoder, decode_base64
from rtproxy.dialects.audio_query import AudioTerms
from rtproxy.model import events as ev
from rtproxy.model.audio_format import OpusPackets

_UNREADABLE = "A binary message could not be read as this connection's audio."


@dataclass(frozen=True, slots=True)
class SpokenAudio:
    """How a client sends audio.

    `types` maps a message's type to where its base64 lies: a key, or two joined by a
    dot.
    """

    types: Mapping[str, str]
    terms: AudioTerms

    def read(
        self, name: str, message: dict[str, Any], *, event_id: str | None
    ) -> Sequence[ev.Event]:
        """An audio message of this type that only a full parser could read.

        `event_id` is the client's own for it.
        """
        audio = self.audio_in(name, message, event_id=event_id)
        if isinstance(audio, ev.Misunderstood):
            return [audio]
        return [ev.InputAudio(canonical=msgspec.json.encode(message))]

    def audio_in(
        self, name: str, message: dict[str, Any], *, event_id: str | None
    ) -> bytes | ev.Misunderstood:
        """The audio of a message of this type: whole samples (or one packet) of it."""
        path = self.types[name]
        payload: Any = message
        for key in path.split("."):
            payload = payload.get(key) if isinstance(payload, dict) else None
        if not isinstance(payload, str):
            code, wrong = "invalid_field", f"{name}: '{path}' must be a string of base64."
            return ev.Misunderstood(code=code, message=wrong, param=path, event_id=event_id)
        try:
            audio = decode_base64(payload.encode())
            found = self.not_audio(f"{name}: '{path}'", audio)
        except ValueError as error:
            found = f"{name}: '{path}' is not base64: {error}."
        if found is None:
            return audio
        return ev.Misunderstood(code="invalid_audio", message=found, param=path, event_id=event_id)

    def read_binary(self, raw: bytes) -> Sequence[ev.Event]:
        """A binary message that is no audio, or that was not asked for."""
        if self.terms.binary:
            words = self.not_audio("A binary message", raw)
            return [ev.Misunderstood(code="invalid_audio", message=words or _UNREADABLE)]
        words = (
            "A binary message came where text is due: this connection speaks JSON. Send "
            "audio as base64 in a text message, or connect with ?audio=binary."
        )
        return [ev.Misunderstood(code="binary_not_expected", message=words)]

    def not_audio(self, what: str, audio: bytes) -> str | None:
        """What keeps these bytes from being this connection's audio; None where nothing does."""
        speaks = self.terms.speaks
        if isinstance(speaks, OpusPackets):
            return self._not_a_packet(what, audio)
        if len(audio) % speaks.frame_bytes == 0:
            return None
        return (
            f"{what} holds {len(audio)} bytes, which is no whole number of samples of "
            f"{speaks.frame_bytes} bytes; this connection's audio is {speaks}."
        )

    def _not_a_packet(self, what: str, packet: bytes) -> str | None:
        try:
            OpusDecoder().decode(packet)
        except ValueError:
            return (
                f"{what} holds {len(packet)} bytes, which are not a packet of Opus, and is left "
                "out. Each message is one bare packet, without Ogg, WebM or RTP around it."
            )
        return None
