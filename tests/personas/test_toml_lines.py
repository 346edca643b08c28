"""The line of a key, held against tomllib: what is found is there."""

from __future__ import annotations

import tomllib

import pytest

from rtproxy.personas.toml_lines import line_of

TEXT = '''# a comment with name = "x"
name = "a"
instructions = """
voice = "not a key"
[not.a.table]
"""
"quoted key" = 1

[session]
voice = "ash"  # = """
turn_detection = { type = "server_vad", threshold = 2 }

[session . audio.output]
speed = 1
[[session.tools]]
name = "one"
[[session.tools]]
name = "two"
'''


def test_the_text_is_toml():
    assert tomllib.loads(TEXT)["session"]["tools"][1]["name"] == "two"


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("name", 2),
        ("instructions", 3),
        ("session", 9),
        ("session.voice", 10),
        ("session.turn_detection", 11),
        ("session.turn_detection.threshold", 11),
        ("session.audio.output.speed", 14),
        ("session.tools[0].name", 16),
        ("session.tools[1].name", 18),
        ("session.tools[1].parameters.x", 17),
        ("session.unknown", 9),
        ("voice", None),
        ("", None),
    ],
)
def test_a_key_is_found_or_what_encloses_it(path: str, line: int | None):
    assert line_of(TEXT, path) == line
