"""What the conversations say: real speech, 40 ms at a time.

Owns the question that ships with rtproxy, cut into chunks and made base64 once for
all conversations: 3.5 s of speech and a second of silence, over and over. Pure but
for reading the package's own file. Must not know messages or clocks.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from importlib import resources

import numpy as np

from rtproxy.audio.stamp import STAMP_BYTES, STAMP_CHARACTERS, Stamp, write_stamp
from rtproxy.audio.wav import read_wav
from rtproxy.model.audio_format import PCM16_24K

CHUNK_MS = 40
CHUNK_BYTES = PCM16_24K.bytes_per_s * CHUNK_MS // 1000
PAUSE_MS = 1_000
_SILENCE = bytes(CHUNK_BYTES)
_LOUD = 0.03  # of full scale: what is louder than this is surely speech


@dataclass(frozen=True, slots=True)
class Speech:
    """The question as whole chunks, silence added to the last of them.

    `loud_from` and `loud_to` bound, in bytes of `pcm`, what turn detection must have
    heard; `loud_chunks` is the number of chunks up to the end of it.
    """

    pcm: bytes
    loud_from: int
    loud_to: int
    encoded: tuple[bytes, ...]  # the chunks, each as base64
    _tails: tuple[str, ...]  # what follows the stamp, pause included

    @property
    def loud_chunks(self) -> int:
        """How many chunks have been said when the speech is over."""
        return -(-self.loud_to // CHUNK_BYTES)

    def stamped(self, stamp: Stamp) -> bytes:
        """Chunk `stamp.number` of the endless speech as base64, with its stamp."""
        return write_stamp(stamp) + self._tails[stamp.number % len(self._tails)].encode("ascii")

    def is_unchanged(self, number: int, audio: str) -> bool:
        """Whether all but the stamp of that chunk came back as it was said."""
        tail = self._tails[number % len(self._tails)]
        return len(audio) == STAMP_CHARACTERS + len(tail) and audio.endswith(tail)


SILENCE = base64.b64encode(_SILENCE)


def load_speech() -> Speech:
    """The question that ships with rtproxy."""
    raw = resources.files("rtproxy.samples").joinpath("question.wav").read_bytes()
    return cut(read_wav(raw).data)


def cut(pcm: bytes) -> Speech:
    """PCM16 24 kHz mono as speech; it must hold something loud."""
    pcm += bytes(-len(pcm) % CHUNK_BYTES)
    samples = np.frombuffer(pcm, "<i2").astype(np.int32)
    loud = np.flatnonzero(np.abs(samples) > _LOUD * 32768)
    chunks = [pcm[at : at + CHUNK_BYTES] for at in range(0, len(pcm), CHUNK_BYTES)]
    endless = [*chunks, *[_SILENCE] * (PAUSE_MS // CHUNK_MS)]
    return Speech(
        pcm=pcm,
        loud_from=int(loud[0]) * 2,
        loud_to=int(loud[-1]) * 2 + 2,
        encoded=tuple(base64.b64encode(chunk) for chunk in chunks),
        _tails=tuple(base64.b64encode(chunk[STAMP_BYTES:]).decode("ascii") for chunk in endless),
    )
