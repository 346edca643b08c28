"""WAV files: bytes to a recording and back.

Owns the RIFF container as real files have it: chunks in any order, odd sizes
padded, sizes that a streaming writer left at zero, the extensible header. Pure;
must not know where the bytes come from, nor how to convert what they hold.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from rtproxy.model.audio_format import AudioFormat, Encoding

# Microsoft's format tags (mmreg.h), with the bits of a sample.
_ENCODINGS = {
    (1, 16): Encoding.PCM16,
    (3, 32): Encoding.F32,
    (6, 8): Encoding.G711_ALAW,
    (7, 8): Encoding.G711_ULAW,
}
_TAGS = {encoding: key for key, encoding in _ENCODINGS.items()}
_TAG_NAMES = {1: "PCM", 2: "ADPCM", 3: "float", 6: "A-law", 7: "mu-law", 85: "MP3"}
_EXTENSIBLE = 0xFFFE
_STREAMED = (0, 0xFFFFFFFF)  # a data size that was never filled in


@dataclass(frozen=True, slots=True)
class Recording:
    """Audio and what it is."""

    audio_format: AudioFormat
    data: bytes

    @property
    def duration_ms(self) -> float:
        """How long it plays."""
        return self.audio_format.milliseconds(len(self.data))


def read_wav(raw: bytes) -> Recording:
    """The recording in a WAV file; whole samples only, a cut last one is left out.

    Raises ValueError, in words for the person who chose the file, where it is no
    WAV file or holds an encoding that nothing here knows.
    """
    if raw[:4] != b"RIFF" or raw[8:12] != b"WAVE":
        raise ValueError("it is not a WAV file: it does not begin with RIFF and WAVE")
    found: AudioFormat | None = None
    for name, body in _chunks(raw):
        if name == b"fmt ":
            found = _read_format(body)
        elif name == b"data":
            if found is None:
                raise ValueError("its data chunk comes before the chunk that says what it is")
            frame_bytes = found.encoding.sample_bytes * found.channels
            return Recording(found, body[: len(body) - len(body) % frame_bytes])
    raise ValueError("it holds no audio: there is no data chunk")


def write_wav(recording: Recording) -> bytes:
    """The recording as a WAV file with the plain header of 44 bytes."""
    form, data = recording.audio_format, recording.data
    tag, bits = _TAGS[form.encoding]
    frame_bytes = form.encoding.sample_bytes * form.channels
    head = struct.pack(
        "<HHIIHH", tag, form.channels, form.rate_hz, form.bytes_per_s, frame_bytes, bits
    )
    body = b"WAVE" + _chunk(b"fmt ", head) + _chunk(b"data", data)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def _chunks(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at + 8 <= len(raw):
        name, (size,) = raw[at : at + 4], struct.unpack_from("<I", raw, at + 4)
        if name == b"data" and size in _STREAMED:
            size = len(raw) - at - 8
        yield name, raw[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _read_format(body: bytes) -> AudioFormat:
    if len(body) < 16:
        raise ValueError(f"its header is cut short: {len(body)} bytes where 16 are due")
    tag, channels, rate_hz, _, _, bits = struct.unpack_from("<HHIIHH", body)
    if tag == _EXTENSIBLE and len(body) >= 26:
        (tag,) = struct.unpack_from("<H", body, 24)  # the first bytes of the sub-format
    encoding = _ENCODINGS.get((tag, bits))
    if encoding is None or not channels or not rate_hz:
        name = _TAG_NAMES.get(tag, f"format {tag}")
        raise ValueError(f"it holds {bits}-bit {name}, {channels} channels, {rate_hz} Hz")
    return AudioFormat(encoding, rate_hz, channels)
