"""G.711 through the path: as much noise as the law has, and no more by going through twice."""

from __future__ import annotations

import numpy as np
import pytest
from benches.quality.measuring import fit_tone, tone
from benches.quality.ours import decoded, encoded

from rtproxy import AudioFormat, AudioPath, Encoding

LAWS = (Encoding.G711_ULAW, Encoding.G711_ALAW)
PCM16_8K = AudioFormat(Encoding.PCM16, 8000)
F32_8K = AudioFormat(Encoding.F32, 8000)
F32_24K = AudioFormat(Encoding.F32, 24_000)


def through(samples: np.ndarray, law: Encoding, ends: AudioFormat = F32_8K) -> np.ndarray:
    """Encoded at 8 kHz and decoded again, with `ends` on both sides, 40 ms at a time."""
    coded = AudioFormat(law, 8000)
    there, back = AudioPath(ends, coded), AudioPath(coded, ends)
    raw = encoded(samples, ends.encoding)
    size = ends.rate_hz * 40 // 1000 * ends.encoding.sample_bytes
    chunks = [raw[at : at + size] for at in range(0, len(raw), size)]
    return decoded(b"".join(back.process(there.process(chunk)) for chunk in chunks), ends.encoding)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize(
    ("level_db", "least_db"), [(-3, 36.5), (-10, 36.5), (-20, 36.5), (-40, 34)]
)
def test_a_tone_has_the_noise_of_the_law(law: Encoding, level_db: float, least_db: float) -> None:
    """Logarithmic steps: about 38 dB at the levels of speech, somewhat less where it is soft."""
    sent = tone(1020, 8000, 1, 10 ** (level_db / 20))
    snr_db = fit_tone(through(sent, law), 8000, 1020).snr_db
    assert least_db <= snr_db <= 40.5


@pytest.mark.parametrize("law", LAWS)
def test_the_noise_stays_that_of_the_law_across_rates(law: Encoding) -> None:
    received = through(tone(1020, 24_000, 1), law, F32_24K)[4800:]
    assert 36.5 <= fit_tone(received, 24_000, 1020).snr_db <= 40.5


@pytest.mark.parametrize("law", LAWS)
def test_a_second_time_changes_nothing(law: Encoding) -> None:
    noise = np.random.default_rng(711).uniform(-1, 1, 8000)
    once = through(noise, law, PCM16_8K)
    assert np.array_equal(through(once, law, PCM16_8K), once)


@pytest.mark.parametrize("law", LAWS)
def test_the_same_law_passes_untouched(law: Encoding) -> None:
    coded = AudioFormat(law, 8000)
    every = bytes(range(256))
    assert AudioPath(coded, coded).process(every) == every
