"""Persona files: what they may say, and the line that refuses them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtproxy.personas.persona_file import MAX_FILE_BYTES, PersonaError, faults_of, read_persona


@pytest.fixture
def write(tmp_path: Path):
    """Puts a persona file into a folder and gives its path."""

    def put(text: str, name: str = "guide.toml") -> Path:
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        return file

    return put


def test_everything_that_a_file_may_say(write, tmp_path: Path):
    (tmp_path / "guide.md").write_text("  You are a guide.\n\n")
    file = write(
        """
        name = "mountain-guide"
        description = "Knows the mountains"
        instructions_file = "guide.md"
        voice = "cedar"
        greeting = "Good morning, where to?"

        [session]
        model = "gpt-realtime-2"
        speed = 1.1
        turn_detection = "none"
        temperature = 0.8

        [[session.tools]]
        type = "function"
        name = "weather"

        [traits]
        humor = 80
        """
    )
    persona = read_persona(file)
    assert persona.name == "mountain-guide"
    assert persona.description == "Knows the mountains"
    assert persona.instructions == "You are a guide."
    assert persona.greeting == "Good morning, where to?"
    assert persona.model == "gpt-realtime-2"
    assert persona.traits == {"humor": 80}
    assert persona.notes == (
        "session.temperature is left out: the upstream takes no temperature any more.",
    )
    session = persona.session_object()
    assert "model" not in session
    assert session["audio"]["output"]["voice"] == "cedar"
    assert session["audio"]["output"]["speed"] == 1.1
    assert session["audio"]["input"]["turn_detection"] is None
    assert session["tools"] == [{"type": "function", "name": "weather"}]
    assert session["instructions"].startswith("You are a guide.\n\nHow you are")


def test_a_file_of_one_line_is_enough(write):
    persona = read_persona(write('instructions = "Be brief."'))
    assert persona.name == "guide"
    session = persona.session_object()
    assert session["instructions"] == "Be brief."
    assert session["audio"]["output"]["voice"] == "alloy"


def test_a_stored_prompt_may_stand_for_the_instructions(write):
    persona = read_persona(write('[session]\nprompt = "pmpt_1"'))
    session = persona.session_object()
    assert session["prompt"] == {"id": "pmpt_1"}
    assert "instructions" not in session


def test_traits_of_the_client_go_over_those_of_the_file(write):
    persona = read_persona(write('instructions = "Hi."\n[traits]\nhumor = 0\nempathy = 0'))
    told = persona.session_object({"humor": 100})["instructions"]
    assert "very funny" in told
    assert "leave feelings alone" in told


def test_a_session_object_is_a_copy(write):
    persona = read_persona(
        write('instructions = "Hi."\n[session.turn_detection]\ntype="semantic_vad"')
    )
    first = persona.session_object()
    first["audio"]["input"]["turn_detection"]["type"] = "changed"
    first["audio"]["output"]["voice"] = "changed"
    assert persona.session_object()["audio"]["input"]["turn_detection"] == {"type": "semantic_vad"}
    assert persona.session_object()["audio"]["output"]["voice"] == "alloy"


GOOD = 'instructions = "Hi."\n'


@pytest.mark.parametrize(
    ("text", "line", "key", "words"),
    [
        (GOOD + "[session]\nspeed = 3", 3, "session.speed", "is 3; it must be a number from 0.25"),
        (GOOD + "\n\nvioce = 'ash'", 4, "vioce", "did you mean voice?"),
        (GOOD + "voice = 'tenor'", 2, "voice", '"alloy"'),
        (GOOD + "greeting = 7", 2, "greeting", "is 7; it must be text, not empty"),
        (GOOD + "name = 'No Spaces'", 2, "name", "a–z, 0–9"),
        (GOOD + "name = '../../etc/passwd'", 2, "name", "a–z, 0–9"),
        (GOOD + "session = 1", 2, "session", "a table: [session]"),
        (GOOD + "traits = []", 2, "traits", "a table: [traits]"),
        (GOOD + "[traits]\nhumor = 200", 3, "traits.humor", "a whole number from 0 to 100"),
        (
            GOOD + "[session.turn_detection]\ntype = 'server_vad'\nthreshold = 2",
            4,
            "session.turn_detection.threshold",
            "a number from 0 to 1",
        ),
        (
            GOOD + "[session]\nturn_detection = { type = 'server_vad', threshold = 2 }",
            3,
            "session.turn_detection.threshold",
            "a number from 0 to 1",
        ),
        (
            GOOD + "[[session.tools]]\ntype = 'function'\nname = 'a'\n"
            "[[session.tools]]\ntype = 'function'\nname = ''",
            7,
            "session.tools[1].name",
            "text, not empty",
        ),
        ("greeting = '''\nspeed = 1\n'''\n" + GOOD + "speed = 1", 5, "speed", "no field"),
        (GOOD + "voice='ash'\n[session]\nvoice='sage'", 4, "session.voice", "written twice"),
        (GOOD + "[session]\ninstructions='x'", 3, "session.instructions", "written twice"),
        (GOOD + "instructions_file = 'a.md'", 2, "instructions_file", "both written"),
        ("greeting = 'Hi'", None, "instructions", "instructions are missing"),
        ("instructions_file = 'gone.md'", 1, "instructions_file", "gone.md is no file"),
        ("instructions_file = '../secret.md'", 1, "instructions_file", "same folder"),
        ("instructions_file = '/etc/passwd'", 1, "instructions_file", "same folder"),
        ("instructions_file = ''", 1, "instructions_file", "same folder"),
        ("instructions_file = '..'", 1, "instructions_file", "same folder"),
        ("instructions_file = 'empty.md'", 1, "instructions_file", "is empty"),
        ("instructions_file = 'latin.md'", 1, "instructions_file", "byte 1 is 0xe4"),
        ("instructions = 'a'\nnot toml", 2, None, "this is not TOML"),
        ("instructions = 'a", 1, None, "this is not TOML"),
    ],
)
def test_a_refusal_names_file_line_and_key(write, tmp_path, text: str, line, key, words: str):
    (tmp_path / "empty.md").write_text(" \n")
    (tmp_path / "latin.md").write_bytes("sähe".encode("latin-1"))
    file = write(text)
    with pytest.raises(PersonaError) as caught:
        read_persona(file)
    assert (caught.value.line, caught.value.key) == (line, key)
    where = f"{file}:{line}: " if line else f"{file}: "
    assert str(caught.value).startswith(where)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_giant_file_is_refused_unread(write):
    file = write("#" * (MAX_FILE_BYTES + 1))
    with pytest.raises(PersonaError, match="larger than 262144 bytes"):
        read_persona(file)


def test_what_is_no_plain_file_is_refused(tmp_path: Path):
    pipe = tmp_path / "pipe.toml"
    os.mkfifo(pipe)
    with pytest.raises(PersonaError, match="no file"):
        read_persona(pipe)


def test_all_faults_of_a_file_are_found_at_once(write):
    file = write(
        """
        vioce = "ash"
        instructions_file = "gone.md"
        [session]
        speed = 3
        turn_detection = { type = "server_vad", threshold = 2 }
        [traits]
        humor = 101
        """
    )
    assert {fault.key for fault in faults_of(file)} == {
        "vioce",
        "instructions_file",
        "session.speed",
        "session.turn_detection.threshold",
        "traits.humor",
    }
    assert not list(faults_of(write(GOOD, "good.toml")))
    assert [fault.line for fault in faults_of(write("nonsense", "bad.toml"))] == [1]
    assert len(list(faults_of(write('"a\\nb" = 1', "odd.toml")))) == 1


@settings(max_examples=50)
@given(keys=st.lists(st.sampled_from(["a", "b.c", "session.x", "session.audio", "traits.y"])))
def test_looking_for_faults_comes_to_an_end(tmp_path_factory, keys: list[str]):
    file = tmp_path_factory.mktemp("any") / "any.toml"
    file.write_text("\n".join(f"{key} = 1" for key in dict.fromkeys(keys)))
    assert len(list(faults_of(file))) <= len(set(keys)) + 1
