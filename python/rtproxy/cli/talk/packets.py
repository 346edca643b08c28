"""Audio of the wire's format into messages, and back: a packet in each, where it has packets.

Owns the codec's state of one conversation. Must not know what a message looks like.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from rtproxy._audio_core import OpusDecoder, OpusEncoder
from rtproxy.model.audio_format import LegAudio, OpusPackets


def packer(audio: LegAudio, piece_ms: int | None = None) -> Callable[[bytes], Iterator[bytes]]:
    """What makes messages of samples; what is short of a packet waits for the next samples.

    `piece_ms`: how much goes into a message at most; None: as much as there is.
    """
    if isinstance(audio, OpusPackets):
        return _Packer(audio).messages
    return _alone if piece_ms is None else partial(_pieces, len(audio.silence(piece_ms)))


def unpacker(audio: LegAudio) -> Callable[[bytes], bytes]:
    """What makes samples of a message; it raises ValueError for what is no packet."""
    return OpusDecoder().decode if isinstance(audio, OpusPackets) else bytes


def _alone(samples: bytes) -> Iterator[bytes]:
    yield samples


def _pieces(size_bytes: int, samples: bytes) -> Iterator[bytes]:
    for start in range(0, len(samples), size_bytes):
        yield samples[start : start + size_bytes]


class _Packer:
    def __init__(self, audio: OpusPackets) -> None:
        self._encoder = OpusEncoder()
        self._size_bytes = len(audio.samples.silence(audio.packet_ms))
        self._waiting = b""

    def messages(self, samples: bytes) -> Iterator[bytes]:
        """A packet for each 20 ms that are complete."""
        self._waiting += samples
        while len(self._waiting) >= self._size_bytes:
            packet, self._waiting = (
                self._waiting[: self._size_bytes],
                self._waiting[self._size_bytes :],
            )
            yield self._encoder.encode(packet)
