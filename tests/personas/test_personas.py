"""Shipped personas: complete, and in GA's shape."""

from __future__ import annotations

import pytest
from openai.types.realtime import RealtimeSessionCreateRequest

from rtproxy.personas.catalog import load_persona


@pytest.mark.parametrize(("name", "silence_ms"), [("ally", 200), ("dr_sarah", 500)])
def test_a_persona_asks_for_a_session_that_the_upstream_knows(name: str, silence_ms: int) -> None:
    session = load_persona(name).session_object()
    RealtimeSessionCreateRequest.model_validate(session, strict=True)
    detection = session["audio"]["input"]["turn_detection"]
    assert (detection["threshold"], detection["prefix_padding_ms"]) == (0.5, 300)
    assert detection["silence_duration_ms"] == silence_ms
    assert session["audio"]["output"]["voice"] == "alloy"
    assert session["audio"]["input"]["transcription"] == {"model": "whisper-1"}


def test_ally_knows_what_to_do_in_a_crisis() -> None:
    instructions = load_persona("ally").instructions
    assert "two or three sentences" in instructions
    assert "emergency" in instructions


def test_an_unknown_persona_names_the_known() -> None:
    with pytest.raises(KeyError, match="ally, dr_sarah"):
        load_persona("nobody")
