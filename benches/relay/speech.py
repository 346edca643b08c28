"""The audio of the load: 40 ms of PCM16 at 24 kHz whose first samples say what it is.

Owns the stamp (session and sequence number inside the samples), so that a relay
which loses, repeats, reorders or changes a chunk is found out however it wraps
the audio.
"""

from __future__ import annotations

import base64
import struct

import numpy as np

from benches.relay.wire import TEXT, RelayError, frame, xor

CHUNK_MS = 40
SAMPLES = 24 * CHUNK_MS
STAMP = struct.Struct(">IQ")  # 12 bytes, so exactly 16 characters of base64
STAMP_CHARS = 16
OPENING = b'{"type":"audio_input","audio":"'
ENDING = b'"}'


def sound(seed: int) -> bytes:
    """40 ms of quiet noise, the same for the same seed."""
    noise = np.random.default_rng(seed).integers(-3000, 3000, SAMPLES, dtype=np.int16)
    return noise.astype("<i2").tobytes()


class Speech:
    """What one session says: the same 40 ms again and again under a rising number."""

    def __init__(self, session: int) -> None:
        """Prepare the masked frame; only the stamp changes from chunk to chunk."""
        encoded = base64.b64encode(bytes(STAMP.size) + sound(session)[STAMP.size :])
        self._tail = encoded[STAMP_CHARS:].decode()
        self._session = session
        mask = struct.pack(">I", 0x9E3779B9 * (session + 1) & 0xFFFFFFFF)
        message = OPENING + encoded + ENDING
        self._frame = bytearray(frame(TEXT, message, mask))
        self._at = len(self._frame) - len(message) + len(OPENING)
        turned = xor(bytes(len(OPENING) + STAMP_CHARS), mask)[len(OPENING) :]
        self._mask = int.from_bytes(turned, "big")

    def chunk(self, number: int) -> bytearray:
        """The masked frame with chunk `number`; valid until the next call."""
        stamp = base64.b64encode(STAMP.pack(self._session, number))
        masked = int.from_bytes(stamp, "big") ^ self._mask
        self._frame[self._at : self._at + STAMP_CHARS] = masked.to_bytes(STAMP_CHARS, "big")
        return self._frame

    def recognise(self, audio: str) -> int:
        """The number of a chunk that came back. Raises RelayError if it is not ours, unchanged."""
        session, number = STAMP.unpack(base64.b64decode(audio[:STAMP_CHARS]))
        if session != self._session or audio[STAMP_CHARS:] != self._tail:
            raise RelayError(f"session {self._session} got audio that it never sent")
        return int(number)
