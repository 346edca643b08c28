"""The three audio formats of the wire, and the way from one to another.

Owns their names and the cutting of whole recordings. Must not know whose audio it
is, nor how one format becomes another: the extension does that.
"""

from __future__ import annotations

import binascii
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtproxy._audio_core import AudioPath
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
    linear = AudioFormat(Encoding.PCM16, audio_format.rate_hz)
    return np.frombuffer(convert(audio, audio_format, linear), "<i2")


def convert(audio: bytes, source: AudioFormat, target: AudioFormat) -> bytes:
    """The whole of a recording in another format, its beginning and its length kept.

    Byte for byte the same where the formats are. A path answers a little late; what
    comes before its first true sample is left out.
    """
    if source == target:
        return audio
    path = AudioPath(source, target)
    late = round(path.latency_ms * target.rate_hz / 1000) * target.encoding.sample_bytes
    converted = path.process(audio) + path.flush()
    return converted[late : late + span_bytes(target, source.milliseconds(len(audio)))]
