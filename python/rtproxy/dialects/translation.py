"""The upstream's translation sessions: what they say and what we say to them.

Owns the wire names of `/v1/realtime/translations` (protocol reference, section 2,
"Translation session"). Must not know any room. Unknown types and fields are never an
error, as in `realtime`, whose `encode_client` writes the `session.update`.
"""

from __future__ import annotations

import msgspec

from rtproxy.dialects import realtime
from rtproxy.model import events as ev
from rtproxy.model.room import TranslationDelta

AUDIO_APPEND = "session.input_audio_buffer.append"

_TEXT_DELTA = "session.output_transcript.delta"


class _Head(msgspec.Struct):
    type: str


_head = msgspec.json.Decoder(_Head)
_delta = msgspec.json.Decoder(TranslationDelta)


def decode_server(raw: bytes) -> ev.Event:
    """A message of a translation session; `Other` for what nothing here needs to understand."""
    try:
        if _head.decode(raw).type == _TEXT_DELTA:
            return _delta.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ev.Other(type="")
    return realtime.decode_server(raw)


def encode_append(number: int, audio: bytes) -> bytes:
    """An append of ours; `audio` is base64 of PCM16, 24 kHz, mono."""
    return _APPEND % (number, audio)


_APPEND = b'{"type":"%b","event_id":"audio_%%d","audio":"%%b"}' % AUDIO_APPEND.encode()
