"""Recordings in files, as arrays.

Owns the two public functions; libsndfile reads and writes. Must not know rates and
channels beyond passing them on. `wav.py` reads a recording without decoding it.
"""

from __future__ import annotations

from io import BytesIO
from operator import index
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

# What libsndfile takes: more channels it refuses, and rates are a C int.
MAX_CHANNELS = 1024
MAX_RATE_HZ = 2**31 - 1

Samples = NDArray[np.float32] | NDArray[np.int16]


def load_wav(path: str | PathLike[str]) -> tuple[NDArray[np.float32], int]:
    """The samples of a sound file and its sample rate in Hz.

    Float32, full scale ±1, of shape (frames,) where there is one channel, otherwise
    (frames, channels). Takes WAV and what else libsndfile reads (FLAC, Ogg, MP3, AIFF).
    OSError where the file cannot be opened, ValueError where it is no sound file.
    """
    import soundfile  # noqa: PLC0415 - its C library takes a while to load

    with Path(path).open("rb") as file:
        try:
            samples, rate_hz = soundfile.read(file, dtype="float32")
        except soundfile.LibsndfileError as error:
            raise ValueError(f"{path} is not a sound file: {error.error_string}") from error
    return samples, rate_hz


def save_wav(path: str | PathLike[str], samples: Samples, rate_hz: int) -> None:
    """Write a WAV file that `load_wav` gives back as it was.

    `samples` is float32 (written as 32 bit float) or int16 (written as PCM16), of shape
    (frames,) or (frames, channels) with up to 1024 channels, of any rate in whole Hz.
    TypeError and ValueError for anything else, before the file is touched; OSError where
    it cannot be written.
    """
    import soundfile  # noqa: PLC0415 - its C library takes a while to load

    subtype = _subtype(samples)
    _check_shape(samples.shape)
    _check_rate(rate_hz)
    # In memory first: what a disk refuses is lost in the library's callbacks.
    file = BytesIO()
    soundfile.write(file, samples, rate_hz, subtype=subtype, format="WAV")
    Path(path).write_bytes(file.getbuffer())


def _check_shape(shape: tuple[int, ...]) -> None:
    if len(shape) not in (1, 2) or (len(shape) == 2 and not 1 <= shape[1] <= MAX_CHANNELS):
        raise ValueError(
            "the shape of samples is (frames,) or (frames, channels) with 1 to "
            f"{MAX_CHANNELS} channels, not {shape}"
        )


def _check_rate(rate_hz: int) -> None:
    try:
        whole_hz = index(rate_hz)
    except TypeError:
        raise TypeError(f"a sample rate is a whole number of Hz, not {rate_hz!r}") from None
    if not 1 <= whole_hz <= MAX_RATE_HZ:
        raise ValueError(f"a sample rate is from 1 to {MAX_RATE_HZ} Hz, not {rate_hz}")


def _subtype(samples: Samples) -> str:
    dtype = getattr(samples, "dtype", None)
    if dtype == np.float32:
        return "FLOAT"
    if dtype == np.int16:
        return "PCM_16"
    what = f"of {dtype}" if dtype is not None else type(samples).__name__
    raise TypeError(f"samples are an array of float32 or int16, not {what}")
