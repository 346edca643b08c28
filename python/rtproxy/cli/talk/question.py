"""The spoken question: a file made ready to be streamed.

Owns what `talk` can stream, the words for what it cannot, and where the speech in
it ends. Must not know the connection.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from rtproxy.audio.wav import read_wav
from rtproxy.model.audio_format import PCM16_24K, AudioFormat

CHUNK_MS = 40
_WINDOW_MS = 20
_QUIET = 0.03  # of the loudest window's level: below it nobody speaks


@dataclass(frozen=True, slots=True)
class Question:
    """PCM16 24 kHz mono under a name; `speech_ms` is where the speech in it ends."""

    name: str
    pcm: bytes
    speech_ms: float

    @property
    def duration_ms(self) -> float:
        """How long it plays."""
        return PCM16_24K.milliseconds(len(self.pcm))

    def chunks(self, chunk_ms: int = CHUNK_MS) -> Iterator[bytes]:
        """Its audio, `chunk_ms` at a time; the last may be shorter."""
        size = PCM16_24K.bytes_per_s * chunk_ms // 1000
        return (self.pcm[at : at + size] for at in range(0, len(self.pcm), size))


def load_question(file: Path | None) -> Question:
    """The question in the file, or the one that ships with rtproxy.

    Raises ValueError, in words for the person who chose the file.
    """
    if file is None:
        shipped = resources.files("rtproxy.samples").joinpath("question.wav")
        return _question("the sample question", shipped.read_bytes())
    try:
        return _question(str(file), file.read_bytes())
    except OSError as error:
        raise ValueError(f"{file} cannot be read: {error.strerror}") from error


def _question(name: str, raw: bytes) -> Question:
    try:
        recording = read_wav(raw)
    except ValueError as error:
        raise ValueError(f"{name} cannot be used: {error}.\n{_conversion(name)}") from error
    if recording.audio_format != PCM16_24K:
        raise ValueError(
            f"{name} is {_words(recording.audio_format)}; talk streams PCM16, 24000 Hz, mono,"
            f" as the upstream takes it.\n{_conversion(name)}"
        )
    if not recording.data:
        raise ValueError(f"{name} holds no sound at all")
    return Question(name, recording.data, end_of_speech_ms(recording.data))


def _words(form: AudioFormat) -> str:
    channels = {1: "mono", 2: "stereo"}.get(form.channels, f"{form.channels} channels")
    return f"{form.encoding.value}, {form.rate_hz} Hz, {channels}"


def _conversion(name: str) -> str:
    stem = Path(name).stem
    return (
        "To convert it: "
        f"ffmpeg -i {name} -ar 24000 -ac 1 -c:a pcm_s16le {stem}-24k.wav\n"
        f"           or: sox {name} -r 24000 -c 1 -b 16 {stem}-24k.wav"
    )


def end_of_speech_ms(pcm: bytes) -> float:
    """Where the last window ends that is loud against the loudest one.

    `pcm`: PCM16 24 kHz mono. Silence all through gives the whole length.
    """
    size = PCM16_24K.bytes_per_s * _WINDOW_MS // 1000
    levels = [_mean_square(pcm[at : at + size]) for at in range(0, len(pcm), size)]
    bar = max(levels) * _QUIET**2
    last = max(index for index, level in enumerate(levels) if level >= bar)
    return min((last + 1) * _WINDOW_MS, PCM16_24K.milliseconds(len(pcm)))


def _mean_square(pcm: bytes) -> float:
    samples = array("h", pcm)
    if sys.byteorder == "big":
        samples.byteswap()
    return sum(sample * sample for sample in samples) / len(samples)
