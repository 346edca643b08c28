"""What audio a frontend wants, read from the query of its address.

Owns the audio parameters of the small dialects (contract, "Common to voice,
companion, conversation"): their names, defaults and refusals. Must not know any
dialect, nor how one format becomes another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from rtproxy.model.audio_format import CHANNELS, PCM16_24K, RATES_HZ, AudioFormat, Encoding
from rtproxy.model.events import Misunderstood

_CHANNELS = {str(channels): channels for channels in CHANNELS}
_RATES_HZ = {str(rate_hz): rate_hz for rate_hz in RATES_HZ}
_ENCODINGS = {encoding.value: encoding for encoding in Encoding}
_SHAPES = {"json": False, "binary": True}
_TELEPHONE = (Encoding.G711_ULAW, Encoding.G711_ALAW)
_TELEPHONE_HZ = 8_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AudioTerms:
    """What a client sends (`speaks`) and what it is sent (`hears`).

    `binary`: audio is bare binary frames both ways, not base64 in messages.
    """

    speaks: AudioFormat = PCM16_24K
    hears: AudioFormat = PCM16_24K
    binary: bool = False


USUAL = AudioTerms()


class _UnservedError(Exception):
    """A parameter names something that is not there."""


def read_audio_terms(
    query: Mapping[str, str], *, input_rate_hz: int = PCM16_24K.rate_hz
) -> AudioTerms | Misunderstood:
    """The terms of a query, or a refusal that names the parameter and what it may be.

    Input: `format`, `rate`, `channels`; output: the same after `output_`, with
    defaults of its own; `audio=binary` for both. The default is PCM16, mono, at
    24 kHz (input: `input_rate_hz`); of G.711 at 8 kHz.
    """
    try:
        return AudioTerms(
            speaks=_read_format(query, "", input_rate_hz),
            hears=_read_format(query, "output_", PCM16_24K.rate_hz),
            binary=_read(query, "audio", _SHAPES, default=False),
        )
    except _UnservedError as refused:
        given = str(refused)
        return Misunderstood(code="invalid_parameter", message=_words(query, given), param=given)


def _read_format(query: Mapping[str, str], prefix: str, usual_hz: int) -> AudioFormat:
    encoding = _read(query, f"{prefix}format", _ENCODINGS, default=Encoding.PCM16)
    default_hz = _TELEPHONE_HZ if encoding in _TELEPHONE else usual_hz
    return AudioFormat(
        encoding,
        _read(query, f"{prefix}rate", _RATES_HZ, default=default_hz),
        _read(query, f"{prefix}channels", _CHANNELS, default=1),
    )


def _read(query: Mapping[str, str], name: str, known: Mapping[str, T], *, default: T) -> T:
    given = query.get(name)
    if given is None:
        return default
    if given not in known:
        raise _UnservedError(name)
    return known[given]


def _words(query: Mapping[str, str], name: str) -> str:
    tables: dict[str, Iterable[str]] = {
        "format": _ENCODINGS,
        "rate": _RATES_HZ,
        "channels": _CHANNELS,
        "audio": _SHAPES,
    }
    allowed = tables[name.removeprefix("output_")]
    return (
        f"?{name}={query[name][:64]!r} cannot be served; {name} may be one of: "
        f"{', '.join(allowed)}. Connect again with one of these, or without it."
    )
