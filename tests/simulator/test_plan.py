"""Pace: what is due when."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtproxy.model.audio_format import PCM16_24K
from rtproxy.simulator.plan import (
    Act,
    AudioDelta,
    CloseItem,
    Delta,
    Finish,
    OpenItem,
    PartKind,
    RunTool,
    plan,
    words,
)
from rtproxy.simulator.settings import Settings
from rtproxy.simulator.voices.voice import (
    AnswerPart,
    Called,
    CalledMcp,
    Cut,
    Spoken,
    Waited,
    Written,
)

SETTINGS = Settings(chunk_ms=100, speed=2.0, first_audio_delay_ms=500)


def planned(*answer: AnswerPart, max_tokens: int | None = None) -> list[tuple[float, Act]]:
    steps = plan(answer, SETTINGS, PCM16_24K, max_tokens)
    return [(round(step.at_s, 6), step.act) for step in steps]


def test_speech_in_chunks_with_the_transcript_ahead() -> None:
    audio = bytes(250 * 48)
    assert planned(Spoken("a b", audio)) == [
        (0.5, OpenItem(PartKind.AUDIO)),
        (0.5, Delta("a")),
        (0.5, AudioDelta(audio[:4_800])),
        (0.5375, Delta(" b")),
        (0.55, AudioDelta(audio[:4_800])),
        (0.6, AudioDelta(audio[:2_400])),
        (0.65, CloseItem()),
        (0.65, Finish()),
    ]


def test_parts_follow_one_another() -> None:
    call = Called("f", '{"a":1234}')
    assert planned(Written("hi"), Waited(1_000), call) == [
        (0.5, OpenItem(PartKind.TEXT)),
        (0.5, Delta("hi")),
        (0.51, CloseItem()),
        (1.51, OpenItem(PartKind.ARGUMENTS, call)),
        (1.51, Delta('{"a":123')),
        (1.52, Delta("4}")),
        (1.53, CloseItem()),
        (1.53, Finish()),
    ]


def test_a_tool_of_an_mcp_server_takes_its_time() -> None:
    call = CalledMcp("docs", "search", "{}")
    assert planned(call) == [
        (0.5, OpenItem(PartKind.MCP_CALL, call)),
        (0.5, Delta("{}")),
        (0.51, RunTool()),
        (0.61, CloseItem()),
        (0.61, Finish()),
    ]


def test_written_words_have_a_pace_of_their_own() -> None:
    settings = replace(SETTINGS, words_per_s=2, first_audio_delay_ms=0)
    steps = plan([Written("one two")], settings, PCM16_24K, None)
    assert [step.at_s for step in steps] == [0.0, 0.0, 0.5, 1.0, 1.0]


def test_nothing_to_say_is_a_response_all_the_same() -> None:
    assert planned() == [(0.5, Finish())]


def test_all_at_once() -> None:
    settings = replace(SETTINGS, speed=math.inf, first_audio_delay_ms=0)
    steps = plan([Spoken("a b c", bytes(48_000))], settings, PCM16_24K, None)
    assert {step.at_s for step in steps} == {0.0}


@pytest.mark.parametrize(("limit", "kept"), [(2, 0), (3, 1), (7, 3), (100, 10)])
def test_a_limit_cuts_where_it_is_reached(limit: int, kept: int) -> None:
    acts = [act for _, act in planned(Spoken("a", bytes(48_000)), max_tokens=limit)]
    assert sum(isinstance(act, AudioDelta) for act in acts) == kept
    assert acts[-1] == Finish(Cut("max_output_tokens") if kept < 10 else None)


@given(st.text())
def test_words_join_to_the_text(text: str) -> None:
    assert "".join(words(text)) == text


@given(
    st.lists(
        st.builds(Spoken, st.text(max_size=20), st.binary(max_size=20_000))
        | st.builds(Written, st.text(max_size=20))
        | st.builds(Waited, st.integers(0, 100))
    )
)
def test_time_never_goes_back(answer: list[AnswerPart]) -> None:
    times = [at_s for at_s, _ in planned(*answer)]
    assert times == sorted(times)
