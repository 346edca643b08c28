"""Voice activity as Python sees it; what is speech is told in Rust's tests/vad.rs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import rtproxy
from rtproxy._audio_core import VoiceActivity

QUESTION = Path(rtproxy.__file__).parent / "samples" / "question.wav"


def question() -> tuple[np.ndarray, int]:
    return rtproxy.load_wav(QUESTION)


def test_a_spoken_question_is_heard_with_its_beginning_and_end():
    samples, rate_hz = question()
    activity = VoiceActivity(rate_hz)
    pause = np.zeros(rate_hz, np.float32)
    assert not activity.process(pause)
    assert activity.process(samples) or activity.since > rate_hz
    spoken_at = np.flatnonzero(np.abs(samples) > 0.05)
    assert not activity.process(pause)
    end = activity.since - rate_hz
    assert 0 <= end - spoken_at[-1] < 0.4 * rate_hz


@pytest.mark.parametrize("cut", [1, 37, 960])
def test_any_cut_says_the_same(cut: int):
    samples, rate_hz = question()
    samples = samples[: 30 * 480]
    whole, pieces = VoiceActivity(rate_hz), VoiceActivity(rate_hz)
    whole.process(samples)
    for start in range(0, len(samples), cut):
        pieces.process(samples[start : start + cut])
    assert (pieces.speaking, pieces.since) == (whole.speaking, whole.since)


def test_reset_is_as_new():
    samples, rate_hz = question()
    activity = VoiceActivity(rate_hz)
    activity.process(samples)
    activity.reset()
    assert (activity.speaking, activity.since) == (False, 0)


def test_what_is_wrong_is_said_and_changes_nothing():
    with pytest.raises(ValueError, match="7999 Hz"):
        VoiceActivity(7_999)
    activity = VoiceActivity(24_000)
    activity.process(np.full(100, 0.5, np.float32))
    with pytest.raises(TypeError, match="float32"):
        activity.process(np.zeros(10, np.int64))
    with pytest.raises(BufferError):
        activity.process(np.zeros(20, np.float32)[::2])
    assert activity.process(np.tile(np.float32([0.5, -0.5]), 310))
    assert activity.since == 0
