"""What audio a frontend wants, read from the query of its address.

Owns the audio parameters of the small dialects (contract, "Common to voice,
companion, conversation"): their names, defaults and refusals. Must not know any
dialect, nor how one format becomes another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from rtproxy._audio_core import HAS_OPUS
from rtproxy.model.audio_format import (
    CHANNELS,
    OPUS,
    PCM16_24K,
    RATES_HZ,
    AudioFormat,
    Encoding,
    LegAudio,
)
from rtproxy.model.events import Misunderstood

_CHANNELS = {str(channels): channels for channels in CHANNELS}
_RATES_HZ = {str(rate_hz): rate_hz for rate_hz in RATES_HZ}
_ENCODINGS = {encoding.value: encoding for encoding in Encoding}
_OPUS_NAME = str(OPUS)
_NOT_BUILT = (
    "this server is built without Opus; to have it, install cmake and a C compiler where it "
    "is built, and build it again"
)
_SHAPES = {"json": False, "binary": True}
_SIDE_NAMES = ("format", "rate", "channels")
_NAMES = frozenset({"audio", *_SIDE_NAMES, *(f"output_{name}" for name in _SIDE_NAMES)})
_TELEPHONE = (Encoding.G711_ULAW, Encoding.G711_ALAW)
_TELEPHONE_HZ = 8_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AudioTerms:
    """What a client sends (`speaks`) and what it is sent (`hears`).

    `binary`: audio is bare binary frames both ways, not base64 in messages; always
    so where either side is packets.
    """

    speaks: LegAudio = PCM16_24K
    hears: LegAudio = PCM16_24K
    binary: bool = False


USUAL = AudioTerms()


class _UnservedError(Exception):
    """A parameter names something that is not there."""

    def __init__(self, name: str, allowed: Iterable[str], why: str = "") -> None:
        self.name = name
        self.allowed = ", ".join(allowed)
        self.why = why


def read_audio_terms(
    query: Mapping[str, str],
    *,
    input_rate_hz: int = PCM16_24K.rate_hz,
    has_opus: bool = HAS_OPUS,
) -> AudioTerms | Misunderstood:
    """The terms of a query, or a refusal that names the parameter and what it may be.

    Input: `format`, `rate`, `channels`; output: the same after `output_`, with
    defaults of its own; `audio=binary` for both. The default is PCM16, mono, at
    24 kHz (input: `input_rate_hz`); of G.711 at 8 kHz. Opus (`has_opus`: whether this
    server has it) is always binary, and has no other rate or channels to choose.
    """
    if input_rate_hz == PCM16_24K.rate_hz and _NAMES.isdisjoint(query):
        return USUAL
    try:
        speaks = _read_side(query, "", input_rate_hz, has_opus=has_opus)
        hears = _read_side(query, "output_", PCM16_24K.rate_hz, has_opus=has_opus)
        packets = OPUS in (speaks, hears)
        shapes = {"binary": True} if packets else _SHAPES
        why = "packets of Opus are binary frames" if packets else ""
        return AudioTerms(
            speaks, hears, binary=_read(query, "audio", shapes, default=packets, why=why)
        )
    except _UnservedError as refused:
        words = _words(query, refused)
        return Misunderstood(code="invalid_parameter", message=words, param=refused.name)


def _read_side(query: Mapping[str, str], prefix: str, usual_hz: int, *, has_opus: bool) -> LegAudio:
    name = f"{prefix}format"
    if query.get(name) != _OPUS_NAME:
        return _read_samples(query, prefix, usual_hz, has_opus=has_opus)
    if not has_opus:
        raise _UnservedError(name, _ENCODINGS, _NOT_BUILT)
    rate_hz, channels = OPUS.samples.rate_hz, OPUS.samples.channels
    why = "a packet of Opus says its own"
    _read(query, f"{prefix}rate", {str(rate_hz): rate_hz}, default=rate_hz, why=why)
    _read(query, f"{prefix}channels", {str(channels): channels}, default=channels, why=why)
    return OPUS


def _read_samples(
    query: Mapping[str, str], prefix: str, usual_hz: int, *, has_opus: bool
) -> AudioFormat:
    name = f"{prefix}format"
    encoding = _ENCODINGS.get(query.get(name, Encoding.PCM16.value))
    if encoding is None:
        raise _UnservedError(name, (*_ENCODINGS, _OPUS_NAME) if has_opus else _ENCODINGS)
    default_hz = _TELEPHONE_HZ if encoding in _TELEPHONE else usual_hz
    return AudioFormat(
        encoding,
        _read(query, f"{prefix}rate", _RATES_HZ, default=default_hz),
        _read(query, f"{prefix}channels", _CHANNELS, default=1),
    )


def _read(
    query: Mapping[str, str], name: str, known: Mapping[str, T], *, default: T, why: str = ""
) -> T:
    given = query.get(name)
    if given is None:
        return default
    if given not in known:
        raise _UnservedError(name, known, why)
    return known[given]


def _words(query: Mapping[str, str], refused: _UnservedError) -> str:
    name, why = refused.name, f" ({refused.why})" if refused.why else ""
    return (
        f"?{name}={query[name][:64]!r} cannot be served{why}; {name} may be one of: "
        f"{refused.allowed}. Connect again with one of these, or without it."
    )
