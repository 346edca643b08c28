"""How clean is clean enough: the pairs of rates that matter, and their bars.

Owns the numbers; the tests hold converters to them, the report shows who misses.
In band means up to 0.9 of the lower Nyquist frequency, out of band from 1.1 of
it; what is in between is the room that a filter needs. `strict` needs only the
lower half of that room: it lets nothing pass that the lower rate cannot carry.
"""

from __future__ import annotations

PAIRS_HZ = (
    (48_000, 24_000),
    (44_100, 24_000),
    (16_000, 24_000),
    (8_000, 24_000),
    (24_000, 48_000),
    (24_000, 44_100),
    (24_000, 16_000),
    (24_000, 8_000),
)

ONE_KHZ_DB = 120.0  # SNR of the float path at 1 kHz
PURITY_DB = 100.0  # and at the worst tone in band
RIPPLE_DB = 0.05
UNWANTED_DB = -100.0  # aliases and images
LATENCY_MS = {"low_latency": 5.0, "strict": 10.0}
HALVING_LATENCY_MS = 2.0  # 48 to 24 kHz, low_latency
BEGIN = {"low_latency": 1.1, "strict": 1.0}  # of the unwanted, in lower Nyquist frequencies

# PCM16 at −1 dBFS can show 97.1 dB: 6.02 · 16 + 1.76 − 1.
PCM16_AMPLITUDE = 10 ** (-1 / 20)
PCM16_ONE_KHZ_DB = 96.0
PCM16_PURITY_DB = 94.0
PCM16_UNWANTED_DB = -90.0
