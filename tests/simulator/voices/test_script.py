"""The script: its file, and the voice that follows it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from rtproxy.model.audio_format import PCM16_24K
from rtproxy.model.errors import ConfigError
from rtproxy.simulator.faults import Fault, FaultKind
from rtproxy.simulator.voices.script import Follower, Line, Script, Turn, read_script
from rtproxy.simulator.voices.voice import (
    Called,
    Cut,
    Failed,
    Heard,
    Prompt,
    Spoken,
    Struck,
    Told,
    Waited,
    Written,
)

PAGE = Path(__file__).parents[3] / "docs/simulator.md"
SPOKEN = Prompt((), spoken=True, audio_format=PCM16_24K, tools=(), tool_choice="auto")
WRITTEN = Prompt((), spoken=False, audio_format=PCM16_24K, tools=(), tool_choice="auto")

TOML = """
at_end = "silence"

[[turn]]
heard = "What is the weather?"
answer = [
    { wait_ms = 500 },
    { say = "Let me see.", audio_ms = 1205 },
    { call = "weather", arguments = { city = "Rome" } },
]

[[turn]]
hearing_fails = "audio_unintelligible"
answer = [
    { error = "odd", message = "Odd.", kind = "server_error" },
    { say = "It is" },
    { cut = "content_filter" },
    { fail = "server_error", message = "No." },
    { fault = "drop" },
]
"""


def script(tmp_path: Path, text: str) -> Script:
    path = tmp_path / "script.toml"
    path.write_text(text)
    return read_script(path)


def test_a_script_is_followed(tmp_path: Path) -> None:
    voice = Follower(script(tmp_path, TOML))
    assert voice.hear(1_000) == Heard("What is the weather?")
    waited, said, called = voice.answer(SPOKEN)
    assert waited == Waited(500)
    assert isinstance(said, Spoken)
    assert (said.transcript, len(said.audio)) == ("Let me see.", 1_205 * 48)
    assert called == Called("weather", '{"city":"Rome"}')
    assert voice.hear(1_000) == Heard("", "audio_unintelligible")
    told, *rest = voice.answer(WRITTEN)
    assert isinstance(told, Told)
    assert told.refusal.wire()["message"] == "Odd."
    assert rest == [
        Written("It is"),
        Cut("content_filter"),
        Failed("server_error", "No."),
        Struck(Fault(FaultKind.DROP)),
    ]


def test_after_the_end_silence(tmp_path: Path) -> None:
    voice = Follower(script(tmp_path, 'at_end = "silence"'))
    assert voice.answer(SPOKEN) == []
    assert voice.hear(1_000) == Heard("1.0 s of speech")


def test_after_the_end_the_beginning(tmp_path: Path) -> None:
    text = 'at_end = "repeat"\n[[turn]]\nanswer = [{ say = "1" }]\n[[turn]]\nanswer = []'
    voice = Follower(script(tmp_path, text))
    assert [voice.answer(WRITTEN) for _ in range(3)] == [[Written("1")], [], [Written("1")]]


def test_after_the_end_the_parrot(tmp_path: Path) -> None:
    voice = Follower(script(tmp_path, ""))
    assert voice.answer(WRITTEN) == [Written("I have heard nothing yet.")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[turn]]\nsay = 1", "say"),
        ("[[turn]]\nanswer = [{}]", "exactly one of say, call"),
        ('[[turn]]\nanswer = [{ say = "a", call = "b" }]', "exactly one of say, call"),
        ('[[turn]]\nanswer = [{ cut = "x" }]', "cut"),
        ('[[turn]]\nanswer = [{ fault = "fire" }]', "is no fault"),
        ('[[turn]]\nanswer = [{ fault = "refuse" }]', "after the handshake"),
        ("at_end = 3", "at_end"),
        ("turn = ", "script.toml"),
    ],
)
def test_what_cannot_be_a_script_is_one_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        script(tmp_path, text)
    assert words in str(caught.value)
    assert "script.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_script_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_script(tmp_path / "none.toml")


def test_interpreters_have_texts_of_their_own() -> None:
    script = Script(turns=[Turn(heard="Hi.", texts={"de": "Hallo."}, answer=[Line(say="Well?")])])
    into = {language: replace(WRITTEN, language=language) for language in ("de", "fr")}
    assert Follower(script).answer(into["de"]) == [Written("Hallo.")]
    assert Follower(script).answer(replace(SPOKEN, language="de")) != [Written("Hallo.")]
    assert Follower(script).answer(into["fr"]) == [Written("Well?")]
    assert Follower(script).translate(500, "de") == "Hallo."
    assert Follower(script).translate(500, "fr") == "[fr] Hi."
    assert Follower(Script()).translate(500, "fr") == "[fr] 0.5 s of speech"


def test_the_scripts_of_the_page_can_be_read(tmp_path: Path) -> None:
    written = re.findall(r"```toml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(written) == 2
    for number, text in enumerate(written):
        path = tmp_path / f"{number}.toml"
        path.write_text(text)
        assert read_script(path).turns
