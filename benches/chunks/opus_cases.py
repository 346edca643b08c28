"""Opus alone: 40 ms are two packets. No peer: there is no other libopus beside it.

Nothing where the extension is built without it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benches.chunks import sound
from benches.chunks.base64_cases import PCM
from benches.chunks.case import Case, Work, WrongResultError
from rtproxy._audio_core import HAS_OPUS, OpusDecoder, OpusEncoder
from rtproxy.model.audio_format import OPUS

PACKET_BYTES = len(OPUS.samples.silence(OPUS.packet_ms))
LATE_S = 0.0065
LEAST_DB = 3.0  # a codec for voices makes of ten tones what it can; a wrong delay has below 0
SETTLED = 30  # packets


def cases() -> Iterator[Case]:
    """There, and back."""
    if not HAS_OPUS:
        return
    encoder, decoder = OpusEncoder(), OpusDecoder()

    def encode(pcm: bytes) -> list[bytes]:
        starts = range(0, len(pcm), PACKET_BYTES)
        return [encoder.encode(pcm[start : start + PACKET_BYTES]) for start in starts]

    def decode(packets: list[bytes]) -> bytes:
        return b"".join(map(decoder.decode, packets))

    def check() -> None:
        encoder.reset()
        heard = decode(encode(PCM * SETTLED))[-len(PCM) :]
        want = sound.chunk(24_000, delay_s=LATE_S)
        found = sound.snr_db(np.frombuffer(heard, "<i2") / 32768, want)
        if found < LEAST_DB:
            raise WrongResultError(f"Opus: SNR {found:.1f} dB, at least {LEAST_DB:g} was due")

    yield Case("pcm16 → opus", Work(encode, PCM), check)
    yield Case("opus → pcm16", Work(decode, encode(PCM)), check)
