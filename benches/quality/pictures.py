"""The pictures of docs/audio.md: a sweep's spectra, the edge of the band, the age of audio.

Owns how they look. They are drawn without a window, by matplotlib's Agg.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benches.quality.figures import HALF_SCALE, counts, delay_ms, settled
from benches.quality.measuring import Samples, level_db
from benches.quality.ours import our_float
from benches.quality.peers import samplerate_rig, soxr_rig
from benches.quality.rig import CHUNK_MS, Rig

FLOOR_DB = -150
COLOURS = ("#0b6e4f", "#1d4ed8", "#c2410c", "#7c3aed")
DASHES = ("-", "-", (0, (5, 2)), (0, (1.5, 1.5)))
STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "legend.frameon": False,
}


def rigs(input_rate_hz: int, output_rate_hz: int) -> list[Rig]:
    """Those that are drawn: ours, and the two that are used most."""
    pair = input_rate_hz, output_rate_hz
    ours = [our_float(*pair, "low_latency"), our_float(*pair, "strict")]
    return [*ours, soxr_rig(*pair), samplerate_rig(*pair)]


def draw(folder: Path) -> None:
    """Write all pictures anew."""
    folder.mkdir(exist_ok=True)
    with mpl.rc_context(STYLE):
        for name, picture in (("sweep", sweep()), ("edge", edge()), ("age", age())):
            # Without a date in it the same pictures are the same bytes.
            picture.savefig(folder / f"{name}.png", dpi=110, metadata={"Software": None})


def sweep() -> Figure:
    """Spectra over time of a tone that rises from 0 to 24 kHz, after 48 → 24 kHz."""
    picture = Figure(figsize=(9, 5.6), layout="constrained")
    axes = picture.subplots(2, 2, sharex=True, sharey=True)
    rate_hz, duration_s = 48_000, 6.0
    at = np.arange(round(rate_hz * duration_s)) / rate_hz
    rising = HALF_SCALE * np.cos(np.pi * rate_hz / 2 / duration_s * at**2)
    for axis, rig in zip(axes.flat, rigs(rate_hz, 24_000), strict=True):
        image = spectrogram(rig, rig.convert(rising), axis)
    picture.supxlabel("frequency of the tone sent, kHz", fontsize=9)
    picture.supylabel("frequencies that come out, kHz", fontsize=9)
    picture.colorbar(image, ax=axes, label="dB, the tone sent is 0", shrink=0.8, pad=0.01)
    return picture


def spectrogram(rig: Rig, samples: Samples, axis: Axes) -> object:
    """One panel; the diagonal is the tone, what falls back from 12 kHz is folded."""
    size, hop = 1024, 256
    window = np.kaiser(size, 18)  # side lobes below −150 dB
    starts = range(0, len(samples) - size, hop)
    parts = np.stack([samples[at : at + size] * window for at in starts])
    strength = np.abs(np.fft.rfft(parts)) * 2 / window.sum() / HALF_SCALE
    levels = 20 * np.log10(np.maximum(strength, 1e-12)).T
    axis.set_title(rig.name)
    extent = (0, 24, 0, rig.output_rate_hz / 2000)
    axis.set_xticks(range(0, 25, 4))
    axis.set_yticks(range(0, 13, 3))
    return axis.imshow(
        levels, origin="lower", aspect="auto", extent=extent, vmin=FLOOR_DB, vmax=0, cmap="magma"
    )


def edge() -> Figure:
    """What comes out for single tones around the Nyquist frequency of 24 kHz audio."""
    picture = Figure(figsize=(9, 4), layout="constrained")
    axis = picture.subplots()
    tones_hz = np.linspace(9_000, 15_000, 241) + 3.0
    axis.axvspan(10.8, 13.2, color="#e5e7eb", lw=0)
    axis.axvline(12, color="#6b7280", lw=0.8)
    for rig, colour, dash in zip(rigs(48_000, 24_000), COLOURS, DASHES, strict=True):
        levels = [level_db(settled(rig, freq), HALF_SCALE) for freq in tones_hz]
        axis.plot(tones_hz / 1000, levels, color=colour, ls=dash, lw=1.6, label=rig.name)
    axis.text(12.05, 1.5, "what is above 12 kHz folds back", fontsize=8, color="#374151")
    axis.text(11.95, 1.5, "passes", fontsize=8, color="#374151", ha="right")
    axis.axhline(-100, color="#9ca3af", lw=0.8)
    axis.text(9.03, -99, "bar, outside the grey", fontsize=8, color="#374151", va="bottom")
    axis.set(xlim=(9, 15), ylim=(-160, 10))
    axis.set_xlabel("frequency of the tone sent, kHz (48 → 24 kHz)")
    axis.set_ylabel("level of what comes out, dB")
    axis.legend(loc="lower left", bbox_to_anchor=(0, 0.02))
    return picture


def age() -> Figure:
    """How old the newest sample is that has come out, after each chunk of 40 ms."""
    picture = Figure(figsize=(9, 3.4), layout="constrained")
    pairs = ((48_000, 24_000), (8_000, 24_000))
    for axis, pair in zip(picture.subplots(1, 2, sharey=True), pairs, strict=True):
        for rig, colour, dash in zip(rigs(*pair), COLOURS, DASHES, strict=True):
            ages = ages_ms(rig, chunks=13)
            at = np.arange(1, len(ages) + 1) * CHUNK_MS
            axis.step(at, ages, where="post", color=colour, ls=dash, lw=1.8, label=rig.name)
        axis.set_title(f"{pair[0] / 1000:g} → {pair[1] / 1000:g} kHz")
        axis.set_xlabel("audio sent, ms")
        axis.set(xlim=(CHUNK_MS, 13 * CHUNK_MS), ylim=(0, 80))
    first = picture.axes[0]
    first.set_ylabel("age of what has come out, ms")
    first.legend(loc="upper left")
    return picture


def ages_ms(rig: Rig, chunks: int) -> Sequence[float]:
    """Time sent less time received, and the delay of what was received."""
    came_ms = np.cumsum(counts(rig, chunks)) * 1000 / rig.output_rate_hz
    return list(np.arange(1, chunks + 1) * CHUNK_MS - came_ms + delay_ms(rig))
