"""What audio an upstream says that it takes and speaks.

Owns the reading of a session object's formats: what it names counts, whatever was
asked for. Must not know how audio is converted, nor what becomes of a session
whose upstream names a format that nobody here speaks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rtproxy.model.audio_format import PCM16_24K, RATES_HZ, AudioFormat, Encoding
from rtproxy.model.errors import PeerError
from rtproxy.model.events import Json

# GA's types (protocol reference, section 2), and beta's names for the same.
_NAMED = {
    "audio/pcm": Encoding.PCM16,
    "audio/pcmu": Encoding.G711_ULAW,
    "audio/pcma": Encoding.G711_ALAW,
    "pcm16": Encoding.PCM16,
    "g711_ulaw": Encoding.G711_ULAW,
    "g711_alaw": Encoding.G711_ALAW,
}
_USUAL_HZ = {Encoding.PCM16: 24_000, Encoding.G711_ULAW: 8_000, Encoding.G711_ALAW: 8_000}


class UnknownFormatError(PeerError):
    """The upstream names audio that is not spoken here."""


@dataclass(frozen=True, slots=True)
class UpstreamAudio:
    """What the upstream takes (`hears`) and what it answers with (`speaks`)."""

    hears: AudioFormat = PCM16_24K
    speaks: AudioFormat = PCM16_24K


def audio_named_in(session: Json) -> UpstreamAudio:
    """The formats that a session object names; where it names none, the usual one.

    Raises UnknownFormatError, which says what was named and what may be.
    """
    audio = _inside(session, "audio")
    return UpstreamAudio(
        hears=_read(_inside(audio, "input").get("format"), "input"),
        speaks=_read(_inside(audio, "output").get("format"), "output"),
    )


def _inside(value: Json, key: str) -> Json:
    inner = value.get(key)
    return inner if isinstance(inner, dict) else {}


def _read(named: Any, direction: str) -> AudioFormat:
    if named is None:
        return PCM16_24K
    told = named if isinstance(named, dict) else {"type": named}
    encoding = _NAMED.get(str(told.get("type")))
    rate_hz = told.get("rate") or _USUAL_HZ.get(encoding or Encoding.PCM16)
    if encoding is None or rate_hz not in RATES_HZ:
        raise UnknownFormatError(
            f"The upstream's {direction} audio is {str(named)[:80]}, which this proxy cannot "
            "convert; set it to audio/pcm, audio/pcmu or audio/pcma at a usual sample rate."
        )
    return AudioFormat(encoding, rate_hz)
