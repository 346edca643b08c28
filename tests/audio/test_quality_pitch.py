"""Shifted pitch: the right note, the same length, no clicks; and gain without a step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from benches.quality.measuring import frequency_hz, largest_step, tone
from benches.quality.ours import decoded, encoded

import rtproxy
from rtproxy import AudioFormat, AudioPath, Encoding, load_wav

F32_24K = AudioFormat(Encoding.F32, 24_000)
RATE_HZ = F32_24K.rate_hz
QUESTION = Path(rtproxy.__file__).parent / "samples" / "question.wav"
CUTS = (1, 7, 240, 960, 4801)
RATIOS = (0.5, 0.8, 1.25, 1.5, 2.0)


def shaped(samples: np.ndarray, cut: int, *, pitch: float = 1.0, gain: float = 1.0) -> np.ndarray:
    """All that comes out when `samples` go in, `cut` at a time."""
    path = AudioPath(F32_24K, F32_24K, pitch=pitch, gain=gain)
    raw, size = encoded(samples, Encoding.F32), cut * 4
    parts = [path.process(raw[at : at + size]) for at in range(0, len(raw), size)]
    return decoded(b"".join([*parts, path.flush()]), Encoding.F32)


def test_a_note_moves_by_a_fifth() -> None:
    shifted = shaped(tone(220, RATE_HZ, 3), 960, pitch=1.5)
    assert frequency_hz(shifted[RATE_HZ:-4800], RATE_HZ) == pytest.approx(330, abs=2)


@pytest.mark.parametrize("ratio", RATIOS)
def test_a_note_moves_by_any_ratio(ratio: float) -> None:
    shifted = shaped(tone(300, RATE_HZ, 3), 960, pitch=ratio)
    found = frequency_hz(shifted[RATE_HZ:-4800], RATE_HZ)
    assert found == pytest.approx(300 * ratio, rel=0.01)


@pytest.mark.parametrize("ratio", RATIOS)
def test_speech_keeps_its_length(ratio: float) -> None:
    speech, rate_hz = load_wav(QUESTION)
    assert rate_hz == RATE_HZ
    assert len(shaped(speech, 960, pitch=ratio)) == pytest.approx(len(speech), rel=0.01)


@pytest.mark.parametrize("cut", CUTS)
def test_borders_between_chunks_do_not_click(cut: int) -> None:
    note = tone(220, RATE_HZ, 0.5 if cut == 1 else 2)
    once = shaped(note, len(note), pitch=1.5)
    streamed = shaped(note, cut, pitch=1.5)
    assert largest_step(streamed) <= largest_step(once)
    assert np.array_equal(streamed, once)


def test_a_shifted_note_is_smooth() -> None:
    """A sine of 330 Hz has steps of 2π·330/24000 of its amplitude; a splice may add a little."""
    shifted = shaped(tone(220, RATE_HZ, 3), 960, pitch=1.5)[4800:-4800]
    assert largest_step(shifted) <= 1.5 * 2 * np.pi * 330 / RATE_HZ * 0.5


@pytest.mark.parametrize("ratio", [0.75, 1.5])
def test_a_voice_moves_by_the_ratio_and_does_not_click(ratio: float) -> None:
    """The median of its pitch moves, and chunks add no step that one piece has not."""
    speech = load_wav(QUESTION)[0].astype(np.float64)
    streamed, once = shaped(speech, 960, pitch=ratio), shaped(speech, len(speech), pitch=ratio)
    assert voice_hz(streamed, ratio) == pytest.approx(ratio * voice_hz(speech, 1.0), rel=0.03)
    assert largest_step(streamed) <= largest_step(once) <= 1.6 * largest_step(speech)


def voice_hz(speech: np.ndarray, ratio: float) -> float:
    """The median over the louder frames of 80 ms of where each is most like itself.

    Periods of 60 to 400 Hz are looked at, times `ratio`; the autocorrelation is set
    against that of the window, which would else favour short ones.
    """
    size = RATE_HZ * 80 // 1000
    window = np.hanning(size)
    lags = slice(int(RATE_HZ / (400 * ratio)), int(RATE_HZ / (60 * ratio)))
    against = autocorrelation(window)
    loud = np.sqrt(np.mean(np.square(speech)))
    found = []
    for at in range(0, len(speech) - size, size // 4):
        frame = speech[at : at + size]
        if np.sqrt(np.mean(np.square(frame))) > loud:
            likeness = autocorrelation((frame - np.mean(frame)) * window)[lags] / against[lags]
            found.append(RATE_HZ / (lags.start + int(np.argmax(likeness))))
    assert len(found) > 30
    return float(np.median(found))


def autocorrelation(frame: np.ndarray) -> np.ndarray:
    """Of all lags, without wrapping round."""
    spectrum = np.fft.rfft(frame, 2 * len(frame))
    return np.fft.irfft(np.square(np.abs(spectrum)))


def test_speech_stays_as_loud() -> None:
    speech, _ = load_wav(QUESTION)
    before = np.sqrt(np.mean(np.square(speech)))
    after = np.sqrt(np.mean(np.square(shaped(speech, 960, pitch=1.5))))
    assert 20 * np.log10(after / before) == pytest.approx(0, abs=3)


def test_gain_is_the_factor_that_is_asked_for() -> None:
    note = tone(220, RATE_HZ, 1, 0.2)
    assert np.allclose(shaped(note, 960, gain=2.5)[960:], 2.5 * note[960:], atol=1e-6)


def test_a_change_of_gain_does_not_click() -> None:
    path = AudioPath(F32_24K, F32_24K)
    raw = encoded(tone(220, RATE_HZ, 0.4, 0.2), Encoding.F32)
    first = path.process(raw[: len(raw) // 2])
    path.gain = 3.0
    whole = decoded(first + path.process(raw[len(raw) // 2 :]) + path.flush(), Encoding.F32)
    assert largest_step(whole) <= 1.2 * 2 * np.pi * 220 / RATE_HZ * 0.6
    assert np.max(np.abs(whole[-1920:])) == pytest.approx(0.6, abs=0.01)


def test_pitch_may_be_asked_for_on_the_way() -> None:
    path = AudioPath(F32_24K, F32_24K)
    raw = encoded(tone(220, RATE_HZ, 3, 0.4), Encoding.F32)
    before = decoded(path.process(raw[: RATE_HZ * 4]), Encoding.F32)
    path.pitch = 1.5
    after = decoded(path.process(raw[RATE_HZ * 4 :]), Encoding.F32)
    assert frequency_hz(before, RATE_HZ) == pytest.approx(220, abs=0.5)
    assert frequency_hz(after[4800:], RATE_HZ) == pytest.approx(330, abs=2)
    assert len(after) == 2 * RATE_HZ
    assert 20 <= path.latency_ms <= 28
