"""A session's configuration by every name, what refuses it, and what the upstream would say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtproxy.model.field_rules import FieldError
from rtproxy.model.session_config import (
    FLAT_NAMES,
    SessionConfig,
    merge_session,
    read_session_config,
)
from rtproxy.model.voices import GONE_VOICES, VOICES, known_voice
from rtproxy.simulator import session_schema


def read(**fields: Any) -> dict[str, Any]:
    return read_session_config(fields).session


def refusal(**fields: Any) -> tuple[str, str]:
    with pytest.raises(FieldError) as caught:
        read_session_config(fields)
    return caught.value.param, caught.value.message


BETA = {
    "modalities": ["text", "audio"],
    "instructions": "You are Dr. Sarah, an AI research expert...",
    "voice": "alloy",
    "input_audio_format": "pcm16",
    "output_audio_format": "g711_ulaw",
    "input_audio_transcription": {"model": "whisper-1"},
    "turn_detection": {"type": "server_vad", "threshold": 0.5, "silence_duration_ms": 500},
    "max_response_output_tokens": 300,
    "temperature": 0.8,
}


def test_a_session_of_the_beta_is_asked_for_in_ga_and_what_it_lost_is_told():
    config = read_session_config(BETA)
    assert config.session == {
        "output_modalities": ["audio"],
        "instructions": "You are Dr. Sarah, an AI research expert...",
        "audio": {
            "input": {
                "format": {"type": "audio/pcm", "rate": 24_000},
                "transcription": {"model": "whisper-1"},
                "turn_detection": {
                    "type": "server_vad",
                    "threshold": 0.5,
                    "silence_duration_ms": 500,
                },
            },
            "output": {"format": {"type": "audio/pcmu"}, "voice": "alloy"},
        },
        "max_output_tokens": 300,
    }
    both, temperature = config.dropped
    assert both.startswith("session.modalities asks for audio and text")
    assert temperature.startswith("session.temperature is left out")


def test_flat_names_and_those_of_ga_say_the_same():
    flat = {"voice": "sage", "speed": 1.2, "turn_detection": None, "transcription": "whisper-1"}
    deep = {
        "type": "realtime",
        "audio": {
            "input": {"turn_detection": None, "transcription": {"model": "whisper-1"}},
            "output": {"voice": "sage", "speed": 1.2},
        },
    }
    assert read(**flat) == read(**deep)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ({"turn_detection": "none"}, {"turn_detection": None}),
        ({"turn_detection": "semantic_vad"}, {"turn_detection": {"type": "semantic_vad"}}),
        ({"noise_reduction": "far_field"}, {"noise_reduction": {"type": "far_field"}}),
        ({"noise_reduction": "none"}, {"noise_reduction": None}),
        ({"transcription": "none"}, {"transcription": None}),
    ],
)
def test_a_file_can_say_in_a_word_what_json_says_at_length(written: Any, meant: Any):
    assert read(**written) == {"audio": {"input": meant}}


def test_a_function_may_be_chosen_as_in_beta():
    chosen = {"type": "function", "function": {"name": "look"}}
    assert read(tool_choice=chosen) == {"tool_choice": {"type": "function", "name": "look"}}


def test_what_only_the_upstream_sets_is_left_out():
    config = read_session_config({"id": "sess_1", "object": "realtime.session", "voice": "ash"})
    assert config.session == {"audio": {"output": {"voice": "ash"}}}
    assert [sentence.partition(" ")[0] for sentence in config.dropped] == [
        "session.id",
        "session.object",
    ]


@pytest.mark.parametrize(
    ("fields", "param", "may_be"),
    [
        ({"speed": 3}, "session.speed", "a number from 0.25 to 1.5"),
        ({"speed": True}, "session.speed", "a number from 0.25 to 1.5"),
        ({"speed": float("nan")}, "session.speed", "a number from 0.25 to 1.5"),
        ({"voice": "tenor"}, "session.voice", '"alloy"'),
        ({"voice": 7}, "session.voice", '"alloy"'),
        ({"audio": {"output": {"voice": ""}}}, "session.audio.output.voice", '"alloy"'),
        ({"audio": {"outputs": {}}}, "session.audio.outputs", "did you mean output?"),
        ({"audio": []}, "session.audio", "an object (input, output)"),
        ({"sped": 1}, "session.sped", "did you mean speed?"),
        ({"qqqqqq": 1}, "session.qqqqqq", "instructions"),
        ({"a\r\nb": 1}, r"session.'a\r\nb'", "instructions"),
        ({"type": "transcription"}, "session.type", '"realtime"'),
        ({"modalities": []}, "session.modalities", '["audio"] or ["text"]'),
        ({"modalities": "text"}, "session.modalities", '["audio"] or ["text"]'),
        ({"turn_detection": "vad"}, "session.turn_detection", '"semantic_vad"'),
        ({"turn_detection": "vad"}, "session.turn_detection", 'null or "none"'),
        ({"turn_detection": {}}, "session.turn_detection.type", '"server_vad"'),
        (
            {"turn_detection": {"type": "server_vad", "threshold": 1.5}},
            "session.turn_detection.threshold",
            "a number from 0 to 1",
        ),
        (
            {"turn_detection": {"type": "server_vad", "eagerness": "low"}},
            "session.turn_detection.eagerness",
            "silence_duration_ms",
        ),
        (
            {"turn_detection": {"type": "semantic_vad", "eagerness": 1}},
            "session.turn_detection.eagerness",
            '"low", "medium", "high", "auto"',
        ),
        ({"max_output_tokens": 0}, "session.max_output_tokens", "from 1 to 4096"),
        ({"max_output_tokens": "many"}, "session.max_output_tokens", '"inf"'),
        ({"tools": [{"type": "function"}]}, "session.tools[0].name", "text, not empty"),
        ({"tools": [{"type": "mcp", "server_label": "x"}]}, "session.tools[0]", "server_url"),
        ({"tool_choice": "perhaps"}, "session.tool_choice", '"auto", "none", "required"'),
        ({"reasoning": {"effort": "some"}}, "session.reasoning.effort", '"minimal"'),
        (
            {"truncation": {"type": "retention_ratio"}},
            "session.truncation.retention_ratio",
            "0 to 1",
        ),
        ({"include": ["all"]}, "session.include[0]", "logprobs"),
        ({"input_audio_format": "opus"}, "session.input_audio_format", '"pcm16"'),
        ({"instructions": None}, "session.instructions", "text"),
    ],
)
def test_a_refusal_names_the_path_and_what_it_may_be(fields: Any, param: str, may_be: str):
    named, message = refusal(**fields)
    assert named == param
    assert message.startswith(param)
    assert may_be in message


def test_the_same_field_under_two_names_is_refused():
    param, message = refusal(voice="ash", audio={"output": {"voice": "sage"}})
    assert param == "session.audio.output.voice"
    assert "session.voice" in message


def test_refusals_stand_where_the_caller_says():
    with pytest.raises(FieldError) as caught:
        read_session_config({"speed": 9}, where="")
    assert caught.value.param == "speed"


def test_voices_that_are_gone_are_spoken_by_another_and_told():
    for gone, instead in GONE_VOICES.items():
        config = read_session_config({"voice": gone})
        assert config.session["audio"]["output"]["voice"] == instead
        assert gone in config.dropped[0]
        assert instead in config.dropped[0]


def test_known_voices():
    assert [known_voice(name) for name in VOICES] == list(VOICES)
    assert known_voice(" Marin ") == "marin"
    assert known_voice("voice_68f2") == "voice_68f2"
    assert known_voice("voice_") is None
    assert known_voice("tenor") is None


def test_a_voice_of_ones_own_is_asked_for_by_its_id():
    assert read(voice="voice_68f2") == read(voice={"id": "voice_68f2"})


# Whatever fits, the upstream takes; whatever does not, is refused here

WORDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
FREE = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | WORDS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=2),
    max_leaves=4,
)
FLAGS = {"create_response": st.booleans(), "interrupt_response": st.booleans()}
TURNS = st.sampled_from([None, "none", "server_vad", "semantic_vad"]) | st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("server_vad")},
        optional={
            "threshold": st.floats(0, 1),
            "prefix_padding_ms": st.integers(0, 5_000),
            "silence_duration_ms": st.integers(0, 10_000),
            "idle_timeout_ms": st.none() | st.integers(5_000, 30_000),
            **FLAGS,
        },
    ),
    st.fixed_dictionaries(
        {"type": st.just("semantic_vad")},
        optional={"eagerness": st.sampled_from(["low", "medium", "high", "auto"]), **FLAGS},
    ),
)
EFFORT = st.sampled_from(["minimal", "low", "medium", "high", "xhigh"])
TRANSCRIPTION = st.sampled_from([None, "none", "whisper-1"]) | st.fixed_dictionaries(
    {"model": WORDS},
    optional={
        "language": st.none() | WORDS,
        "prompt": st.none() | WORDS,
        "delay": EFFORT,
        "keywords": st.lists(WORDS, max_size=2),
        "languages": st.lists(WORDS, max_size=2),
    },
)
FORMAT = st.sampled_from(
    ["pcm16", "g711_ulaw", "g711_alaw", {"type": "audio/pcm"}, {"type": "audio/pcmu"}]
)
NOISE = st.sampled_from([None, "none", "near_field", {"type": "far_field", "strength": 1}])
VOICE = st.sampled_from([*VOICES, *GONE_VOICES, "voice_1", {"id": "voice_2"}])
TOOL = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("function"), "name": WORDS},
        optional={
            "description": st.none() | WORDS,
            "parameters": st.dictionaries(WORDS, FREE, max_size=2),
        },
    ),
    st.fixed_dictionaries(
        {"type": st.just("mcp"), "server_label": WORDS, "server_url": WORDS},
        optional={"allowed_tools": FREE, "require_approval": FREE, "defer_loading": st.booleans()},
    ),
)
MODALITIES = st.sampled_from([["text"], ["audio"], ["text", "audio"], ["audio", "text"]])
TOKENS = st.integers(1, 4_096) | st.just("inf")
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "type": st.just("realtime"),
    "model": WORDS,
    "output_modalities": MODALITIES,
    "modalities": MODALITIES,
    "instructions": st.just("") | WORDS,
    "voice": VOICE,
    "speed": st.floats(0.25, 1.5),
    "turn_detection": TURNS,
    "transcription": TRANSCRIPTION,
    "input_audio_transcription": TRANSCRIPTION,
    "noise_reduction": NOISE,
    "input_audio_noise_reduction": NOISE,
    "input_audio_format": FORMAT,
    "output_audio_format": FORMAT,
    "tools": st.lists(TOOL, max_size=2),
    "tool_choice": st.sampled_from(
        [
            "auto",
            "none",
            "required",
            {"type": "function", "name": "a"},
            {"type": "function", "function": {"name": "a"}},
            {"type": "mcp", "server_label": "b", "name": None},
        ]
    ),
    "max_output_tokens": TOKENS,
    "max_response_output_tokens": TOKENS,
    "tracing": st.sampled_from(
        [None, "none", "auto", {"workflow_name": "a", "metadata": {"b": 1}}]
    ),
    "truncation": st.sampled_from(
        [
            "auto",
            "disabled",
            {
                "type": "retention_ratio",
                "retention_ratio": 0.5,
                "token_limits": {"post_instructions": 9},
            },
        ]
    ),
    "prompt": st.sampled_from(
        [None, "none", "pmpt_1", {"id": "pmpt_1", "version": "2", "variables": {"a": "b"}}]
    ),
    "reasoning": EFFORT | st.fixed_dictionaries({"effort": EFFORT}),
    "parallel_tool_calls": st.booleans(),
    "include": st.sampled_from([None, [], ["item.input_audio_transcription.logprobs"]]),
    "temperature": st.floats(0, 2),
    "id": WORDS,
    "audio": st.fixed_dictionaries(
        {},
        optional={
            "input": st.fixed_dictionaries(
                {},
                optional={
                    "format": FORMAT,
                    "transcription": TRANSCRIPTION,
                    "noise_reduction": NOISE,
                    "turn_detection": TURNS,
                },
            ),
            "output": st.fixed_dictionaries(
                {}, optional={"format": FORMAT, "voice": VOICE, "speed": st.floats(0.25, 1.5)}
            ),
        },
    ),
}


def places(name: str, value: Any) -> set[tuple[str, ...]]:
    """Where in GA's object a field of the top says something."""
    if name != "audio":
        return {FLAT_NAMES.get(name, (name,))}
    return {("audio", side, inner) for side, inside in value.items() for inner in inside}


