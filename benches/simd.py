"""Which instructions ours and the peers may use, so that a comparison is a fair one.

Ours obeys `limit_simd`. The peers are held to AVX2 in every comparison: numpy by
the variable that it reads as it is imported, pybase64 by its switch; libsoxr has
nothing above AVX. Must be called before numpy does any work worth timing.
"""

from __future__ import annotations

import os
import sys

import pybase64._pybase64 as pybase64_core
from numpy._core import _multiarray_umath as numpy_core

from rtproxy import _audio_core

SETS = ("portable", "avx2", "avx512")  # from the least to the most
FAIR = "avx2"  # what the bars are stated for, on both sides
NUMPY_SWITCH = "NPY_DISABLE_CPU_FEATURES"
PYBASE64_AVX2 = 64


def available() -> list[str]:
    """The sets that this machine has, from the least to the most."""
    return list(SETS[: SETS.index(DETECTED) + 1])


def fair() -> str:
    """The set in which ours is compared: AVX2, or what the machine has below it."""
    return min(FAIR, DETECTED, key=SETS.index)


def hold_peers(argv: list[str]) -> None:
    """Hold the peers to AVX2; starts this program anew if numpy has to be told first."""
    if PYBASE64_AVX2 & pybase64_core._get_simd_flags_runtime():
        pybase64_core._set_simd_path(PYBASE64_AVX2)
    if NUMPY_SWITCH in os.environ:
        return
    has = numpy_core.__cpu_features__
    above = [name for name in numpy_core.__cpu_dispatch__ if _is_above(name) and has[name]]
    os.environ[NUMPY_SWITCH] = " ".join(above)
    os.execv(sys.executable, [sys.executable, "-m", "benches", *argv])


def _is_above(feature: str) -> bool:
    return feature.startswith("AVX512") or feature == "X86_V4"


DETECTED = _audio_core.simd()
