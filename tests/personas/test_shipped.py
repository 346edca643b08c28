"""Shipped personas: complete, in GA's shape, and what their sources ask of them."""

from __future__ import annotations

import pytest
from openai.types.realtime import RealtimeSessionCreateRequest

from rtproxy.personas.catalog import SHIPPED, Catalog
from rtproxy.personas.persona_file import read_persona
from rtproxy.simulator import session_schema

CATALOG = Catalog()
FILES = sorted(SHIPPED.glob("*.toml"))


def test_these_ship():
    assert CATALOG.names == ["ally", "companion", "dr_sarah", "interpreter", "transcriber"]


@pytest.mark.parametrize("name", CATALOG.names)
def test_a_persona_asks_for_a_session_that_the_upstream_knows(name: str):
    session = CATALOG.find(name).session_object()
    RealtimeSessionCreateRequest.model_validate(session, strict=True)
    session_schema.SESSION(session, "session")
    assert session["audio"]["input"]["transcription"] == {"model": "whisper-1"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_shipped_file_is_used_as_it_is_written(file):
    persona = read_persona(file)
    assert persona.name == file.stem
    assert not persona.notes
    assert persona.description
    assert len(persona.instructions) > 500


@pytest.mark.parametrize(
    ("name", "silence_ms"), [("ally", 200), ("companion", 500), ("dr_sarah", 500)]
)
def test_who_converses_speaks_and_hears_as_its_source_says(name: str, silence_ms: int):
    session = CATALOG.find(name).session_object()
    assert session["output_modalities"] == ["audio"]
    assert session["audio"]["input"]["turn_detection"] == {
        "type": "server_vad",
        "threshold": 0.5,
        "prefix_padding_ms": 300,
        "silence_duration_ms": silence_ms,
        "create_response": True,
        "interrupt_response": True,
    }
    voice = "marin" if name == "companion" else "alloy"
    assert session["audio"]["output"]["voice"] == voice


@pytest.mark.parametrize("name", ["interpreter", "transcriber"])
def test_who_writes_down_writes_and_waits_for_whole_thoughts(name: str):
    session = CATALOG.find(name).session_object()
    assert session["output_modalities"] == ["text"]
    assert session["audio"]["input"]["turn_detection"] == {"type": "semantic_vad"}
    assert "never spoken to" in session["instructions"]


def test_ally_is_warm_brief_and_safe_in_a_crisis():
    instructions = CATALOG.find("ally").instructions
    for words in (
        "two or three sentences",
        "You do not judge",
        "local emergency number",
        "Never describe, compare or hint at ways of suicide",
        "Take it seriously and stay.",
    ):
        assert words in instructions


def test_the_companion_is_told_its_five_traits():
    instructions = CATALOG.find("companion").session_object()["instructions"]
    assert instructions.count("\n- ", instructions.index("How you are in this conversation:")) == 5