@st.composite
def written(draw: st.DrawFn) -> dict[str, Any]:
    """A session by any names, each place said once."""
    fields, taken = {}, set()
    for name in draw(st.lists(st.sampled_from(sorted(FIELDS)), unique=True)):
        value = draw(FIELDS[name])
        if not taken & places(name, value):
            taken |= places(name, value)
            fields[name] = value
    return fields


def test_every_name_is_generated():
    assert set(FLAT_NAMES) <= set(FIELDS)


@given(fields=written())
def test_what_is_read_the_upstream_takes_and_reads_alike_again(fields: dict[str, Any]):
    config = read_session_config(fields)
    session_schema.SESSION({"type": "realtime", **config.session}, "session")
    assert read_session_config(config.session) == SessionConfig(config.session)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from([*FIELDS, "input", "output", "name"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(fields=st.dictionaries(st.sampled_from(sorted(FIELDS)), JUNK, max_size=3))
def test_anything_else_is_refused_by_name_or_taken_upstream(fields: dict[str, Any]):
    try:
        session = read_session_config(fields).session
    except FieldError as error:
        session = {}
        told = error.message
    else:
        told = "session."
    assert told.startswith("session.")
    assert len(told) < 2_000
    session_schema.SESSION({"type": "realtime", **session}, "session")


@given(base=written(), change=written())
def test_a_change_says_what_it_says_and_leaves_the_rest(base: Any, change: Any):
    before, after = read_session_config(base).session, read_session_config(change).session
    merged = merge_session(before, after)
    session_schema.SESSION({"type": "realtime", **merged}, "session")
    assert merge_session(merged, after) == merged
    for key, value in after.items():
        if key != "audio":
            assert merged[key] == value
    for key in before.keys() - after.keys():
        assert merged[key] == before[key]


def test_a_turn_detection_of_the_same_type_keeps_what_is_not_named():
    base = read(turn_detection={"type": "server_vad", "threshold": 0.3}, voice="ash")
    merged = merge_session(
        base, read(turn_detection={"type": "server_vad", "prefix_padding_ms": 9})
    )
    expected = {"type": "server_vad", "threshold": 0.3, "prefix_padding_ms": 9}
    assert merged["audio"]["input"]["turn_detection"] == expected
    assert merged["audio"]["output"] == {"voice": "ash"}
    other = merge_session(merged, read(turn_detection="semantic_vad"))
    assert other["audio"]["input"]["turn_detection"] == {"type": "semantic_vad"}
    assert merge_session(other, read(turn_detection="none"))["audio"]["input"] == {
        "turn_detection": None
    }
