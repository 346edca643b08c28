"""Turn detection: levels in, findings out, in audio time."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtproxy.model.audio_format import PCM16_24K
from rtproxy.simulator.loudness import SILENCE_DB, Loudness
from rtproxy.simulator.turns import (
    Finding,
    IdleTimeout,
    SpeechStarted,
    SpeechStopped,
    TurnDetector,
)

from .sounds import noise, question, silence, tone

SERVER = {
    "type": "server_vad",
    "threshold": 0.5,
    "prefix_padding_ms": 300,
    "silence_duration_ms": 200,
}


def found(pcm: bytes, **config: Any) -> list[Finding]:
    detector = TurnDetector({**SERVER, **config}, 0.0)
    return list(detector.listen(Loudness(PCM16_24K).levels(pcm)))


def semantic(eagerness: str, pcm: bytes) -> list[Finding]:
    config = {"type": "semantic_vad", "eagerness": eagerness}
    return list(TurnDetector(config, 0.0).listen(Loudness(PCM16_24K).levels(pcm)))


@pytest.mark.parametrize("burst", [noise(700), tone(700), tone(700, 3_000.0), noise(700, 1_000)])
def test_a_burst_is_a_turn(burst: bytes) -> None:
    turn = found(silence(1_000) + burst + silence(500))
    assert turn == [SpeechStarted(700), SpeechStopped(700, 1_900)]


def test_speech_is_one_turn_where_the_pauses_are_allowed_for() -> None:
    spoken = question()
    length_ms = len(spoken) // 48
    for silence_ms in (200, 500):
        started, stopped = found(
            silence(400) + spoken + silence(800), silence_duration_ms=silence_ms
        )
        assert isinstance(started, SpeechStarted)
        assert isinstance(stopped, SpeechStopped)
        assert 100 <= started.start_ms <= 700
        assert 400 + length_ms - 300 <= stopped.end_ms <= 400 + length_ms + silence_ms


@pytest.mark.parametrize(
    "sound", [silence(3_000), noise(3_000, 60), tone(3_000, peak=80), b"\x00\x20" * 72_000]
)
def test_quiet_and_constants_are_no_speech(sound: bytes) -> None:
    assert found(sound) == []


def test_a_click_is_no_speech() -> None:
    assert found(silence(500) + noise(20) + silence(500)) == []


def test_speech_above_a_noise_that_was_there_before() -> None:
    room = noise(8_000, 500, seed=1)
    spoken = found(room + noise(600, 9_000) + noise(1_000, 500, seed=2))
    assert [type(finding) for finding in spoken][-2:] == [SpeechStarted, SpeechStopped]
    assert isinstance(spoken[-2], SpeechStarted)
    assert spoken[-2].start_ms == 7_700


def test_a_steady_noise_does_not_stay_speech() -> None:
    hum = found(silence(500) + noise(10_000, 500))
    assert len(hum) in (0, 2)


def test_the_prefix_reaches_no_further_than_what_is_left() -> None:
    assert found(silence(100) + noise(500))[0] == SpeechStarted(0)
    two = found(noise(300) + silence(200) + noise(300) + silence(200))
    assert two == [
        SpeechStarted(0),
        SpeechStopped(0, 500),
        SpeechStarted(500),
        SpeechStopped(500, 1_000),
    ]


@pytest.mark.parametrize("padding_ms", [0, 120])
def test_prefix_padding(padding_ms: int) -> None:
    started = found(silence(500) + noise(300), prefix_padding_ms=padding_ms)
    assert started == [SpeechStarted(500 - padding_ms)]


def test_the_threshold_asks_for_louder_speech() -> None:
    soft = silence(500) + noise(500, 400)
    assert found(soft, threshold=0.0)
    assert found(soft, threshold=0.5)
    assert not found(soft, threshold=1.0)


def test_no_silence_at_all_still_leaves_speech_some_length() -> None:
    turn = found(silence(300) + noise(500) + silence(100), silence_duration_ms=0)
    assert turn == [SpeechStarted(0), SpeechStopped(0, 810)]


@pytest.mark.parametrize(
    ("eagerness", "wait_ms"), [("low", 2_000), ("medium", 1_000), ("auto", 1_000), ("high", 500)]
)
def test_semantic_detection_waits_by_eagerness(eagerness: str, wait_ms: int) -> None:
    _, stopped = semantic(eagerness, silence(300) + noise(1_000) + silence(3_000))
    assert stopped == SpeechStopped(0, 1_300 + wait_ms)


def test_semantic_detection_waits_longer_after_a_hesitation() -> None:
    _, stopped = semantic("high", silence(300) + noise(200) + silence(3_000))
    assert stopped == SpeechStopped(0, 500 + 2_000)


def test_idle_timeout_counts_from_the_end_of_the_answer() -> None:
    detector = TurnDetector({**SERVER, "idle_timeout_ms": 5_000}, 0.0)
    detector.await_speech(1_000)
    quiet = [SILENCE_DB] * 2_000
    assert list(detector.listen(quiet)) == [IdleTimeout(1_000, 6_000)]


def test_speech_ends_the_wait_for_speech() -> None:
    detector = TurnDetector({**SERVER, "idle_timeout_ms": 5_000}, 0.0)
    detector.await_speech(0)
    levels = [-20.0] * 50 + [SILENCE_DB] * 2_000
    kinds = [type(finding) for finding in detector.listen(levels)]
    assert kinds == [SpeechStarted, SpeechStopped]


@given(st.lists(st.integers(1, 20_000)))
def test_it_does_not_matter_how_the_audio_is_cut(samples: list[int]) -> None:
    pcm = silence(200) + noise(300) + silence(250) + tone(200) + silence(300)
    whole = found(pcm)
    loudness, detector = Loudness(PCM16_24K), TurnDetector(SERVER, 0.0)
    pieces: list[Finding] = []
    for count in [*samples, len(pcm)]:
        piece, pcm = pcm[: count * 2], pcm[count * 2 :]
        pieces += detector.listen(loudness.levels(piece))
    assert pieces == whole


@given(st.lists(st.floats(SILENCE_DB, 0.0), max_size=400))
def test_findings_alternate_and_never_overlap(levels: list[float]) -> None:
    end_ms = 0.0
    speaking = False
    for finding in TurnDetector(SERVER, 0.0).listen(levels):
        assert isinstance(finding, SpeechStopped if speaking else SpeechStarted)
        assert finding.start_ms >= end_ms
        if isinstance(finding, SpeechStopped):
            assert finding.end_ms > finding.start_ms
            end_ms = finding.end_ms
        speaking = not speaking
