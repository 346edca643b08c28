"""What the tests say: the shipped question, whole or in part, 40 ms at a time."""

from __future__ import annotations

import base64
import wave
from collections.abc import Iterator
from importlib.resources import files

from rtproxy._audio_core import AudioPath
from rtproxy.model.audio_format import PCM16_24K, AudioFormat, Encoding

CHUNK_BYTES = 1_920
BYTES_PER_MS = 48


def question() -> bytes:
    """The shipped sample as PCM16, 24 kHz, mono."""
    path = files("rtproxy").joinpath("samples/question.wav")
    with path.open("rb") as file, wave.open(file) as sample:
        assert (sample.getframerate(), sample.getnchannels(), sample.getsampwidth()) == (
            24000,
            1,
            2,
        )
        pcm: bytes = sample.readframes(sample.getnframes())
        return pcm


def silence(ms: int) -> bytes:
    """Nothing, for that long."""
    return bytes(ms * BYTES_PER_MS)


def utterance(ms: int = 1_000, *, before_ms: int = 400, after_ms: int = 800) -> bytes:
    """The beginning of the question with silence around it: one turn for server VAD."""
    return silence(before_ms) + question()[: ms * BYTES_PER_MS] + silence(after_ms)


def at_16k(pcm: bytes) -> bytes:
    """The same as a room's frontends send it."""
    path = AudioPath(PCM16_24K, AudioFormat(Encoding.PCM16, 16_000))
    return path.process(pcm) + path.flush()


def ms(pcm: bytes) -> float:
    """How long it plays."""
    return len(pcm) / BYTES_PER_MS


def chunks(pcm: bytes) -> Iterator[bytes]:
    """40 ms at a time; the last may be shorter."""
    for start in range(0, len(pcm), CHUNK_BYTES):
        yield pcm[start : start + CHUNK_BYTES]


def encoded(pcm: bytes) -> str:
    """As it stands in a message."""
    return base64.b64encode(pcm).decode()


def decoded(audio: str) -> bytes:
    """Back from a message."""
    return base64.b64decode(audio, validate=True)
