"""What a configuration says of personas: the folder, and what a dialect changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtproxy.config import Config, load_config
from rtproxy.model.errors import ConfigError


@pytest.fixture
def load(tmp_path: Path, monkeypatch):
    """Reads a file of this text, in a folder of its own beside the one it runs in."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)

    def load(text: str = "", **environ: str) -> Config:
        file = tmp_path / "rtproxy.toml"
        file.write_text(text)
        return load_config(file, environ=environ)

    return load


def test_any_field_of_a_session_may_be_set_for_a_dialect(load):
    config = load(
        """
        [dialect.voice.session]
        speed = 1.2
        turn_detection = { type = "semantic_vad", eagerness = "low" }
        [[dialect.voice.session.tools]]
        type = "function"
        name = "look"
        parameters = { type = "object", properties = {} }
        """
    )
    assert config.dialect_sessions["voice"] == {
        "audio": {
            "input": {"turn_detection": {"type": "semantic_vad", "eagerness": "low"}},
            "output": {"speed": 1.2},
        },
        "tools": [
            {
                "type": "function",
                "name": "look",
                "parameters": {"type": "object", "properties": {}},
            }
        ],
    }
    assert config.dialect_sessions["conversation"] == {}


def test_the_short_keys_go_over_the_table(load):
    config = load(
        """
        [dialect.voice]
        voice = "ash"
        silence_ms = 900
        [dialect.voice.session]
        voice = "sage"
        turn_detection = { type = "server_vad", silence_duration_ms = 100, threshold = 0.9 }
        """
    )
    audio = config.dialect_sessions["voice"]["audio"]
    assert audio["output"]["voice"] == "ash"
    detection = {"type": "server_vad", "silence_duration_ms": 900, "threshold": 0.9}
    assert audio["input"]["turn_detection"] == detection


def test_the_environment_can_say_it_too(load):
    config = load(
        RTPROXY_DIALECT__VOICE__SESSION__SPEED="1.1",
        RTPROXY_DIALECT__VOICE__SESSION__VOICE="ash",
        RTPROXY_DIALECT__VOICE__SESSION__TURN_DETECTION__TYPE="semantic_vad",
        RTPROXY_DIALECT__VOICE__SESSION__MODALITIES='["text"]',
    )
    assert config.dialect_sessions["voice"] == {
        "audio": {
            "input": {"turn_detection": {"type": "semantic_vad"}},
            "output": {"speed": 1.1, "voice": "ash"},
        },
        "output_modalities": ["text"],
    }


def test_what_the_upstream_no_longer_takes_is_noted(load):
    (note,) = load("[dialect.voice.session]\ntemperature = 0.8").notes
    assert note.startswith("dialect.voice.session.temperature is left out")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[dialect.voice.session]\nspeed = 3", "dialect.voice.session.speed is 3; it must be"),
        ("[dialect.voice]\nsession = 3", "dialect.voice.session is 3"),
        ("[dialect.voice]\nvoice = 'tenor'", "dialect.voice.voice is 'tenor'; it must be one of"),
        ("[dialect.voice.session]\nsped = 1", "did you mean speed?"),
        ("[dialect.voice]\npersona = ''", "dialect.voice.persona is ''"),
        ("[personas]\nfolder = 'gone'", "personas.folder is 'gone'; it must be a folder"),
    ],
)
def test_what_cannot_be_is_one_line(load, text: str, words: str):
    with pytest.raises(ConfigError) as caught:
        load(text)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_personas_are_beside_the_file_or_else_where_it_runs(load, tmp_path: Path):
    assert load().personas_folder == tmp_path / "personas"  # and there may be one later
    Path("personas").mkdir()
    assert load().personas_folder == Path("personas")
    (tmp_path / "personas").mkdir()
    assert load().personas_folder == tmp_path / "personas"
    assert load_config(environ={}).personas_folder == Path("personas")


def test_a_folder_that_is_named_counts(load, tmp_path: Path):
    (tmp_path / "mine").mkdir()
    assert load(f"[personas]\nfolder = '{tmp_path}/mine'").personas_folder == tmp_path / "mine"
