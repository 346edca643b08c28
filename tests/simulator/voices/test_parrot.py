"""The parrot: audio as it came, text as text, forced tools."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rtproxy.model.audio_format import PCM16_24K
from rtproxy.simulator.formats import FORMATS
from rtproxy.simulator.items import Item, Part
from rtproxy.simulator.voices.parrot import Parrot, forced_tool
from rtproxy.simulator.voices.stand_in import speak
from rtproxy.simulator.voices.voice import Called, Heard, Prompt, Spoken, Written

TOOLS: list[dict[str, Any]] = [
    {"type": "mcp", "server_label": "x"},
    {"type": "function", "name": "first"},
    {
        "type": "function",
        "name": "second",
        "parameters": {
            "type": "object",
            "properties": {"n": {"type": "integer", "minimum": 3}},
            "required": ["n"],
        },
    },
]


def said(*parts: Part, role: str = "user") -> Item:
    return Item("item_1", "message", role=role, status="completed", parts=list(parts))


def text(words: str) -> Part:
    return Part("input_text", text=words)


def audio(pcm: bytes) -> Part:
    return Part("input_audio", audio=bytearray(pcm), audio_format=PCM16_24K)


def prompt(*items: Item, spoken: bool = True, **fields: Any) -> Prompt:
    defaults = {"audio_format": PCM16_24K, "tools": [], "tool_choice": "auto"}
    return Prompt(items, spoken, **{**defaults, **fields})


def test_it_hears_how_long_it_was() -> None:
    assert Parrot().hear(2_600) == Heard("2.6 s of speech")


def test_it_says_audio_back() -> None:
    pcm = bytes(range(200)) * 240
    (answer,) = Parrot().answer(prompt(said(text("before")), said(audio(pcm))))
    assert answer == Spoken("1.0 s of speech", pcm)


def test_it_writes_where_text_is_wanted() -> None:
    (answer,) = Parrot().answer(prompt(said(audio(bytes(48_000))), spoken=False))
    assert answer == Written("1.0 s of speech")


def test_it_joins_the_parts_of_a_message() -> None:
    (answer,) = Parrot().answer(
        prompt(said(text("a"), audio(b"\1\0" * 240), text("b"), audio(b"\2\0" * 240)))
    )
    expected = "a 0.0 s of speech b 0.0 s of speech"
    assert answer == Spoken(expected, b"\1\0" * 240 + b"\2\0" * 240)


def test_it_answers_what_was_said_to_it_and_not_what_it_said() -> None:
    items = (said(text("hello")), said(text("old answer"), role="assistant"))
    (answer,) = Parrot().answer(prompt(*items, spoken=False))
    assert answer == Written("hello")


def test_it_says_a_tool_output_back() -> None:
    output = Item("item_2", "function_call_output", {"call_id": "c", "output": "42"})
    (answer,) = Parrot().answer(prompt(said(text("hello")), output, spoken=False))
    assert answer == Written("42")


def test_it_says_so_where_nothing_was_said() -> None:
    (answer,) = Parrot().answer(prompt())
    assert isinstance(answer, Spoken)
    assert answer.transcript == "I have heard nothing yet."


@pytest.mark.parametrize(
    ("choice", "name", "arguments"),
    [
        ("required", "first", {}),
        ({"type": "function", "name": "second"}, "second", {"n": 3}),
        ({"type": "function", "name": "undeclared"}, "undeclared", {}),
    ],
)
def test_it_calls_a_forced_tool(choice: Any, name: str, arguments: dict[str, Any]) -> None:
    (answer,) = Parrot().answer(prompt(tools=TOOLS, tool_choice=choice))
    assert isinstance(answer, Called)
    assert (answer.name, json.loads(answer.arguments)) == (name, arguments)


@pytest.mark.parametrize("choice", ["auto", "none", {"type": "mcp", "server_label": "x"}])
def test_it_calls_nothing_unforced(choice: Any) -> None:
    assert forced_tool(TOOLS, choice) is None


def test_required_without_functions_forces_nothing() -> None:
    assert forced_tool(TOOLS[:1], "required") is None


@pytest.mark.parametrize(
    ("name", "rate_hz", "sample_bytes"), [("audio/pcm", 24_000, 2), ("audio/pcma", 8_000, 1)]
)
def test_the_stand_in_is_long_as_the_text_and_never_silent(
    name: str, rate_hz: int, sample_bytes: int
) -> None:
    sound = speak("Hello", FORMATS[name])
    assert len(sound) == 5 * 60 * rate_hz // 1000 * sample_bytes
    assert speak("Hello", FORMATS[name]) == sound
    assert speak("World", FORMATS[name]) != sound
    chunk = rate_hz * sample_bytes // 50
    assert all(len(set(sound[at : at + chunk])) > 8 for at in range(0, len(sound), chunk))


@pytest.mark.parametrize(("speed", "ms"), [(0.25, 1_200), (1.0, 300), (1.5, 200)])
def test_the_stand_in_is_spoken_at_the_sessions_speed(speed: float, ms: int) -> None:
    (answer,) = Parrot().answer(prompt(said(text("Hello")), speed=speed))
    assert isinstance(answer, Spoken)
    assert len(answer.audio) == ms * 48


def test_a_book_is_not_read_aloud_to_its_end() -> None:
    assert len(speak("x" * 1_000_000, FORMATS["audio/pcmu"])) == 300 * 8_000
