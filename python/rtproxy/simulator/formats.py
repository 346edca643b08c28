"""The three audio formats of the wire, and the way from one to another.

Owns G.711 by its definition and the plain rate change between 8 and 24 kHz.
Must not know whose audio it is.
"""

from __future__ import annotations

import binascii
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtproxy.model.audio_format import PCM16_24K, AudioFormat, Encoding
from rtproxy.simulator import errors

Samples = NDArray[np.int16]

FORMATS = {
    "audio/pcm": PCM16_24K,
    "audio/pcmu": AudioFormat(Encoding.G711_ULAW, 8_000),
    "audio/pcma": AudioFormat(Encoding.G711_ALAW, 8_000),
}
_EXPECTED = {
    Encoding.PCM16: "mono PCM16 at 24kHz",
    Encoding.G711_ULAW: "mono G.711 mu-law at 8kHz",
    Encoding.G711_ALAW: "mono G.711 A-law at 8kHz",
}


def read_audio(written: str, audio_format: AudioFormat, param: str) -> bytes:
    """Decode strict base64; Refusal (`invalid_value`) where it is none, or ends inside a sample."""
    try:
        audio = binascii.a2b_base64(written.encode(), strict_mode=True)
    except binascii.Error:
        raise errors.invalid_audio(param, _EXPECTED[audio_format.encoding]) from None
    if len(audio) % audio_format.encoding.sample_bytes:
        raise errors.invalid_audio(param, _EXPECTED[audio_format.encoding])
    return audio


def write_audio(audio: bytes | bytearray) -> str:
    """Base64 as it goes into an event."""
    return binascii.b2a_base64(audio, newline=False).decode()


def wire_format(audio_format: AudioFormat) -> dict[str, Any]:
    """The `format` object of the wire."""
    name = next(name for name, known in FORMATS.items() if known == audio_format)
    rate = {"rate": 24_000} if name == "audio/pcm" else {}
    return {"type": name, **rate}


def span_bytes(audio_format: AudioFormat, milliseconds: float) -> int:
    """How many whole samples' bytes come before that time."""
    samples = int(milliseconds * audio_format.rate_hz / 1000)
    return samples * audio_format.encoding.sample_bytes


def to_samples(audio: bytes, audio_format: AudioFormat) -> Samples:
    """Linear 16-bit samples of it, at its own rate."""
    if audio_format.encoding is Encoding.PCM16:
        return np.frombuffer(audio, "<i2")
    samples: Samples = _decode_table(audio_format.encoding)[np.frombuffer(audio, np.uint8)]
    return samples


def from_samples(samples: Samples, audio_format: AudioFormat) -> bytes:
    """The same samples written in that format; the rate is the caller's business."""
    if audio_format.encoding is Encoding.PCM16:
        return samples.astype("<i2").tobytes()
    table = _encode_table(audio_format.encoding)
    return table[samples.astype(np.int32) + 32_768].tobytes()


def convert(audio: bytes, source: AudioFormat, target: AudioFormat) -> bytes:
    """The audio in another format; byte for byte the same where the formats are."""
    if source == target:
        return audio
    return from_samples(_at_rate(to_samples(audio, source), source.rate_hz, target.rate_hz), target)


def _at_rate(samples: Samples, rate_hz: int, wanted_hz: int) -> Samples:
    """Straight lines between the samples: plain, but an offline voice needs no better."""
    if rate_hz == wanted_hz or not len(samples):
        return samples
    count = len(samples) * wanted_hz // rate_hz
    places = np.arange(count) * (rate_hz / wanted_hz)
    between: NDArray[np.float64] = np.interp(places, np.arange(len(samples)), samples)
    return between.round().astype(np.int16)


@cache
def _decode_table(encoding: Encoding) -> Samples:
    """ITU-T G.711, tables 1a and 2a, with the inversion of bits that the line uses."""
    code = np.arange(256)
    if encoding is Encoding.G711_ULAW:
        code = ~code & 0xFF
        magnitude = (((code & 0x0F) << 3) + 132 << (code >> 4 & 7)) - 132
        return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)
    code ^= 0x55
    segment = code >> 4 & 7
    step = (code & 0x0F) << 4
    magnitude = np.where(segment, step + 264 << np.maximum(segment - 1, 0), step + 8)
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)


@cache
def _encode_table(encoding: Encoding) -> NDArray[np.uint8]:
    """For each 16-bit value, from the lowest on, the code whose value lies nearest."""
    values = _decode_table(encoding).astype(np.int32)
    codes = np.argsort(values, kind="stable")
    ladder = values[codes]
    samples = np.arange(-32_768, 32_768)
    above = np.clip(np.searchsorted(ladder, samples), 1, len(ladder) - 1)
    nearer_below = samples - ladder[above - 1] <= ladder[above] - samples
    return codes[np.where(nearer_below, above - 1, above)].astype(np.uint8)
