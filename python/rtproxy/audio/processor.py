"""Audio between a program's arrays and what the Realtime API takes.

Owns which path a call needs and how long it is kept. Must not know how audio is
converted, nor anything of messages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from rtproxy._audio_core import AudioPath, encode_base64
from rtproxy.model.audio_format import PCM16_24K

if TYPE_CHECKING:
    from typing_extensions import Buffer  # Python's own from 3.12 on

UPSTREAM = PCM16_24K.as_tuple()
FLOAT_BYTES = 4
# What the items of a buffer are (struct's letters), and how such samples are written.
ENCODINGS = {"f": "f32", "h": "pcm16", "B": "pcm16"}


class AudioProcessor:
    """One conversation's audio: the program's samples to the upstream's base64 and back.

    The upstream's audio is PCM16 at 24 kHz, mono. Each direction is one stream: filters
    go on from call to call, so that chunks join without a click, and 40 ms in give 40 ms
    out. A direction starts a new stream where its rate, channels or type of samples
    change. Use one object for each conversation, from one thread at a time.

    Rates are 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000 or 96000 Hz,
    channels 1 or 2. ValueError and TypeError say what was given and what is allowed;
    BufferError is for arrays with gaps in memory. After any of them the streams are as
    they were.
    """

    def __init__(self, *, quality: Literal["low_latency", "strict"] = "low_latency") -> None:
        """Choose what the filters are to be good at, as of `Resampler`."""
        self._quality: Literal["low_latency", "strict"] = quality
        self._spoken: tuple[str, int, int] = UPSTREAM
        self._heard: tuple[str, int, int] = UPSTREAM
        self._to_openai = AudioPath(UPSTREAM, UPSTREAM, quality=quality)
        self._from_openai = AudioPath(UPSTREAM, UPSTREAM, quality=quality)

    def process_for_openai(self, samples: Buffer, rate_hz: int, channels: int = 1) -> str:
        """What the next samples make, for `input_audio_buffer.append`.

        `samples` is a contiguous array (or any buffer) of float32, full scale ±1, or
        int16, of shape (frames,), (frames, channels) or interleaved; plain bytes are
        int16, little-endian. It is read where it lies, not copied.
        """
        spoken = (_encoding_of(samples), rate_hz, channels)
        if spoken == self._spoken:
            return self._to_openai.process_to_base64(samples)
        path = AudioPath(spoken, UPSTREAM, quality=self._quality)
        made = path.process(samples)
        tail = self._to_openai.flush()
        self._to_openai, self._spoken = path, spoken
        return encode_base64(tail + made).decode("ascii")

    def process_from_openai(
        self, b64: str | Buffer, rate_hz: int, channels: int = 1
    ) -> NDArray[np.float32]:
        """What the next `delta` of `response.output_audio.delta` makes, to be played.

        A new array of shape (frames,), or (frames, 2) for stereo, full scale ±1. At a
        change of rate or channels the last milliseconds of the old stream are left out,
        unless `flush_from_openai` has fetched them.
        """
        heard = ("f32", rate_hz, channels)
        if heard == self._heard:
            return self._from_openai.process_from_base64_to_floats(b64)
        path = AudioPath(UPSTREAM, heard, quality=self._quality)
        made = path.process_from_base64_to_floats(b64)
        self._from_openai, self._heard = path, heard
        return made

    def flush_for_openai(self) -> str:
        """The last milliseconds of what was said, where the speech ends: before a commit."""
        return encode_base64(self._to_openai.flush()).decode("ascii")

    def flush_from_openai(self) -> NDArray[np.float32]:
        """The last milliseconds of what was heard, where an answer ends."""
        rest = np.frombuffer(self._from_openai.flush(), np.float32).copy()
        return rest.reshape(-1, 2) if self._heard[2] == 2 else rest

    def reset(self) -> None:
        """Forget what is inside, in both directions: after an interruption."""
        self._to_openai.reset()
        self._from_openai.reset()

    @staticmethod
    def float32_to_pcm16_base64(samples: Buffer) -> str:
        """Float samples of one channel as PCM16 in base64, at the rate that they have.

        Full scale ±1 saturates, what is not a number becomes 0. ValueError where the end
        cuts a sample, for nothing comes after it.
        """
        text = AudioPath(("f32", *UPSTREAM[1:]), UPSTREAM).process_to_base64(samples)
        # Asking an array for a view takes as long as all the rest.
        lent = samples if isinstance(samples, np.ndarray) else memoryview(samples)
        size_bytes = lent.nbytes
        if size_bytes % FLOAT_BYTES:
            raise ValueError(f"float32 samples have 4 bytes each, which {size_bytes} bytes cut")
        return text


def _encoding_of(samples: Buffer) -> str:
    """How the samples are written that this buffer holds."""
    if isinstance(samples, bytes):
        return "pcm16"
    letter = samples.dtype.char if isinstance(samples, np.ndarray) else _letter_of(samples)
    encoding = ENCODINGS.get(letter)
    if encoding is None:
        what = f"an array of {samples.dtype}" if isinstance(samples, np.ndarray) else repr(letter)
        raise TypeError(f"samples are float32 or int16, or bytes of int16, not {what}")
    return encoding


def _letter_of(samples: Buffer) -> str:
    """Its struct letter, without what says the byte order of this machine (ctypes does)."""
    try:
        return memoryview(samples).format.lstrip("@=<")
    except TypeError:
        kind = type(samples).__name__
        raise TypeError(f"samples are an array, a buffer or bytes, not {kind}") from None
