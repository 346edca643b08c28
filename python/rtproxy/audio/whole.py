"""A whole recording in another form, all at once.

Owns what no stream can have, since all of the sound is known beforehand: any two
sample rates, exactly. Must not know files.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_QUIET_S = 1  # behind the sound: a spectrum is of a circle, so its end must not meet its beginning


def resampled(samples: NDArray[np.float32], from_hz: int, to_hz: int) -> NDArray[np.float32]:
    """The sound at another rate: ceil(frames * to_hz / from_hz) frames.

    `samples` is of shape (frames,) or (frames, channels). Kept is what lies below the
    lower of the two Nyquist frequencies; nothing is late.
    """
    frames = -(-len(samples) * to_hz // from_hz)
    whole_s = len(samples) // from_hz + 1 + _QUIET_S
    spectrum = np.fft.rfft(samples, whole_s * from_hz, axis=0)
    sound = np.fft.irfft(spectrum, whole_s * to_hz, axis=0)[:frames]
    return (sound * (to_hz / from_hz)).astype(np.float32)


def mixed(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """All channels as one, none louder than another: (frames, channels) to (frames,)."""
    mono: NDArray[np.float32] = samples.mean(axis=1, dtype=np.float32)
    return mono
