"""Numbers and times that travel inside the samples of a chunk.

Owns the stamp: 18 samples (0.75 ms) of PCM16 at the front of a chunk that say which
chunk it is, when it was said, and, once an echo has filled that in, when it got
there and when it went back. It survives whatever carries the samples unchanged, so
that loss, order and added latency can be known without a word beside the audio.
Must not know who says chunks, nor any clock: times are nanoseconds of
CLOCK_MONOTONIC, which all processes of one machine share.

A stamp is 36 bytes, a multiple of three: in base64 it is the first 48 characters,
and what stands behind them does not change with it.
"""

from __future__ import annotations

import binascii
import struct
from typing import NamedTuple

STAMP_BYTES = 36
STAMP_CHARACTERS = 48

_MAGIC = 0x7A1C_5EED
_FORM = struct.Struct("<IIIQQQ")


class Stamp(NamedTuple):
    """What a chunk says of itself; times that nobody has filled in are 0."""

    call: int  # whose chunk it is
    number: int  # from 0, rising by one
    said_ns: int
    heard_ns: int = 0  # the echo received it
    answered_ns: int = 0  # the echo sent it back


def write_stamp(stamp: Stamp) -> bytes:
    """The stamp as the first 48 characters of a chunk in base64."""
    return binascii.b2a_base64(_FORM.pack(_MAGIC, *stamp), newline=False)


def read_stamp(audio: str) -> Stamp | None:
    """The stamp at the front of a chunk in base64, if there is one."""
    try:
        magic, *fields = _FORM.unpack(binascii.a2b_base64(audio[:STAMP_CHARACTERS]))
    except (struct.error, ValueError):  # too short, or no base64 at all
        return None
    return Stamp(*fields) if magic == _MAGIC else None


def answer_stamp(audio: str, heard_ns: int, answered_ns: int) -> str:
    """The chunk with the echo's times in its stamp; as it was where it has none."""
    stamp = read_stamp(audio)
    if stamp is None:
        return audio
    answered = stamp._replace(heard_ns=heard_ns, answered_ns=answered_ns)
    return write_stamp(answered).decode("ascii") + audio[STAMP_CHARACTERS:]
