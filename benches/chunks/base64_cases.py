"""Base64 alone: 40 ms of PCM16 at 24 kHz, and its 2,560 characters."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pybase64

from benches.chunks import sound
from benches.chunks.case import Case, Work, expect
from rtproxy._audio_core import check_base64, decode_base64, encode_base64

PCM = sound.pcm16(sound.chunk(24_000)).tobytes()
TEXT = pybase64.b64encode(PCM)
DECODE = partial(pybase64.b64decode, validate=True)


def cases() -> Iterator[Case]:
    """Decode, encode, check."""

    def check() -> None:
        expect("decode", decode_base64(TEXT), DECODE(TEXT))
        expect("encode", encode_base64(PCM), TEXT)
        expect("check", (check_base64(TEXT), check_base64(TEXT[:-1])), (True, False))

    yield Case("base64 decode", Work(decode_base64, TEXT), check, "pybase64", Work(DECODE, TEXT))
    encode = Work(pybase64.b64encode, PCM)
    yield Case("base64 encode", Work(encode_base64, PCM), check, "pybase64", encode)
    yield Case("base64 check", Work(check_base64, TEXT), check, "pybase64", Work(DECODE, TEXT), 1.5)
